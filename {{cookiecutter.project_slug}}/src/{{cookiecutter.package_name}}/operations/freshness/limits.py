"""From when on a feature set is late, and how few rows are too few: a table of `metrics.toml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Part = Annotated[float, Field(gt=0, le=1)]


class Limits(BaseModel):
    """`late`: the part of a value's useful life, after its known delay, that may pass. `short`: of the usual rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    late: Part = 0.5
    short: Part = 0.5
