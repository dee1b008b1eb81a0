"""What a person decides about the quarantine: release what passes now, accept it as it is, or drop it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..clock import Clock, SystemClock
from ..errors import DataError
from ..model.project import Project
from . import judge as judges
from . import lock, quarantine
from .gate import Gate, GreatExpectations
from .manifest import Batch, Held, Status
from .store import Store


@dataclass(frozen=True)
class Decision:
    """Who decided, and why; both are kept in the manifest."""

    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Released:
    """The batch as which rows were landed, and how many of them could not be stored and stay out."""

    batch: Batch
    left_out: int


def release(
    project: Project,
    root: Path,
    name: str,
    *,
    accept: Decision | None = None,
    clock: Clock | None = None,
    gate: Gate | None = None,
) -> Released:
    """Check the rows of an entry again and land them; with `accept`, land what can be stored without the checks.

    A row that came again meanwhile is not overwritten. Raises `DataError` with what still fails.
    """
    with lock.held(root):
        store = Store(root, project, clock or SystemClock(), gate or GreatExpectations())
        entry = quarantine.find(store.manifest, name)
        rows = quarantine.read(root, name)
        parsed = store.laid_out(rows).parsed(rows)
        found = judges.accepted(parsed, store.laid_out(None)) if accept else store.judge(parsed, strict=True)
        if found.refused:
            raise DataError(f"{name} does not pass: {'; '.join(found.why(len(parsed)))}", fix=fix(name))
        decided = stamped(store, entry, "released", accept or Decision())
        moved = store.manifest.having(quarantine={**store.manifest.quarantine, name: decided})
        started = store.now()
        done = store.land(parsed, found, moved, entry.source, started=started, left_out=len(found.bad), released=name)
        return Released(done.manifest.batches[-1], len(found.bad))


def fix(name: str) -> str:
    """What may be done about an entry that still fails."""
    accept = f"`mlops quarantine release {name} --accept --by NAME --reason TEXT`"
    return f"correct project.toml, land it as it is with {accept}, or `mlops quarantine drop {name} --reason TEXT`"


def drop(project: Project, root: Path, name: str, decision: Decision, *, clock: Clock | None = None) -> Held:
    """Give an entry's rows up. They are removed; their fingerprints stay, so that they do not come back."""
    with lock.held(root):
        store = Store(root, project, clock or SystemClock(), GreatExpectations())
        decided = stamped(store, quarantine.find(store.manifest, name), "dropped", decision)
        store.record(name, decided)
        quarantine.forget(root, name)
        return decided


def stamped(store: Store, entry: Held, status: Status, decision: Decision) -> Held:
    """The entry as it was decided."""
    return entry.model_copy(
        update={"status": status, "by": decision.by, "reason": decision.reason, "decided": store.now()}
    )


def listed(root: Path) -> pd.DataFrame:
    """The entries that wait: id, rows, of how many, source, when, why."""
    from . import manifest as manifests

    held = manifests.load(root).held()
    rows = [(name, it.rows, it.batch_rows, it.source, it.at, "; ".join(it.why)) for name, it in held.items()]
    return pd.DataFrame(rows, columns=["id", "rows", "of", "source", "read", "why"])
