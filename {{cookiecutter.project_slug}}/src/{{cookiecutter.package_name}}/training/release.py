"""`mlops release VERSION`: put a registered version behind the service of Level 1. One command, and one back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..clock import Clock
from ..errors import ModelError
from ..features import extended, retrieval
from ..model import handoff, project
from ..model.project import Schema
from ..service import accept, store
from ..workspace import Workspace
from . import ledger
from .registry import CHAMPION, Registry, Version

MODELS = Path("models")


@dataclass(frozen=True)
class Released:
    """A version behind the service; `changed` is False where it was there already."""

    version: str
    digest: str
    previous: str
    changed: bool

    @property
    def sentence(self) -> str:
        if not self.changed:
            return f"version {self.version} (model {self.digest[:12]}) was released already; nothing changed"
        was = f", in the place of version {self.previous}" if self.previous else ""
        return f"version {self.version} (model {self.digest[:12]}) is the one that `mlops serve` takes from now on{was}"


def run(
    place: Workspace, wanted: str, clock: Clock, by: str = "", reason: str = "", action: str = "release"
) -> Released:
    """Accept the version's hand-off into `models/`, make it the champion. Raises `ModelError` and changes nothing else.

    Again with the same version changes nothing. Killed in between, the next call goes on: the service's pointer is set
    before the ledger says so.
    """
    registry = Registry(place, clock)
    registry.history()
    version = registry.get(wanted)
    if version.tags.get("gate") != "passed":
        raise ModelError(f"version {version.number} has not passed the gate", fix="release one that has")
    previous = registry.aliases().get(CHAMPION, "")
    kept = store.Store(place.root / MODELS)
    pointed = kept.current() == version.sha256
    if not pointed:
        with registry.files(version) as folder:
            expected = expected_of(folder, project.load(place.root / "project.toml").schema_only)
            accept.run(folder, expected, kept, clock, by, reason)
    changed = registry.promote(version, by=by or accept.user(), reason=reason, action=action)
    return Released(version.number, version.sha256, previous if changed else "", changed or not pointed)


def expected_of(folder: Path, schema: Schema) -> Schema:
    """What the application expects: project.toml's columns, and the stored features of this very version.

    An older version may know other features than the definitions have now; whoever goes back to it looks those up.
    """
    own = handoff.load(folder).schema
    looked_up = set(own.columns) - set(schema.columns)
    known = set(extended.extended(schema).columns) - set(schema.columns)
    strange = looked_up - known
    if strange and not (folder / retrieval.FILE).is_file():
        raise ModelError(f"the model takes {', '.join(sorted(strange))}, which nobody sends", fix="train it again")
    columns = {**schema.columns, **{name: it for name, it in own.columns.items() if name in looked_up}}
    raw = schema.model_dump() | {"columns": {name: it.model_dump() for name, it in columns.items()}}
    return Schema.model_validate(raw)  # a copy would keep the properties that were worked out from fewer columns


def back(place: Workspace, clock: Clock, by: str = "", reason: str = "") -> Released:
    """Release the version that stood before the one which is released now. Raises `ModelError` where there is none."""
    registry = Registry(place, clock)
    found = [it for it in registry.history() if it.alias == CHAMPION]
    target = before(found)
    if target is None:
        raise ModelError("there is no version to go back to", fix="`mlops registry ledger` shows what was released")
    return run(place, target, clock, by, reason, action="rollback")


def before(found: list[ledger.Entry]) -> str | None:
    """The version that was released before the latest: twice back is two releases back, not forth again."""
    stack: list[str] = []
    for entry in found:
        if entry.action == "rollback" and stack:
            stack.pop()
        if not stack or stack[-1] != entry.version:
            stack.append(entry.version)
    return stack[-2] if len(stack) > 1 else None


def served(place: Workspace, clock: Clock) -> Version | None:
    """The version whose model the service takes, if it is one of the registry's."""
    digest = store.Store(place.root / MODELS).current()
    return next((it for it in Registry(place, clock).versions() if it.sha256 == digest), None)
