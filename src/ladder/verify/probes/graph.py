"""Pipelines as graphs: which step stands on which, by the bindings of their files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..facts import Facts

BOUND = re.compile(r"\$\{\{\s*parent\.jobs\.([\w-]+)\.outputs\.([\w-]+)\s*\}\}")


@dataclass(frozen=True)
class Graph:
    """A file, and for each of its steps the outputs of others that it is given."""

    path: str
    steps: dict[str, tuple[tuple[str, str], ...]]

    def before(self, name: str) -> set[str]:
        """All steps that a step stands on."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for step, _ in self.steps.get(waiting.pop(), ()):
                if step not in found:
                    found.add(step)
                    waiting.append(step)
        return found

    def like(self, words: str) -> list[str]:
        return [name for name in self.steps if re.search(words, name, re.IGNORECASE)]


def graphs(it: Facts) -> list[Graph]:
    """Every pipeline that the repo has as a file."""
    return [read(path, raw) for path, raw in it.pipelines]


def read(path: str, raw: dict[str, Any]) -> Graph:
    """Azure Machine Learning's `jobs`, or the `stages` of dvc.yaml."""
    if isinstance(raw.get("stages"), dict):
        return of_dvc(path, raw["stages"])
    jobs = {str(name): it for name, it in raw["jobs"].items() if isinstance(it, dict)}
    return Graph(path, {name: tuple(BOUND.findall(str(it.get("inputs", "")))) for name, it in jobs.items()})


def of_dvc(path: str, stages: dict[str, Any]) -> Graph:
    """A stage stands on those whose outputs it depends on."""
    rows = {str(name): it for name, it in stages.items() if isinstance(it, dict)}
    makes = {plain(out): name for name, it in rows.items() for key in ("outs", "metrics") for out in it.get(key) or []}
    needs = {name: [plain(dep) for dep in it.get("deps") or []] for name, it in rows.items()}
    return Graph(path, {name: tuple((makes[dep], dep) for dep in deps if dep in makes) for name, deps in needs.items()})


def plain(item: object) -> str:
    return str(next(iter(item))) if isinstance(item, dict) else str(item)
