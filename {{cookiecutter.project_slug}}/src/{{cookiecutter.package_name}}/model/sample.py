"""The sample's operational database: at each time it knows what a real one would; labels and some rows come late."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import DataError
from .city import LATEST_LABEL, LATEST_ROW, START, City
from .corrupt import KINDS, corrupt
from .export import export

__all__ = ["DATABASE", "EXPORT", "KINDS", "START", "City", "corrupt", "export", "fill", "until", "world"]

DATABASE, EXPORT = Path("data/operational.db"), Path("data/trips.csv")
URL = f"sqlite:///{DATABASE.as_posix()}"
Progress = Callable[[int], None]

TABLES = """
CREATE TABLE world (rows INTEGER, seed INTEGER, weeks INTEGER, roadworks_week INTEGER, until TIMESTAMP);
CREATE TABLE zones (zone_id INTEGER PRIMARY KEY, name TEXT NOT NULL, borough TEXT NOT NULL,
    x_km REAL NOT NULL, y_km REAL NOT NULL, is_airport INTEGER NOT NULL);
CREATE TABLE weather (hour TIMESTAMP PRIMARY KEY, temperature_c REAL, rain_mm REAL);
CREATE TABLE trips (trip_id INTEGER PRIMARY KEY, pickup_at TIMESTAMP NOT NULL, pickup_zone_id INTEGER NOT NULL,
    dropoff_zone_id INTEGER NOT NULL, distance_km REAL NOT NULL, passengers INTEGER NOT NULL,
    duration_minutes REAL, updated_at TIMESTAMP NOT NULL);
CREATE INDEX trips_by_change ON trips (updated_at);
CREATE VIEW trip_records AS
SELECT t.trip_id, t.pickup_at, t.distance_km, t.passengers, p.name AS pickup_zone, d.name AS dropoff_zone,
    p.borough AS pickup_borough, w.temperature_c, w.rain_mm, p.is_airport OR d.is_airport AS airport,
    t.duration_minutes, t.updated_at
FROM trips AS t
JOIN zones AS p ON p.zone_id = t.pickup_zone_id
JOIN zones AS d ON d.zone_id = t.dropoff_zone_id
LEFT JOIN weather AS w ON w.hour = substr(t.pickup_at, 1, 13) || ':00:00';
"""
UPSERT = """
INSERT INTO trips VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (trip_id) DO UPDATE SET duration_minutes = excluded.duration_minutes, updated_at = excluded.updated_at
"""


def fill(
    db: Path,
    rows: int,
    seed: int,
    *,
    weeks: int = 8,
    roadworks_week: int | None = None,
    at: datetime | None = None,
    progress: Progress = lambda _: None,
) -> City:
    """Make the database if it is not there, then live on to `at` (default: two days past the last trip).

    The same arguments give the same content, in one call or in many. Raises `DataError` where `db` holds another city.
    `progress` is called with the number of days done.
    """
    city = City(rows, seed, weeks, roadworks_week)
    if not db.exists():
        create(db, city)
    elif (other := world(db)[0]) != city:
        raise DataError(f"{db} holds another sample: {other}", fix="use the same options, or make it anew with --force")
    until(db, at or city.end + LATEST_ROW + LATEST_LABEL, progress)
    return city


def create(db: Path, city: City) -> None:
    """An empty database with the city's zones, whole or not at all."""
    db.parent.mkdir(parents=True, exist_ok=True)
    part = db.with_name(f".{db.name}.part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part)) as connection, connection:
        connection.executescript(TABLES)
        values = (city.rows, city.seed, city.weeks, city.roadworks_week, text(START - timedelta(days=1)))
        connection.execute("INSERT INTO world VALUES (?, ?, ?, ?, ?)", values)
        connection.executemany("INSERT INTO zones VALUES (?, ?, ?, ?, ?, ?)", rows_of(city.zones))
    part.replace(db)


def world(db: Path) -> tuple[City, datetime]:
    """The city that `db` holds, and until when it has lived. Raises `DataError` for any other file."""
    try:
        with closing(sqlite3.connect(f"{db.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT rows, seed, weeks, roadworks_week, until FROM world").fetchone()
    except sqlite3.Error as error:
        raise DataError(
            f"{db} is not the sample's database: {error}", fix="run `mlops sample`, or name another file"
        ) from None
    return City(*found[:4]), datetime.fromisoformat(found[4])


def until(db: Path, at: datetime, progress: Progress = lambda _: None) -> int:
    """Live on to `at`: new trips, labels that became known, late rows. Gives the number of rows written.

    A time that has passed already changes nothing. All in one transaction: a crash leaves the time before.
    """
    city, since = world(db)
    at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    if at <= since:
        return 0
    written = 0
    with closing(sqlite3.connect(db)) as connection, connection:
        measured = city.weather[(city.weather["hour"] > since) & (city.weather["hour"] <= at)]
        connection.executemany("INSERT OR REPLACE INTO weather VALUES (?, ?, ?)", rows_of(measured))
        for number, day in enumerate(touched(city, since, at), 1):
            changed = known(city.trips(day), since, at)
            connection.executemany(UPSERT, rows_of(changed))
            written += len(changed)
            progress(number)
        connection.execute("UPDATE world SET until = ?", (text(at),))
    return written


def touched(city: City, since: datetime, at: datetime) -> range:
    """The days of which a trip may have been written or labelled after `since` and up to `at`."""
    first = (since - LATEST_ROW - LATEST_LABEL - START).days
    return range(max(first, 0), min((at - START).days + 1, city.days))


def known(trips: pd.DataFrame, since: datetime, at: datetime) -> pd.DataFrame:
    """The rows of `trips` as of `at` that were written or changed after `since`, as the table has them."""
    labelled = trips["labelled_at"] <= at
    updated = trips["labelled_at"].where(labelled, trips["written_at"])
    out = trips.drop(columns=["written_at", "labelled_at"])
    out["duration_minutes"] = out["duration_minutes"].where(labelled)
    out["updated_at"] = updated
    return out[(trips["written_at"] <= at) & (updated > since)]


def rows_of(frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Rows as SQLite takes them: times as text, missing values as None."""
    columns = []
    for name in frame.columns:
        values = frame[name]
        if values.dtype.kind == "M":
            columns.append(texts(values.to_numpy()))
        else:
            columns.append(values.astype(object).where(values.notna(), None).to_numpy())
    return zip(*(column.tolist() for column in columns), strict=True)


def texts(times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.object_]:
    """Times as the database writes them, by the million."""
    out = np.datetime_as_string(times, unit="s")
    if len(out):
        out.view("U1").reshape(len(out), -1)[:, 10] = " "
    return out.astype(object)


def text(at: datetime) -> str:
    """A time as the database writes it."""
    return at.strftime("%Y-%m-%d %H:%M:%S")
