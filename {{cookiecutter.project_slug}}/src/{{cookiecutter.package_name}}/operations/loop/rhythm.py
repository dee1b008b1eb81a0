"""`operate.toml`: how often each job of the loop has its turn."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ...errors import MlopsError
from ...model.messages import explain
from ...model.project import Duration

FILE = "operate.toml"
GRACE = timedelta(minutes=1)  # a turn takes its time


class RhythmError(MlopsError):
    """`operate.toml` is not as it should be."""


class Rhythm(BaseModel):
    """Each job's turns are so far apart; `0s` switches a job off."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    endpoint: Duration = timedelta(seconds=10)
    ingest: Duration = timedelta(minutes=5)
    features: Duration = timedelta(minutes=5)
    automation: Duration = timedelta(seconds=10)
    training: Duration = timedelta(seconds=10)
    monitor: Duration = timedelta(hours=1)
    releases: Duration = timedelta(seconds=10)
    alerts: Duration = timedelta(seconds=30)

    def named(self) -> Iterator[tuple[str, timedelta]]:
        """(job, how far apart its turns are) of those that are switched on."""
        for name in type(self).model_fields:
            every: timedelta = getattr(self, name)
            if every:
                yield name, every


class Settings(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    every: Rhythm = Rhythm()


def load(root: Path) -> Rhythm:
    """Read `operate.toml` in `root`, whose absence means the defaults. Raises `RhythmError` naming what is wrong."""
    path = root / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return Settings.model_validate(content).every
    except FileNotFoundError:
        return Rhythm()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RhythmError(f"{FILE} is not TOML: {error}", fix="correct that line") from None
    except ValidationError as error:
        problem, fix = explain(error.errors()[0], Settings)
        raise RhythmError(f"{FILE}: {problem}", fix=fix) from None
