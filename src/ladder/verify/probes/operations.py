"""Operations: what production shows, what it asks for, and what holds that back."""

from __future__ import annotations

import re
from typing import Any

from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes
from . import deployment, trial

WATCHED = ("data", "features", "training", "registry", "endpoint", "releases")


def system_has_a_status(it: Facts) -> Seen:
    looks = it.code.find(r"status", r"LOOKS|SECTIONS|SUBSYSTEMS|CHECKS")
    if not looks:
        return no("nothing says how the whole system is")
    lacking = [
        name for name in WATCHED if not any(re.search(rf'["\']{name}["\']\s*:', module.text) for module in looks)
    ]
    if lacking:
        return no(f"{looks[0].path} does not look at {lacking[0]}", looks[0].path)
    failing = it.code.refusals(r"status", r"(?:wrong|unhealthy|down)[\s\S]*sys\.exit")
    faults = it.code.answers(r"status", r"except .*wrong")
    return every(
        yes(f"{looks[0].path} asks {', '.join(WATCHED)}", looks[0].path),
        yes(f"one that cannot tell counts as a fault ({faults[0].place})", looks[0].path)
        if faults
        else no("a subsystem that cannot tell counts as well"),
        yes(f"and its exit code says so ({failing[0].place})", failing[0].module.path)
        if failing
        else no("the status ends well whatever it found"),
        rhythm(it),
    )


def rhythm(it: Facts) -> Seen:
    """The loop that runs the system."""
    turns = it.repo.toml("operate.toml").get("every", {})
    off = [name for name, length in turns.items() if str(length).startswith("0")] if isinstance(turns, dict) else []
    if not turns:
        return no("no loop runs the system")
    if off:
        return no(f"operate.toml switches {off[0]} off", "operate.toml")
    return yes(f"a loop gives {len(turns)} jobs their turn", "operate.toml")


def predictions_are_recorded(it: Facts) -> Seen:
    doors = r"gateway|proxy|router|middleware"
    noted = it.code.says(
        doors if it.code.find(doors) else r"serv|score|app|api",
        r"\.put\(note\)|\.collect\(|(?:log|record)_prediction\(",
    )
    fields = list(it.code.find(r"line|record|note", r"class Note|class Prediction|class Record"))
    has = [
        module.path
        for module in fields
        if all(re.search(rf"^    {name}\b", module.text, re.MULTILINE) for name in ("event", "digest", "at"))
    ]
    served = it.code.says(r"metric", r"prometheus_client|opentelemetry|/metrics")
    rules = it.repo.toml("metrics.toml").get("logs", {})
    if not served:
        return no("no metrics of the deployed model are served")
    return every(
        yes(f"each prediction is recorded ({noted[0]})", noted[0])
        if noted
        else no("predictions are answered and not recorded"),
        yes(f"with its id, model and time ({has[0]})", has[0]) if has else no("a record has no id, model or time"),
        yes(f"metrics are served ({served[0]})", served[0]),
        yes("what is shown of inputs is set", "metrics.toml")
        if "redacted" in rules
        else no("nothing says which inputs may be shown"),
    )


def features_are_watched(it: Facts) -> Seen:
    late = [
        found
        for found in it.code.answers(r"fresh|stale|health", r"ttl|max_age|stale")
        if re.search(r"return\W*stale", found.consequence)
    ]
    told = it.code.says(r"fresh|stale|episode|event", r"FEATURES_STALE|FeaturesStale|alert")
    without = it.code.says(r"online|look|fill", r"\bttl\b|fresh\(")
    return every(
        yes(f"a value that is too old is found ({late[0].place})", late[0].module.path)
        if late
        else no("no code tells a stale feature from a fresh one"),
        yes(f"and told ({told[0]})", told[0]) if told else no("nobody is told"),
        yes(f"servers do without it ({without[0]})", without[0]) if without else no("servers use it all the same"),
    )


def promotion_follows_a_policy(it: Facts) -> Seen:
    refuses = it.refuses(
        "a version of which a clause did not pass",
        r"/promotion/refusals|/policy|promote\w*\.py$",
        r"not all\(|every clause",
    )
    if not refuses.holds or not it.code.find(r"/operations/|monitor|drift"):
        return every(refuses, no("nobody but a person decides about a promotion")) if refuses.holds else refuses
    asked = it.ask(deployment.releases_start_by_themselves)
    rules = it.repo.toml("policy.toml")
    if not rules:
        return every(
            refuses,
            asked,
            unknown("there is no policy.toml: what decides are release.toml and modeltests.toml, of Level 3"),
        )
    code = "\n".join(module.text for module in it.code.find(r"policy"))
    clauses = [name for name, value in rules.items() if isinstance(value, dict | list) and name != "freeze"]
    lacking = [name for name in clauses if not re.search(rf'["\']{name}["\']|\b{name}\b', code)]
    if lacking or not clauses:
        return no(f"policy.toml has {lacking[0] if lacking else 'no clauses'}, which no code asks", "policy.toml")
    decides = it.code.answers(r"policy", r"broken|passed is False|not .*passed|refused")
    said = (
        yes(f"{len(clauses)} clauses of policy.toml decide", "policy.toml")
        if decides
        else no("a broken clause of policy.toml decides nothing", "policy.toml")
    )
    return every(refuses, asked, said)


def alerts_have_a_runbook(it: Facts) -> Seen:
    pages = [
        name
        for name in it.repo.glob("docs/*.md", "*.md", "runbooks/*.md")
        if re.search(r"run-?book", it.repo.text(name), re.IGNORECASE)
    ]
    rows = [
        rule
        for name in it.repo.glob("dashboards/*.yml", "*alerts*.yml", "*rules*.yml")
        for rule in rules_of(it.repo.yaml(name))
    ]
    if not pages or not rows:
        return no("there are no alerts with a runbook" if not rows else "no runbook says what to do about an alert")
    sections = {
        found for name in pages for found in re.findall(r"^#{2,3} +([\w-]+)\s*$", it.repo.text(name), re.MULTILINE)
    }
    lacking = [str(row.get("labels", {}).get("id") or row.get("alert")) for row in rows]
    missing = [name for name in lacking if name not in sections]
    if missing:
        return no(f"the alert {missing[0]} has no section in {pages[0]}", pages[0])
    return every(yes(f"{len(rows)} alerts have a section in {pages[0]}", pages[0]), it.ask(trial.client_is_generated))


def rules_of(raw: dict[str, Any]) -> list[dict[str, Any]]:
    groups = raw.get("groups", [])
    return [
        rule
        for group in groups
        if isinstance(group, dict)
        for rule in group.get("rules", [])
        if isinstance(rule, dict) and "alert" in rule
    ]


PROBES = (
    system_has_a_status,
    predictions_are_recorded,
    features_are_watched,
    promotion_follows_a_policy,
    alerts_have_a_runbook,
)
