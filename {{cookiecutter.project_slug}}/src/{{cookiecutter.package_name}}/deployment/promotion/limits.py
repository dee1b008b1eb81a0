"""`modeltests.toml`: the limits that a model is tested against."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import ProjectError

FILE = "modeltests.toml"
Direction = Literal["increasing", "decreasing"]
Positive = Annotated[float, Field(gt=0)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Latency(Part):
    """Milliseconds of one request through the scorer; each is the best of `rounds` times `requests`."""

    median: Positive = 10.0
    p95: Positive = 30.0
    rounds: Annotated[int, Field(ge=1)] = 5
    requests: Annotated[int, Field(ge=20)] = 200


class Size(Part):
    """Of the model file."""

    megabytes: Positive = 50.0


class Slices(Part):
    """Which share of the model's gain over the naive baseline a slice must keep, from so many rows on."""

    keep: Annotated[float, Field(ge=0, le=1)] = 0.1
    rows: Annotated[int, Field(ge=1)] = 100


class Limits(Part):
    """The whole file. `directions`: target -> column -> what a higher value does to the prediction."""

    latency: Latency = Latency()
    size: Size = Size()
    slices: Slices = Slices()
    directions: dict[str, dict[str, Direction]] = {}


def load(path: Path) -> Limits:
    """Read `path`. Raises `ProjectError` naming the key that is wrong."""
    try:
        return Limits.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ProjectError(f"{path} does not exist", fix=f"restore {FILE}: without it nothing is promoted") from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{path} is not TOML: {error}", fix="correct that line") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        wrong = f"{path}: {where} is {first['input']!r}: {first['msg'].lower()}"
        raise ProjectError(wrong, fix="the comments in the file say what each key means") from None
