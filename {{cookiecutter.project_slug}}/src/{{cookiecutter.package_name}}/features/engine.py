"""DuckDB with bounds: how much memory it may take, where it spills to, how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory

import duckdb
import pyarrow

from .featureset import HERE, FeatureError

MEMORY = "512MB"
OF_THE_TEXT = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)  # what correcting the SQL mends
NAME = f"duckdb {duckdb.__version__}, pyarrow {pyarrow.__version__}"  # the same values in the same bytes


@contextmanager
def connected(threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that holds at most `MEMORY` and spills the rest. One thread adds up in one order."""
    with TemporaryDirectory(prefix="features-") as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": MEMORY, "temp_directory": spill}
        if threads:
            settings["threads"] = threads
        with duckdb.connect(config=settings) as connection:
            divide_as_spark_does(connection)
            yield connection


def divide_as_spark_does(connection: duckdb.DuckDBPyConnection) -> None:
    """x / 0 is null, and the logarithm of a negative number an error."""
    connection.execute("SET ieee_floating_point_ops = false")
    with suppress(duckdb.CatalogException):  # DuckDB 1 does not know it, and gives null
        connection.execute("SET error_on_division_by_zero = false")


def table(connection: duckdb.DuckDBPyConnection, query: str, what: str) -> pyarrow.Table:
    """The rows of `query`. Raises `FeatureError` naming `what`, where its SQL cannot be run."""
    try:
        return connection.sql(query).to_arrow_table()
    except OF_THE_TEXT as error:
        wrong = f"the SQL of {what} cannot be run: {str(error).splitlines()[0]}"
        raise FeatureError(wrong, fix=HERE) from None
    except duckdb.OutOfMemoryException as error:
        wrong = f"{what} needs more than the {MEMORY} that DuckDB may take: {str(error).splitlines()[0]}"
        raise FeatureError(wrong, fix="make its windows shorter, or raise MEMORY in features/engine.py") from None
