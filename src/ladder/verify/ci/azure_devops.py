"""Azure DevOps pipelines."""

from __future__ import annotations

from typing import Any

from .. import makefiles, shell
from ..repo import Repo
from ..shell import Command
from .model import CHANGE, EVENT, HAND, MAIN, SCHEDULE, TAG, Job, Workflow, words


def read(repo: Repo, name: str, known: dict[str, makefiles.Target]) -> Workflow:
    """A pipeline's file. Its checks of changes are a branch policy, so that one which builds main counts for both."""
    raw = repo.yaml(name)
    crons = tuple(str(row.get("cron")) for row in raw.get("schedules") or [] if isinstance(row, dict))
    return Workflow(name, triggers(raw), tuple(jobs(raw, known)), crons, raw)


def triggers(raw: dict[str, Any]) -> frozenset[str]:
    """What starts it, in our words."""
    out: set[str] = set()
    trigger = raw.get("trigger")
    if isinstance(trigger, dict) and "tags" in trigger and "branches" not in trigger:
        out.add(TAG)
    elif isinstance(trigger, dict) and "tags" in trigger:
        included = words((trigger.get("branches") or {}).get("include"))
        out |= {TAG} | ({MAIN, CHANGE} if included else set())
    elif trigger not in ("none", None):
        out |= {MAIN, CHANGE}
    if raw.get("pr") not in ("none", None):
        out.add(CHANGE)
    if raw.get("schedules"):
        out.add(SCHEDULE)
    if raw.get("resources"):
        out.add(EVENT)
    if raw.get("parameters"):
        out.add(HAND)
    return frozenset(out or {HAND})


def jobs(raw: dict[str, Any], known: dict[str, makefiles.Target]) -> list[Job]:
    """Those of all stages; a stage waits for the one before it, unless it says for which."""
    if "stages" not in raw:
        return in_stage(raw, known, ())
    found: list[Job] = []
    last: tuple[str, ...] = ()
    for stage in unfolded(raw["stages"]):
        waits = tuple(words(stage["dependsOn"])) if "dependsOn" in stage else last
        names = [it.name for it in found]
        before = tuple(name for name in names if any(name.startswith(f"{it}.") for it in waits))
        found += in_stage(stage, known, before, f"{stage.get('stage', 'stage')}.")
        last = (str(stage.get("stage", "stage")),)
    return found


def in_stage(
    raw: dict[str, Any], known: dict[str, makefiles.Target], before: tuple[str, ...], prefix: str = ""
) -> list[Job]:
    """The jobs of a stage, or of a pipeline without any."""
    rows = unfolded(raw.get("jobs")) or [{"job": "all", "steps": raw.get("steps")}]
    return [job(it, known, before, prefix) for it in rows]


def job(raw: dict[str, Any], known: dict[str, makefiles.Target], before: tuple[str, ...], prefix: str) -> Job:
    soft = softened(raw)
    found: list[Command] = []
    for step in steps(raw):
        inputs = dict(step.get("inputs") or {})
        script = step.get("script", step.get("bash", step.get("pwsh", inputs.get("inlineScript"))))
        why = soft or softened(step)
        lines = (
            shell.commands(str(script)) if script else [Command(f"uses {step.get('task', step.get('download', ''))}")]
        )
        for command in lines:
            found += makefiles.expanded(command.softened(why), known)
    name = prefix + str(raw.get("job", raw.get("deployment", "all")))
    return Job(name, tuple(found), (*before, *(prefix + it for it in words(raw.get("dependsOn")))))


def steps(raw: Any) -> list[dict[str, Any]]:
    """The steps of a job, also those of a deployment's strategy."""
    found = raw.get("steps")
    if found is None and "strategy" in raw:
        strategy = raw["strategy"] if isinstance(raw["strategy"], dict) else {}
        once = strategy.get("runOnce", {})
        found = once.get("deploy", {}).get("steps") if isinstance(once, dict) else None
    return unfolded(found)


def unfolded(rows: object) -> list[dict[str, Any]]:
    """The entries of a list, with those that stand under a condition of the template's language."""
    found: list[dict[str, Any]] = []
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and len(row) == 1 and str(next(iter(row))).startswith("${{"):
            found += unfolded(next(iter(row.values())))
        elif isinstance(row, dict):
            found.append(row)
    return found


def softened(raw: dict[str, Any]) -> str:
    if raw.get("continueOnError") not in (None, False):
        return "continueOnError lets it fail"
    return "it is switched off" if raw.get("enabled") is False else ""
