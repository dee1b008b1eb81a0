"""The workflows of the three providers, read: their jobs, the lines of shell in them, what those lines call."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ..emission import done

FILES = {
    "github": (".github/workflows/ci.yml", ".github/workflows/release.yml"),
    "azure-devops": (".azuredevops/ci.yml", ".azuredevops/release.yml"),
    "gitlab": (".gitlab-ci.yml",),
}
TRAIN = {
    "github": ".github/workflows/train.yml",
    "azure-devops": ".azuredevops/train.yml",
    "gitlab": ".gitlab/train.yml",
}  # from Level 2 on
DEPLOY = {
    "github": ".github/workflows/deploy.yml",
    "azure-devops": ".azuredevops/deploy.yml",
    "gitlab": ".gitlab/deploy.yml",
}  # from Level 3 on
WITH_CI = tuple(FILES)
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)([^#\n]*)", re.MULTILINE)
CALLED = re.compile(r"(?:^|[\s&|;`/(\"])(make|mlops) +((?:[a-z][a-z-]*)(?: +[a-z][a-z-]*)*)")
RESERVED = {"default", "include", "stages", "variables", "workflow"}


@dataclass
class Job:
    """One job: its lines of shell, the jobs that it waits for, whether it runs for a tag, trains, or releases models.

    `place` is the environment that it runs in, where it is in one.
    """

    name: str
    lines: list[str]
    needs: list[str] = field(default_factory=list)
    release: bool = False
    train: bool = False
    deploy: bool = False
    place: str = ""


def files(repo: Path, provider: str) -> list[str]:
    """The names of a provider's workflows that the level of `repo` has."""
    return [name for name in (*FILES[provider], TRAIN[provider], DEPLOY[provider]) if (repo / name).exists()]


def jobs(repo: Path, provider: str) -> list[Job]:
    """All jobs of a provider's workflows, those of the release marked."""
    found = []
    for name in files(repo, provider):
        content = yaml.safe_load((repo / name).read_text(encoding="utf-8"))
        release = name.endswith("release.yml")
        read = list({"github": github, "azure-devops": azure, "gitlab": gitlab}[provider](content, release))
        train, deploy = name == TRAIN[provider], name == DEPLOY[provider]
        found += [replace(job, train=train, deploy=deploy, release=job.release and not deploy) for job in read]
    return found


def github(content: dict[str, Any], release: bool) -> Iterator[Job]:
    for name, job in content["jobs"].items():
        lines = [step["run"] for step in job["steps"] if "run" in step]
        yield Job(name, lines, words(job.get("needs", [])), release, place=job.get("environment", ""))


def azure(content: dict[str, Any], release: bool) -> Iterator[Job]:
    """A stage with one job counts as that job: Azure asks for approval before a stage, and never between its jobs."""
    for job in content.get("jobs", []):
        yield Job(job["job"], list(scripts(job["steps"])), words(job.get("dependsOn", [])), release)
    for stage in unfolded(content.get("stages", [])):
        (job,) = stage["jobs"]
        steps = job["steps"] if "job" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
        needs, place = words(stage.get("dependsOn", [])), job.get("environment", "")
        yield Job(stage["stage"], list(scripts(steps)), needs, release, place=place)


def unfolded(entries: list[Any]) -> Iterator[Any]:
    """The entries of a list, those under a condition too."""
    for entry in entries:
        under = [items for key, items in entry.items() if str(key).startswith("${{")]
        yield from (item for items in under for item in items) if under else [entry]


def scripts(steps: list[Any]) -> Iterator[str]:
    """Every script of a list of steps, those under a condition too."""
    for step in steps:
        if "script" in step:
            yield step["script"]
        if "inlineScript" in step.get("inputs", {}):
            yield step["inputs"]["inlineScript"]
        for key, value in step.items():
            if key.startswith("${{"):
                yield from scripts(value)


def gitlab(content: dict[str, Any], _: bool) -> Iterator[Job]:
    for name, job in content.items():
        if name not in RESERVED and not name.startswith("."):
            base = content.get(job.get("extends", ""), {})
            lines = [*base.get("before_script", []), *job["script"]]
            stage = job.get("stage") or base["stage"]
            yield Job(name, lines, words(job.get("needs", [])), stage == "release", place=job.get("environment", ""))


def words(one_or_many: str | list[Any]) -> list[str]:
    """The names of jobs; GitLab may give more than a name."""
    many = [one_or_many] if isinstance(one_or_many, str) else one_or_many
    return [it["job"] if isinstance(it, dict) else it for it in many]


def called(text: str, program: str) -> set[str]:
    """The targets of `make`, or the commands of `mlops`, that a text calls."""
    found = [(name, rest.split()) for name, rest in CALLED.findall(text)]
    return {word for name, rest in found if name == program for word in (rest if name == "make" else rest[:1])}


def targets(repo: Path) -> dict[str, list[str]]:
    """Target -> what it needs, of the repo's Makefile and make/*.mk."""
    makefiles = [repo / "Makefile", *sorted((repo / "make").glob("*.mk"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in makefiles)
    return {name: needs.split() for name, needs in TARGET.findall(text)}


def commands(repo: Path) -> set[str]:
    """The commands that the emitted `mlops` has."""
    package = next((repo / "src").iterdir()).name
    script = f"from {package} import cli; print(*cli.main.commands)"
    return set(done(sys.executable, "-c", script, cwd=repo, env={"PYTHONPATH": str(repo / "src")}).split())


def nested(repo: Path) -> dict[str, set[str]]:
    """Group -> its commands, for every group that the emitted `mlops` has."""
    package = next((repo / "src").iterdir()).name
    pairs = "f'{name}/{word}' for name, it in cli.main.commands.items() for word in getattr(it, 'commands', ())"
    script = f"from {package} import cli; print(*({pairs}))"
    found: dict[str, set[str]] = {}
    for pair in done(sys.executable, "-c", script, cwd=repo, env={"PYTHONPATH": str(repo / "src")}).split():
        name, _, word = pair.partition("/")
        found.setdefault(name, set()).add(word)
    return found


def runs(workflow: Path) -> list[str]:
    """The lines of shell of one workflow of GitHub."""
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    return [line for job in github(content, False) for line in job.lines]
