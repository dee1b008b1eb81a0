"""GitLab CI."""

from __future__ import annotations

import re
from typing import Any

from .. import makefiles, shell
from ..repo import Repo
from .model import CHANGE, EVENT, HAND, MAIN, SCHEDULE, TAG, Job, Workflow, words

RESERVED = {
    "stages",
    "variables",
    "include",
    "workflow",
    "default",
    "image",
    "services",
    "cache",
    "before_script",
    "pages",
}
SOURCE = re.compile(r'\$CI_PIPELINE_SOURCE\s*==\s*"(\w+)"')
SOURCES = {
    "merge_request_event": CHANGE,
    "push": MAIN,
    "schedule": SCHEDULE,
    "trigger": EVENT,
    "pipeline": EVENT,
    "api": EVENT,
    "web": HAND,
}
MAIN_BRANCH = re.compile(r"\$CI_COMMIT_BRANCH\b(?!\s*!=)")
TAGGED = re.compile(r"\$CI_COMMIT_TAG\b(?!\s*==\s*null)")
RULED_OUT = re.compile(r'\$CI_PIPELINE_SOURCE\s*!=\s*"(\w+)"')
ANY = frozenset({CHANGE, MAIN, TAG, SCHEDULE, EVENT, HAND})


def read(repo: Repo, names: list[str], known: dict[str, makefiles.Target]) -> list[Workflow]:
    """.gitlab-ci.yml and what lies beside it: each file is a workflow, templates are shared by all."""
    raws = {name: repo.yaml(name) for name in names}
    whole = {key: it for raw in raws.values() for key, it in raw.items() if isinstance(it, dict)}
    return [one(name, raw, whole, known) for name, raw in raws.items()]


def one(name: str, raw: dict[str, Any], whole: dict[str, Any], known: dict[str, makefiles.Target]) -> Workflow:
    jobs = []
    for key, it in raw.items():
        if isinstance(it, dict) and key not in RESERVED and not key.startswith("."):
            jobs.append(job(key, inherited(it, whole), known))
    starts = frozenset(start for it in jobs for start in it.when) or frozenset({CHANGE, MAIN})
    return Workflow(name, starts, tuple(jobs), (), raw)


def inherited(raw: dict[str, Any], whole: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """With what `extends` gives it."""
    out: dict[str, Any] = {}
    for parent in words(raw.get("extends")) if depth < 5 else []:
        if parent in whole:
            out |= inherited(whole[parent], whole, depth + 1)
    return out | raw


def job(name: str, raw: dict[str, Any], known: dict[str, makefiles.Target]) -> Job:
    soft = "allow_failure lets it fail" if raw.get("allow_failure") not in (None, False) else ""
    script = "\n".join(line for key in ("before_script", "script") for line in flat(raw.get(key)))
    found = []
    for command in shell.commands(script, pipefail=True):
        found += makefiles.expanded(command.softened(soft), known)
    needs = [str(it.get("job")) if isinstance(it, dict) else str(it) for it in raw.get("needs") or []]
    return Job(name, tuple(found), tuple(needs), when(raw))


def flat(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [line for it in value for line in flat(it)] if isinstance(value, list) else []


def when(raw: dict[str, Any]) -> frozenset[str]:
    """What starts a job, by its rules."""
    rules = [rule for rule in raw.get("rules") or [] if isinstance(rule, dict) and rule.get("when") != "never"]
    if not rules:
        return frozenset({CHANGE, MAIN, TAG}) if "only" not in raw else frozenset({MAIN})
    found: set[str] = set()
    for rule in rules:
        found |= {HAND} if rule.get("when") == "manual" else named(str(rule.get("if", "")))
    return frozenset(found)


def named(condition: str) -> frozenset[str]:
    """The sources that a condition asks for; one that asks for none leaves all, but for those that it rules out."""
    found = {SOURCES[word] for word in SOURCE.findall(condition) if word in SOURCES}
    found |= {MAIN} if MAIN_BRANCH.search(condition) else set()
    found |= {TAG} if TAGGED.search(condition) else set()
    return frozenset(found) or ANY - {SOURCES[word] for word in RULED_OUT.findall(condition) if word in SOURCES}
