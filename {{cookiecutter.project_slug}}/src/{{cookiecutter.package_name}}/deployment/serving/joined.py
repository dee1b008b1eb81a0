"""Predictions with what came true: the records and outcomes of a workspace as one table, by DuckDB over the files.

A line that a crash left torn is skipped, counted and told. A record that was written twice counts once. Of several
outcomes of one prediction the latest counts (see `outcomes.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...workspace import Workspace
from .layout import Layout
from .lines import INPUTS, OUTPUTS
from .outcomes import FOLDER
from .queries import FEATURES, LATEST, PREDICTIONS, QUERY

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

log = logging.getLogger(__name__)
COLUMNS = (
    "event_id", "at", "request", "entity", "deployment", "digest", "shadow", "status", "latency_ms", "prediction",
    "outcome", "assigned", "forced",
)  # fmt: skip
HOUR = timedelta(hours=1)


def read(
    place: Workspace, since: datetime | None = None, until: datetime | None = None, *, forced: bool = False
) -> pd.DataFrame:
    """The predictions from `since` up to before `until`, in time order, with the columns `COLUMNS`.

    `prediction` is a number, or for a classifier the JSON text of the class and its probabilities. Where the caller
    named the deployment nobody was dealt, and those rows tell nothing of a split: they are there with `forced` only.
    """
    import duckdb

    with duckdb.connect() as connection:
        load(connection, place, since, until)
        found: pd.DataFrame = connection.execute(QUERY, {"forced": forced}).df()
    found["at"] = found["at"].dt.tz_localize(UTC)
    found["prediction"] = values(found["prediction"])
    found["outcome"] = values(found["outcome"])
    return found[list(COLUMNS)]


def features(place: Workspace, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
    """What the models were given: `event_id`, `at`, `deployment`, `shadow` and `features`, each a mapping by name."""
    import duckdb
    import pandas as pd
    from pydantic_core import from_json

    with duckdb.connect() as connection:
        lines(connection, "inputs", files(Layout(place).records, INPUTS, since, until))
        found = connection.execute(FEATURES, window(since, until)).df()
    found["at"] = found["at"].dt.tz_localize(UTC)
    found["features"] = [
        {name: value for name, value in from_json(row).items() if name != "event_id"} for row in found["features"]
    ]
    return pd.DataFrame(found)


def unknown(place: Workspace) -> list[str]:
    """Ids of outcomes for which no prediction is recorded here."""
    import duckdb

    with duckdb.connect() as connection:
        load(connection, place, None, None)
        query = "SELECT event_id FROM latest WHERE event_id NOT IN (SELECT base FROM predictions) ORDER BY event_id"
        return [str(row[0]) for row in connection.execute(query).fetchall()]


def load(
    connection: duckdb.DuckDBPyConnection, place: Workspace, since: datetime | None, until: datetime | None
) -> None:
    """Make the views `predictions` and `latest` (outcomes)."""
    lines(connection, "outputs", files(Layout(place).records, OUTPUTS, since, until))
    lines(connection, "told", sorted((place.folder / FOLDER).glob("*/*/*/*/*.jsonl")))
    connection.execute(PREDICTIONS, window(since, until))
    connection.execute(LATEST)


def window(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    """The bounds as the queries have them: all on file is in UTC, so that DuckDB need not know of zones."""
    first, last = (since or datetime(1700, 1, 1, tzinfo=UTC)), (until or datetime(9000, 1, 1, tzinfo=UTC))
    return {"since": first.astimezone(UTC).replace(tzinfo=None), "until": last.astimezone(UTC).replace(tzinfo=None)}


def files(root: Path, collection: str, since: datetime | None, until: datetime | None) -> list[Path]:
    """The files that may hold lines of that time: a folder is an hour."""
    return sorted(path for path in root.glob(f"*/{collection}/*/*/*/*/*.jsonl") if holds(path, since, until))


def holds(path: Path, since: datetime | None, until: datetime | None) -> bool:
    hour = datetime.strptime("/".join(path.parts[-5:-1]), "%Y/%m/%d/%H").replace(tzinfo=UTC)
    return (since is None or hour + HOUR > since) and (until is None or hour < until)


def lines(connection: duckdb.DuckDBPyConnection, table: str, paths: list[Path]) -> None:
    """A table `line` of the whole lines of some files; those that are torn are told."""
    connection.execute(f"CREATE TABLE {table} (line JSON)")
    torn: list[str] = []
    for batch in batches(paths):
        query = (
            "SELECT filename, line, json_valid(line) AS whole FROM read_csv(?, columns = {'line': 'VARCHAR'}, "
            "delim = '\\0', quote = '', escape = '', header = false, auto_detect = false, filename = true, "
            "max_line_size = 67108864)"
        )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE raw AS {query}", [[str(path) for path in batch]])
        connection.execute(f"INSERT INTO {table} SELECT line FROM raw WHERE whole")  # noqa: S608
        torn += [str(row[0]) for row in connection.execute("SELECT filename FROM raw WHERE NOT whole").fetchall()]
    if torn:
        log.warning(
            "%d torn lines were skipped, as a crash leaves them: %s", len(torn), ", ".join(sorted(set(torn))[:3])
        )


def batches(paths: list[Path], size: int = 500) -> Iterator[list[Path]]:
    for first in range(0, len(paths), size):
        yield paths[first : first + size]


def values(column: pd.Series) -> pd.Series:
    """JSON texts -> numbers where all are, else the plain texts; objects stay JSON texts."""
    import pandas as pd
    from pydantic_core import from_json

    read = [None if text is None or pd.isna(text) else from_json(text) for text in column]
    known = [it for it in read if it is not None]
    if all(isinstance(it, int | float) and not isinstance(it, bool) for it in known):
        return pd.Series(
            [float("nan") if it is None else float(it) for it in read], index=column.index, dtype="float64"
        )
    said = [text if isinstance(it, dict) else it for text, it in zip(column, read, strict=True)]
    return pd.Series(said, index=column.index, dtype="object")
