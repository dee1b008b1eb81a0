"""What the service asks of this layer: features that a caller leaves out are looked up."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..model.project import Schema
from ..workspace import current
from . import retrieval
from .featureset import WHOLE, key
from .online import Online, naive
from .retrieval import Wanted

log = logging.getLogger(__name__)
STORE = "MLOPS_FEATURES"  # the store's folder, where it is not the workspace's


class Filler:
    """Looks up the features of a record. What is not known in time is null, as it was in training."""

    def __init__(self, sets: list[Wanted], schema: Schema, online: Online, now: Callable[[], datetime]) -> None:
        self.sets, self.online, self.now = sets, online, now
        self.timestamp = schema.table.timestamp if schema.table.timestamp in schema.inputs else None
        self.columns = frozenset(name for it in sets for name in it.features)
        self.warned: set[str] = set()

    def __call__(self, record: Mapping[str, Any]) -> dict[str, float | None]:
        """Every feature by name. `record` has the checked inputs; its time is the prediction's where it has one."""
        at = record[self.timestamp] if self.timestamp else naive(self.now())
        out: dict[str, float | None] = {}
        for wanted in self.sets:
            entity = key(record[wanted.entity]) if wanted.entity else WHOLE
            found = None if entity is None else self.online.fresh(wanted, entity, at)
            if found is not None:
                out.update(found.features)
            elif wanted.name not in self.warned:
                self.warn(wanted)
        return out

    def warn(self, wanted: Wanted) -> None:
        """Say once that a set is not there; a single entity without a value is nothing unusual."""
        if self.online.holds(wanted) is None:
            self.warned.add(wanted.name)
            wrong = "%s holds no values of feature set %s, version %s, as this model was trained with: they are null"
            log.warning(wrong, self.online.path, wanted.name, wanted.version)


def filler(folder: Path, schema: Schema) -> Filler | None:
    """The filler of the model in `folder`; None for a model that takes no features. Raises `ModelError`."""
    path = folder / retrieval.FILE
    if not path.is_file():
        return None
    sets = retrieval.read(path)
    for name in (name for it in sets for name in (*it.features, *([it.entity] if it.entity else []))):
        if name not in schema.columns:
            raise ModelError(f"{path} names {name!r}, which is no input of the model", fix="train the model again")
    return Filler(sets, schema, Online(store()), lambda: datetime.now(UTC)) if sets else None


def store() -> Path:
    """The store's folder."""
    return Path(os.environ[STORE]) if os.environ.get(STORE) else current().features
