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
from .featureset import MATERIALISE, WHOLE, FeatureError, key
from .online import Online, Value, naive
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
        """Every known feature by name. `record` has the checked inputs; its time, if any, is the prediction's."""
        at = record[self.timestamp] if self.timestamp else naive(self.now())
        out: dict[str, float | None] = {}
        for wanted in self.sets:
            entity = key(record[wanted.entity]) if wanted.entity else WHOLE
            found = None if entity is None else self.found(wanted, entity, at)
            if found is not None:
                out.update(found.features)
                self.warned.discard(wanted.name)
        return out

    def found(self, wanted: Wanted, entity: str, at: datetime) -> Value | None:
        """An entity's value. A store without it, too old or damaged does not stop predictions: it is told, once."""
        try:
            value = self.online.fresh(wanted, entity, at)
            if value is None and wanted.name not in self.warned:
                self.warn(wanted, self.lacking(wanted, at))
        except FeatureError as error:
            if wanted.name not in self.warned:
                self.warn(wanted, error.problem)
            return None
        return value

    def lacking(self, wanted: Wanted, at: datetime) -> str:
        """Why no entity of a set can have a value at `at`; empty where one can: then this one has none."""
        as_of = self.online.holds(wanted)
        if as_of is None:
            return f"{self.online.path} holds nothing of version {wanted.version} as this model was trained with it"
        if at - as_of > wanted.ttl:
            return f"{self.online.path} was written as of {as_of}, and what is older than {wanted.ttl} does not count"
        return ""

    def warn(self, wanted: Wanted, why: str) -> None:
        """Say once that a set is null for everyone."""
        if why:
            self.warned.add(wanted.name)
            log.warning("the features of %s are null: %s; %s", wanted.name, why, MATERIALISE)


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
