"""The endpoint: a gateway before one scorer process for each deployment, whose traffic is a committed state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...model.project import Schema
    from ...service.fill import Filler


def filler(folder: Path, schema: Schema) -> Filler | None:  # noqa: ARG001
    """What Level 1 asks every layer's `serving`: who looks up features for the model in `folder`. This one does not."""
    return None
