"""DuckDB with bounds: how much memory it may take, where it spills to, how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import duckdb
import pyarrow

from .featureset import FeatureError

MEMORY = "512MB"
NOT_OURS = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException, duckdb.ConversionException)
NAME = f"duckdb {duckdb.__version__}, pyarrow {pyarrow.__version__}"  # the same values in the same bytes


@contextmanager
def connected(threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that holds at most `MEMORY` and spills the rest. One thread adds up in one order."""
    with TemporaryDirectory(prefix="features-") as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": MEMORY, "temp_directory": spill}
        if threads:
            settings["threads"] = threads
        with duckdb.connect(config=settings) as connection:
            yield connection


def table(connection: duckdb.DuckDBPyConnection, query: str, what: str) -> pyarrow.Table:
    """The rows of `query`. Raises `FeatureError` naming `what`, where its SQL cannot be run."""
    try:
        return connection.sql(query).to_arrow_table()
    except NOT_OURS as error:
        wrong = f"the SQL of {what} cannot be run: {str(error).splitlines()[0]}"
        raise FeatureError(wrong, fix="correct its expressions in features/definitions.py") from None
