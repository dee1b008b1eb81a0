"""What probes look at: a repo's files, its code, its tests and its workflows, each read when first asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from .ci import found, model
from .ci.model import Hit, Workflow
from .code import Code, Refusal
from .repo import Repo
from .seen import Seen, no, yes
from .suites import Suites

NOTHING = re.compile(r"--collect-only|--co\b|--help\b|--version\b")


class Facts:
    """A repo as the static probes have it."""

    def __init__(self, root: Path) -> None:
        self.repo = Repo(root)
        self.seen: dict[Callable[[Facts], Seen], Seen] = {}

    def ask(self, probe: Callable[[Facts], Seen]) -> Seen:
        """What a probe sees; it looks once."""
        if probe not in self.seen:
            self.seen[probe] = probe(self)
        return self.seen[probe]

    @cached_property
    def code(self) -> Code:
        return Code(self.repo)

    @cached_property
    def suites(self) -> Suites:
        return Suites(self.repo)

    @cached_property
    def workflows(self) -> list[Workflow]:
        return found.workflows(self.repo)

    def hits(self, pattern: str, *triggers: str) -> list[Hit]:
        """The commands of CI that fit, and do something."""
        return [it for it in model.hits(self.workflows, pattern, *triggers) if not NOTHING.search(it.command.text)]

    def firm(self, what: str, pattern: str, *triggers: str) -> Seen:
        """CI runs such a command, and the exit code of every one of them counts."""
        return firm(what, self.hits(pattern, *triggers), bool(self.workflows))

    def refuses(self, what: str, where: str, about: str) -> Seen:
        """Some code that is used stops where it must."""
        return refused(what, self.code.refusals(where, about))

    @cached_property
    def pipelines(self) -> list[tuple[str, dict[str, Any]]]:
        """The YAML files that join steps: Azure Machine Learning's pipelines, and dvc.yaml."""
        names = [name for name in self.repo.glob("*.yml", "*.yaml") if "ipeline" in name or name.endswith("dvc.yaml")]
        loaded = [(name, self.repo.yaml(name)) for name in names]
        return [(name, raw) for name, raw in loaded if isinstance(raw.get("jobs", raw.get("stages")), dict)]


def firm(what: str, hits: list[Hit], any_workflow: bool) -> Seen:
    """Of commands that were found: there are some, and none is soft."""
    if not hits:
        return no(f"no workflow {what}" if any_workflow else f"there is no workflow, and so none that {what}")
    soft = [it for it in hits if it.command.soft]
    if soft:
        return no(f"{soft[0].place}: {soft[0].command.soft}", soft[0].workflow.path)
    return yes(f"CI {what} ({hits[0].place})", *dict.fromkeys(it.workflow.path for it in hits))


def refused(what: str, refusals: list[Refusal]) -> Seen:
    """Of refusals that were found: there are some."""
    if not refusals:
        return no(f"nothing refuses {what}")
    return yes(f"{refusals[0].place} refuses {what}", *dict.fromkeys(it.module.path for it in refusals))
