"""`environments/training.lock`: the exact version of everything that this level installs, for every platform."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ..errors import MlopsError

PATH = Path("environments", "training.lock")
PROJECT = "pyproject.toml"  # who asks for a package, where it is not another package
EXTRAS = ("notebook", "data", "service", "events", "features", "training", "azure")
TRAINING = ("data", "events", "features", "training")  # what a training run imports
RELOCK = "`make lock` writes it anew"


class LockError(MlopsError):
    """What is installed, locked or derived from the lock does not agree."""


@dataclass(frozen=True)
class Pin:
    """A line of the lock: `asked` are those who need the package."""

    name: str
    version: str
    requirement: Requirement
    asked: frozenset[str]

    def applies(self, place: Mapping[str, str]) -> bool:
        """Whether it is for the platform and Python that `place` describes."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(dict(place))


@cache
def parse(text: str, name: str) -> tuple[Pin, ...]:
    """The pins in the text of a lock. Raises `LockError` for a line that pins nothing."""
    return tuple(pin(line, name) for line in text.splitlines() if line.strip() and not line.startswith("#"))


def pin(line: str, name: str) -> Pin:
    needed, _, asked = line.partition("# via ")
    try:
        requirement = Requirement(needed.strip())
    except InvalidRequirement:
        raise LockError(f"{name}: {line!r} is no requirement", fix=RELOCK) from None
    exact = re.fullmatch(r"==([\w.!+]+)", str(requirement.specifier))
    if not exact:
        raise LockError(f"{name}: {needed.strip()!r} does not name one version", fix=RELOCK)
    who = frozenset(word if word == PROJECT else canonicalize_name(word) for word in asked.replace(",", " ").split())
    return Pin(canonicalize_name(requirement.name), exact[1], requirement, who)


def load(root: Path, place: Mapping[str, str] | None = None) -> dict[str, Pin]:
    """The pins that apply in `place` (else here), by name. Raises `LockError` where there is no lock."""
    text = read(root)
    here = place or {name: str(value) for name, value in default_environment().items()}
    return {pin.name: pin for pin in parse(text, PATH.as_posix()) if pin.applies(here)}


def read(root: Path) -> str:
    """The lock's text."""
    path = root / PATH
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LockError(f"{path} does not exist", fix=RELOCK) from None


def declared(root: Path, extras: tuple[str, ...] = TRAINING) -> set[str]:
    """The packages that `pyproject.toml` names itself and under its extras."""
    project = tomllib.loads((root / PROJECT).read_text(encoding="utf-8"))["project"]
    optional = project.get("optional-dependencies", {})
    lines = [*project.get("dependencies", []), *(line for extra in extras for line in optional.get(extra, []))]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def closure(pins: Mapping[str, Pin], roots: set[str]) -> dict[str, Pin]:
    """The pins of `roots` and of all that they need, by the lock's own word."""
    needs: dict[str, set[str]] = {}
    for name, it in pins.items():
        for asked in it.asked:
            needs.setdefault(asked, set()).add(name)
    found, ahead = set[str](), set(roots)
    while ahead:
        name = ahead.pop()
        if name not in found and name in pins:
            found.add(name)
            ahead |= needs.get(name, set())
    return {name: pins[name] for name in sorted(found)}
