"""`metrics.toml`: what the log of predictions shows, and when features are late."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import ProjectError
from ...model.messages import choices, explain
from ...model.project import Schema
from ..freshness.limits import Limits

FILE = "metrics.toml"


class Logs(BaseModel):
    """`inputs` is the share of predictions that are logged with what the model was given, `redacted` columns apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    inputs: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.05
    redacted: tuple[str, ...] = ()

    def checked(self, schema: Schema) -> Logs:
        """Raises `ProjectError` for a column that the project does not have: nothing would be redacted."""
        known = columns(schema)
        for name in self.redacted:
            if name not in known:
                wrong = f"{FILE}: logs.redacted names {name!r}, which is no column of project.toml"
                raise ProjectError(wrong, fix=choices(name, known))
        return self


class Settings(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    logs: Logs = Logs()
    freshness: Limits = Limits()


def columns(schema: Schema) -> tuple[str, ...]:
    """What can be redacted: inputs and looked-up features, the time, the entity, what came of it."""
    table = schema.table
    own = (table.timestamp, table.target, *table.key, *((table.entity,) if table.entity else ()))
    return tuple(dict.fromkeys((*schema.columns, *own)))


def load(root: Path) -> Settings:
    """Read `metrics.toml` in `root`, whose absence means the defaults. Raises `ProjectError` naming what is wrong."""
    try:
        return Settings.model_validate(tomllib.loads((root / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{FILE} is not TOML: {error}", fix="correct that line") from None
    except ValidationError as error:
        found = [explain(detail, Settings) for detail in error.errors()]
        problem = "\n".join(f"{FILE}: {what}" for what, _ in found)
        raise ProjectError(problem, fix="; ".join(fix for _, fix in found)) from None
