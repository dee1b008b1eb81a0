"""The clauses of the policy: each holds or not, on figures that are recorded with the decision.

| effect | what follows where a clause does not hold |
| --- | --- |
| take back | the release ends, and callers keep the version that they have |
| ask a person | the release waits for `mlops rollout approve` or `abort` |
| wait | the release waits until it holds |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from .rules import Policy

Decision = Literal["promote", "wait", "ask a person", "take back"]
Evidence = Mapping[str, Any]
ORDER: tuple[Decision, ...] = ("take back", "ask a person", "wait")  # what comes first decides


@dataclass(frozen=True)
class Clause:
    """One clause's outcome: `passed` is None where it does not apply; `effect` is what follows where it is broken."""

    name: str
    passed: bool | None
    seen: str
    effect: Decision

    @property
    def mark(self) -> str:
        return {True: "holds", False: f"BROKEN: {self.effect}", None: "does not apply"}[self.passed]


Answer = tuple[bool | None, str]
ALONE = "there is no other version to compare with"


def first(policy: Policy, found: Evidence) -> Answer:
    """Somebody served before, or the policy lets a first version serve."""
    if found["incumbent"]:
        return None, f"{found['incumbent']} serves"
    return policy.first.alone, "it is the first version"


def shadow(policy: Policy, found: Evidence) -> Answer:
    """On callers' requests it is better."""
    if not found["incumbent"]:
        return None, ALONE
    it = found["shadow"]
    if not found["paired"]:
        return None, "release.toml has no shadow"
    if not it or it["decision"] != "promote":
        return False, f"its shadow says {it['decision']!r}" if it else "it has no shadow that was decided"
    if it["low"] is None or not it["usual"]:
        return False, "its shadow has no interval"
    low, gain = it["low"] / it["usual"], it["gain"] / it["usual"]
    seen = f"{gain:+.1%} on {it['rows']:,} requests, {low:+.1%} at the lower end; more than {policy.metric.shadow:+.1%}"
    return low > policy.metric.shadow, seen


def offline(policy: Policy, found: Evidence) -> Answer:
    """On the held-out rows it is better, or not much worse."""
    it = found["offline"]
    if not found["incumbent"]:
        return None, ALONE
    if not it or it["problem"] or it["low"] is None or not it["champion"]:
        return None, it["problem"] if it and it["problem"] else "it was trained before there was a champion"
    low, gain = it["low"] / abs(it["champion"]), it["gain"] / abs(it["champion"])
    seen = f"{gain:+.1%} on {it['rows']:,} rows, {low:+.1%} at the lower end; at least {policy.metric.offline:+.1%}"
    return low >= policy.metric.offline, seen


def slices(policy: Policy, found: Evidence) -> Answer:
    """No slice is much worse than with the champion."""
    rows = [it for it in (found["offline"] or {}).get("slices", []) if it["rows"] >= policy.slices.rows]
    shares = {f"{it['column']} {it['value']}": worse(it, found["direction"]) for it in rows}
    known = {name: share for name, share in shares.items() if share is not None}
    if not known:
        return None, f"no slice of {policy.slices.rows} rows was compared"
    name = max(known, key=lambda it: known[it])
    seen = (
        f"of {len(known)}, {name} is worst: {known[name]:+.1%} against the champion; at most {policy.slices.worse:+.1%}"
    )
    return known[name] <= policy.slices.worse, seen


def worse(it: Mapping[str, Any], direction: str) -> float | None:
    """By which share of the champion's figure a slice is worse; None where one of them is not known."""
    ours, theirs = it["model"], it["baseline"]  # of a duel: the champion's
    if ours is None or not theirs:
        return None
    return float((theirs - ours if direction == "higher" else ours - theirs) / abs(theirs))


def latency(policy: Policy, found: Evidence) -> Answer:
    """Callers would not wait."""
    if not found["incumbent"]:
        return None, ALONE
    it = found["latency"]
    if not found["paired"]:
        return None, "release.toml has no shadow"
    if not it["answers"]:
        return False, "it has answered nobody in the shadow"
    seen = f"p95 {it['p95_ms']:.1f} ms over {it['answers']:,} answers; at most {policy.latency.p95_ms:g} ms"
    return it["p95_ms"] <= policy.latency.p95_ms, seen


def data(policy: Policy, found: Evidence) -> Answer:
    """What it learned from, and looks up, is in order."""
    held, stale = found["quarantined"], found["stale"]
    share = held / max(held + found["landed"], 1)
    seen = f"{held:,} rows in quarantine ({share:.1%} of all; at most {policy.data.quarantined:.1%})"
    seen += f", {len(stale)} stale feature sets" + (f" ({', '.join(stale)})" if stale else "")
    return share <= policy.data.quarantined and len(stale) <= policy.data.stale, seen


def lineage(policy: Policy, found: Evidence) -> Answer:
    """Everything that it stands on is what was recorded."""
    if not policy.proof.lineage:
        return None, "policy.toml does not ask for it"
    it = found["lineage"]
    worst = f": {it['problems'][0]}" if it["problems"] else ""
    seen = f"{it['things']} things, {len(it['problems'])} of them wrong{worst}"
    return bool(it["things"]) and not it["problems"], seen


def tests(policy: Policy, found: Evidence) -> Answer:
    """The report is of these files, by today's tests, and all passed."""
    if not policy.proof.tests:
        return None, "policy.toml does not ask for it"
    it = found["tests"]
    if it["problem"]:
        return False, it["problem"]
    if it["artifacts"] != it["artifacts_now"]:
        return False, f"the tests were of the files {it['artifacts'][:12]}, and these are {it['artifacts_now'][:12]}"
    if it["tests"] != it["tests_now"]:
        return False, f"tested by the tests {it['tests'][:12]}, and today's are {it['tests_now'][:12]}"
    return it["passed"], it["said"]


def frozen(_: Policy, found: Evidence) -> Answer:
    """Nobody holds releases, and no freeze window is open."""
    return not found["held"], found["held"] or "nobody holds releases"


def budget(policy: Policy, found: Evidence) -> Answer:
    """Not too many took over without a person."""
    since = datetime.fromisoformat(found["at"]) - policy.budget.per
    count = sum(datetime.fromisoformat(it) > since for it in found["promoted"])
    seen = f"{count} took over without a person in {policy.budget.per.days} days; below {policy.budget.promotions}"
    return count < policy.budget.promotions, seen


CLAUSES: dict[str, tuple[Callable[[Policy, Evidence], Answer], Decision]] = {
    "first": (first, "ask a person"),
    "shadow": (shadow, "take back"),
    "offline": (offline, "take back"),
    "slices": (slices, "take back"),
    "latency": (latency, "take back"),
    "lineage": (lineage, "take back"),
    "tests": (tests, "take back"),
    "data": (data, "wait"),
    "frozen": (frozen, "wait"),
    "budget": (budget, "ask a person"),
}


def ask(policy: Policy, found: Evidence) -> list[Clause]:
    """Every clause on the same evidence."""
    return [Clause(name, *answer(policy, found), effect) for name, (answer, effect) in CLAUSES.items()]


def decide(clauses: Sequence[Clause]) -> tuple[Decision, str]:
    """(decision, why). The gravest effect of what is broken; nothing broken, and something held: promote."""
    broken = [it for it in clauses if it.passed is False]
    for effect in ORDER:
        named = [it for it in broken if it.effect == effect]
        if named:
            return effect, "; ".join(f"{it.name}: {it.seen}" for it in named)
    if not any(it.passed for it in clauses):
        return "ask a person", "no clause applies"
    return "promote", "every clause holds"
