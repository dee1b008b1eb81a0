"""`gate.toml`: what the gate asks of a model. docs/training.md explains each key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..errors import ProjectError
from ..model.messages import choices, explain
from ..model.project import METRICS

FILE = "gate.toml"
KNOWN = tuple(dict.fromkeys(name for metrics in METRICS.values() for name in metrics))


def metric(name: str) -> str:
    """A metric's name. Raises `ValueError` for one that is never computed: its floor would refuse every model."""
    if name not in KNOWN:
        raise ValueError(f"is no metric: {choices(name, KNOWN)}")
    return name


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rows(Part):
    """How many rows there must be."""

    train: Annotated[int, Field(ge=1)] = 500
    test: Annotated[int, Field(ge=1)] = 100
    slice: Annotated[int, Field(ge=1)] = 50


class Tolerance(Part):
    """By which share of the other's figure the model may be worse."""

    tolerance: Annotated[float, Field(ge=0, le=1)] = 0.0


class Slices(Part):
    """The same for each slice: against the naive baseline, and against the champion."""

    baseline: Annotated[float, Field(ge=0, le=1)] = 0.0
    champion: Annotated[float, Field(ge=0, le=1)] = 0.1


class Policy(Part):
    """`gate.toml`. `floors`: target -> metric -> the worst figure that is good enough."""

    rows: Rows = Rows()
    floors: dict[str, dict[Annotated[str, AfterValidator(metric)], float]] = {}
    champion: Tolerance = Tolerance(tolerance=0.02)
    slices: Slices = Slices()


def read(path: Path) -> Policy:
    """Read gate.toml. Raises `ProjectError` naming the key that is wrong."""
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ProjectError(
            f"{path} does not exist", fix="restore gate.toml: without it nothing is registered"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{path} is not TOML: {error}", fix="correct that line") from None
    except ValidationError as error:
        wrong, fix = explain(error.errors()[0], Policy)
        raise ProjectError(f"{path}: {wrong}", fix=f"{fix}; docs/training.md explains the keys") from None
