"""What comes in the season: rows reach the source as their time comes; until then only callers know them."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pandas as pd

from ...data import ingest, landed
from ...deployment.rehearsal import copied
from ...model import frame, project, sample
from ...model.project import Schema
from ..drift import rules

ROWS, SEED, WEEKS, ROADWORKS = 36_000, 7, 11, 8  # of the sample's city: weeks from one on
BEFORE = timedelta(days=4)  # the roadworks, the season begins
STEPS = 56  # into how many a season of one's own rows is cut
Settings = dict[tuple[str, str], dict[str, object]]  # by (file, table)
LATEST: Settings = {("project.toml", "training"): {"test_fraction": 0.18, "window": "9d"}}  # what is new counts soon
CITY, OWN = 3, 2  # parts of a step, after each of which new rows are landed, and feature values published
LONGEST = "90d"
DAY, SPARE = timedelta(days=1), 1.2  # of the rows that a judgement needs: some come without an outcome
ARRIVALS, SPOILT = "data/arrivals", 60  # git leaves them alone


class Coming(Protocol):
    """Rows that come into the copy's source in steps. `turns` is when the world changes, where that is known.

    `settings` are those of the copy's files that these rows need.
    """

    @property
    def begins(self) -> datetime: ...

    @property
    def ends(self) -> datetime: ...

    @property
    def step(self) -> timedelta: ...

    @property
    def turns(self) -> datetime | None: ...

    @property
    def parts(self) -> int: ...

    @property
    def settings(self) -> Settings: ...

    def until(self, at: datetime) -> None:
        """What was known at `at` is in the source."""

    def spoil(self) -> None:
        """The last rows that came to the source are not what they should be."""

    def rows(self) -> pd.DataFrame:
        """All rows of the season, typed, in time order, with what came true."""


def week(number: int) -> datetime:
    """When a week of the sample's city begins."""
    return sample.START.replace(tzinfo=UTC) + timedelta(weeks=number - 1)


@dataclass(frozen=True)
class CityComes:
    """The sample: its operational database lives on, and from a week on roadworks slow some zones."""

    root: Path
    schema: Schema
    begins: datetime = field(default_factory=lambda: week(ROADWORKS) - BEFORE)
    ends: datetime = field(default_factory=lambda: week(WEEKS + 1))
    turns: datetime | None = None
    step: timedelta = timedelta(days=1)
    parts: int = CITY
    settings: Settings = field(default_factory=LATEST.copy)

    def __post_init__(self) -> None:
        """The city up to the season's begin."""
        self.fill(self.root / sample.DATABASE, self.begins)

    def fill(self, path: Path, at: datetime | None) -> None:
        path.unlink(missing_ok=True)
        roadworks = ROADWORKS if self.turns else None
        sample.fill(path, ROWS, SEED, weeks=WEEKS, roadworks_week=roadworks, at=at)

    def until(self, at: datetime) -> None:
        sample.until(self.root / sample.DATABASE, at)

    def spoil(self) -> None:
        with closing(sqlite3.connect(self.root / sample.DATABASE)) as connection, connection:
            last = "SELECT trip_id FROM trips ORDER BY pickup_at DESC LIMIT ?"
            spoilt = "UPDATE trips SET distance_km = -1, updated_at = (SELECT until FROM world) WHERE trip_id IN"
            connection.execute(f"{spoilt} ({last})", (SPOILT,))

    def rows(self) -> pd.DataFrame:
        """Of the same city as it will have been: the same seed gives the same trips."""
        whole, table = self.root / "data" / "whole.db", self.root / "data" / "whole.parquet"
        self.fill(whole, None)
        sample.export(whole, table)
        return between(frame.read(table), self.schema, self.begins, self.ends)


class RowsCome:
    """A table of one's own, as it was landed: its later half comes in files, step by step."""

    def __init__(self, root: Path, schema: Schema, table: pd.DataFrame) -> None:
        self.root, self.schema = root, schema
        at = table[schema.table.timestamp]
        first, last = (pd.Timestamp(it).to_pydatetime().replace(tzinfo=UTC) for it in (at.min(), at.max()))
        self.parts, self.settings = OWN, enough(root, len(table) / ((last - first) / DAY))
        self.step = max((last - first) / (2 * STEPS), timedelta(hours=1))
        self.ends, self.begins, self.turns = last + timedelta(seconds=1), last - STEPS * self.step, None
        self.table, self.came = table, first - self.step
        copied.edit(root / "project.toml", "source", folder=ARRIVALS)
        (root / ARRIVALS).mkdir(parents=True)
        self.until(self.begins)

    def until(self, at: datetime) -> None:
        """One file with the rows whose outcome is known by now."""
        delay = self.schema.table.label_delay
        new = within(self.table, self.schema, self.came - delay, at - delay)
        if len(new):
            name = f"until-{at:%Y%m%dT%H%M%S}.parquet"
            frame.write(new, self.root / ARRIVALS / name)
        self.came = at

    def spoil(self) -> None:
        """A file in which a column is missing that the model needs."""
        rows = self.table.head(SPOILT).drop(columns=[self.schema.inputs[0]])
        frame.write(rows, self.root / ARRIVALS / "spoilt.parquet")

    def rows(self) -> pd.DataFrame:
        return between(self.table, self.schema, self.begins, self.ends)


def enough(root: Path, daily: float) -> Settings:
    """A window of drift that has the rows which a judgement needs, at so many a day; and time for a comparison."""
    asked = rules.read(root / rules.FILE).check
    days = max(math.ceil(asked.window / DAY), math.ceil(SPARE * asked.rows / daily))
    return {
        (rules.FILE.name, "check"): {"window": f"{days}d"},
        ("release.toml", "test"): {"longest": LONGEST},
    }


def within(table: pd.DataFrame, schema: Schema, since: datetime, until: datetime) -> pd.DataFrame:
    """The rows from `since` up to before `until`."""
    at = pd.to_datetime(table[schema.table.timestamp])
    since, until = since.replace(tzinfo=None), until.replace(tzinfo=None)
    return table[(at >= since) & (at < until)]


def between(table: pd.DataFrame, schema: Schema, since: datetime, until: datetime) -> pd.DataFrame:
    """The same, typed and in time order, of the rows that have an outcome."""
    found = frame.ordered(frame.typed(within(table, schema, since, until), schema), schema)
    return found[found[schema.table.target].notna()].reset_index(drop=True)


def of(root: Path, landed_before: Path, *, turning: bool = True) -> Coming:
    """What comes into the copy at `root`: the sample's city, or the rows that were landed of a source of one's own.

    Without `turning` nothing changes in the city.
    """
    schema = project.load(root / "project.toml")
    if schema.source.url and schema.source.url.endswith(sample.DATABASE.as_posix()):
        return CityComes(root, schema.schema_only, turns=week(ROADWORKS) if turning else None)
    if not landed_before.is_dir():  # nobody has landed them yet
        landed_before = root / "workspaces" / "landed"
        ingest.run(schema, landed_before, base=root)
    return RowsCome(root, schema.schema_only, landed.read(landed_before))
