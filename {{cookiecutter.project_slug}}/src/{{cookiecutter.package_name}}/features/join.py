"""The point-in-time join: to each observation the newest value that was known by then, and not too old.

`time - lookback <= time of the value <= time - delay`, as on Azure. Values are read in slices of time, oldest first;
from slice to slice goes only the newest value of each entity that is observed. So memory is bounded by a slice, the
observations and their entities, and does not grow with the values there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from . import engine
from .featureset import ENTITY, TIME, FeatureSet
from .rows import ROW

SLICE = 1_000_000  # rows of values in memory at once
MATCHED = "matched_at"  # the time of the value that was found
FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31)


@dataclass(frozen=True)
class Rule:
    """What is looked for: columns of the values, and how old they must and may be."""

    names: tuple[str, ...]
    delay: timedelta
    lookback: timedelta


@dataclass(frozen=True)
class Part:
    """A slice of time, and the files that hold some of it."""

    start: datetime
    end: datetime
    files: tuple[Path, ...]


def rule(found: FeatureSet) -> Rule:
    """A feature set's rule."""
    return Rule(found.names, found.delay, found.ttl)


def join(observations: pa.Table | Path, values: Sequence[Path], rule: Rule) -> pa.Table:
    """`matched_at` and the values for each observation, in the order of `row`; missing where there is none.

    Observations have `row` (numbered from 0), `entity` and `event_time`; values are Parquet files that have `entity`,
    `event_time` and the rule's columns, at most one row for a time of an entity, sorted by time.
    """
    with engine.connected() as database:
        observe(database, observations, rule)
        parts = list(slices(values, *bounds(database), SLICE))
        for part in parts:
            take(database, part, rule, last=part is parts[-1])
        columns = ", ".join((MATCHED, *rule.names))
        query = f"SELECT {columns} FROM numbered LEFT JOIN joined USING ({ROW}) ORDER BY {ROW}"  # noqa: S608
        return engine.table(database, query, "the join")


def observe(database: duckdb.DuckDBPyConnection, observations: pa.Table | Path, rule: Rule) -> None:
    """The observations with the newest and the oldest time that a value of theirs may have."""
    if isinstance(observations, Path):
        database.read_parquet(str(observations)).create_view("given")
    else:
        database.register("given", observations)
    newest, oldest = (int(length / timedelta(microseconds=1)) for length in (rule.delay, rule.lookback))
    doubles = "".join(f", {name} DOUBLE" for name in rule.names)
    database.execute(f"""
        CREATE TEMP TABLE numbered AS SELECT {ROW} FROM given;
        CREATE TEMP TABLE observed AS SELECT {ROW}, {ENTITY}, {TIME} - to_microseconds({newest}) AS newest,
            {TIME} - to_microseconds({oldest}) AS oldest FROM given WHERE {ENTITY} IS NOT NULL AND {TIME} IS NOT NULL;
        CREATE TEMP TABLE wanted AS SELECT DISTINCT {ENTITY} FROM observed;
        CREATE TEMP TABLE kept ({ENTITY} VARCHAR, {TIME} TIMESTAMP{doubles});
        CREATE TEMP TABLE joined ({ROW} BIGINT, {MATCHED} TIMESTAMP{doubles});
    """)  # noqa: S608


def bounds(database: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime]:
    """The oldest and the newest time that any value can have to be of use."""
    # all of it: a result that is not fetched to its end keeps the connection
    oldest, newest = database.execute("SELECT min(oldest), max(newest) FROM observed").fetchall()[0]
    return oldest or LAST, newest or FIRST


def slices(files: Sequence[Path], oldest: datetime, newest: datetime, most: int) -> Iterator[Part]:
    """Slices of time that hold about `most` rows each, by what the files say of their row groups."""
    groups = [group for file in files for group in spans(file) if group[1] >= oldest and group[0] <= newest]
    groups.sort(key=lambda group: group[:2])
    cuts, count = [FIRST], 0
    for start, _, number, _ in groups:
        if count + number > most and count and start > cuts[-1]:
            cuts.append(start)
            count = 0
        count += number
    for start, end in zip(cuts, [*cuts[1:], LAST], strict=True):
        found = dict.fromkeys(path for first, last, _, path in groups if first < end and last >= start)
        yield Part(start, end, tuple(found))


def spans(file: Path) -> Iterator[tuple[datetime, datetime, int, Path]]:
    """First and last time, and number of rows, of each row group."""
    with pq.ParquetFile(file) as found:
        column = found.schema_arrow.names.index(TIME)
        for number in range(found.metadata.num_row_groups):
            group = found.metadata.row_group(number)
            seen = group.column(column).statistics
            if group.num_rows and seen is not None and seen.has_min_max:
                yield seen.min, seen.max, group.num_rows, file
            elif group.num_rows:
                yield FIRST, LAST, group.num_rows, file


def take(database: duckdb.DuckDBPyConnection, part: Part, rule: Rule, *, last: bool) -> None:
    """Join a slice: the observations whose newest possible value lies in it."""
    if not part.files:
        return
    columns = ", ".join((ENTITY, TIME, *rule.names))
    database.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE slice AS
        SELECT {columns} FROM kept UNION ALL
        SELECT {columns} FROM read_parquet($files) SEMI JOIN wanted USING ({ENTITY})
        WHERE {TIME} >= $start AND {TIME} < $end
        """,  # noqa: S608
        {"files": [str(file) for file in part.files], "start": part.start, "end": part.end},
    )
    found = ", ".join(f"slice.{name}" for name in (TIME, *rule.names))
    database.execute(
        f"""
        INSERT INTO joined SELECT {ROW}, {found}
        FROM (SELECT * FROM observed WHERE newest >= $start AND newest < $end) AS looking
        ASOF JOIN slice ON looking.{ENTITY} = slice.{ENTITY} AND looking.newest >= slice.{TIME}
        WHERE slice.{TIME} >= looking.oldest
        """,  # noqa: S608
        {"start": part.start, "end": part.end},
    )
    if not last:
        newest = f"SELECT UNNEST(arg_max(slice, {TIME})) FROM slice GROUP BY {ENTITY}"  # noqa: S608
        database.execute(f"CREATE OR REPLACE TEMP TABLE kept AS {newest}")
