"""Inputs that a caller may leave out, since a layer above this one knows them: such as a feature store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from .. import layers
from ..model.project import Schema


class Filler(Protocol):
    """Gives the values of its `columns` for one record's inputs by name; what it does not give is missing."""

    columns: frozenset[str]

    def __call__(self, record: Mapping[str, Any], /) -> Mapping[str, float | None]: ...


def find(folder: Path, schema: Schema) -> Filler | None:
    """The filler for the model in `folder`, of the first layer that has one; for most models there is none."""
    found = (module.filler(folder, schema) for module in layers.modules("filler"))
    return next((filler for filler in found if filler is not None), None)
