"""What a step has left before, by all that it depended on: equal inputs and equal code need no second run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from ..data import disk
from .pipeline import Step


@dataclass(frozen=True)
class Left:
    """A step's outputs of an earlier run, with the digests that they had."""

    run: str
    outputs: dict[str, Path]
    digests: dict[str, str]
    notes: Path


class Reuse:
    """The index of what is there, one small file a fingerprint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, fingerprint: str) -> tuple[Left | None, str]:
        """(what was left, why it cannot be used): both empty where the step has never run so."""
        path = self.folder / f"{fingerprint}.json"
        if not path.is_file():
            return None, ""
        content = json.loads(path.read_text(encoding="utf-8"))
        outputs = {name: Path(where) for name, where in content["outputs"].items()}
        left = Left(content["run"], outputs, content["digests"], Path(content["notes"]))
        for name, where in outputs.items():
            if not where.exists():
                return None, f"{name} of run {left.run} is gone"
            if of_path(where) != left.digests[name]:
                return None, f"{name} of run {left.run} was changed since"
        return left, ""

    def keep(self, fingerprint: str, left: Left) -> None:
        """Remember what a step has left; last of all, so that a step which died has left nothing."""
        content = {
            "run": left.run,
            "outputs": {name: str(path) for name, path in left.outputs.items()},
            "digests": left.digests,
            "notes": str(left.notes),
        }
        disk.write(self.folder / f"{fingerprint}.json", json.dumps(content, indent=1).encode())


def fingerprint(step: Step, values: dict[str, str], digests: dict[str, str], code: str, environment: str) -> str:
    """One digest over the component, its inputs (files by content, not by place), the code and the libraries."""
    about = {
        "component": hashlib.sha256(step.component.path.read_bytes()).hexdigest(),
        "values": {name: digests.get(name, text) for name, text in sorted(values.items())},
        "variables": dict(sorted({**step.component.variables, **step.variables}.items())),
        "code": code,
        "environment": environment,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def of_path(path: Path) -> str:
    """The digest of a file, or of all files in a folder with their names."""
    if path.is_file():
        return disk.sha256(path)
    total = hashlib.sha256()
    for file in sorted(it for it in path.rglob("*") if it.is_file()):
        total.update(f"{file.relative_to(path).as_posix()} {disk.sha256(file)}\n".encode())
    return total.hexdigest()
