"""A table or view of any database that SQLAlchemy reaches, read from the watermark on."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from ..errors import DataError
from ..model.project import Project
from . import layout as layouts
from . import parse
from .manifest import Manifest, Mark
from .source import Unit

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Database:
    """The source of `source.url` and `source.table`. `overlap` is read again each time, for rows that came late."""

    project: Project
    url: str
    base: Path
    batch_rows: int
    overlap: timedelta
    until: datetime | None

    @property
    def watermark(self) -> str:
        return self.project.source.watermark or self.project.table.timestamp

    def since(self, manifest: Manifest) -> Mark:
        """The committed watermark less the overlap."""
        mark = manifest.watermark
        if isinstance(mark, str) and manifest.columns.get(self.watermark) == "timestamp":
            return (pd.Timestamp(mark) - self.overlap).isoformat()
        return mark

    def units(self, manifest: Manifest) -> Generator[Unit]:
        """Rows from the watermark on, then those without one, which every read must look for."""
        with readable(self.url, self.base) as connection:
            table = reflected(connection, str(self.project.source.table))
            where = str(self.project.source.table)
            layouts.require(layouts.columns(self.project), table.columns.keys(), where)
            mark = table.columns[self.watermark]
            yield Rows(self, connection, table, self.wanted(mark, manifest, connection.dialect.name), where)
            if mark.nullable is not False:
                yield Rows(self, connection, table, mark.is_(None), where)

    def wanted(self, mark: sa.ColumnElement[Any], manifest: Manifest, dialect: str) -> sa.ColumnElement[bool]:
        """`>=`, not `>`: a row that was committed later may have the last watermark too."""
        since = self.since(manifest)
        out = mark.is_not(None) if since is None else mark >= bound(mark.type, since, dialect)
        if self.until is not None:
            out &= before(mark.type, self.until, dialect, mark)
        return out


@dataclass(frozen=True)
class Rows:
    """The rows for which `where` holds, streamed in the order of watermark and key."""

    source: Database
    connection: sa.Connection
    table: sa.Table
    where: sa.ColumnElement[bool]
    name: str
    rereads: bool = True

    def frames(self) -> Generator[pd.DataFrame]:
        """Frames of at most `batch_rows` rows."""
        project, columns = self.source.project, self.table.columns
        names = layouts.columns(project)
        order = dict.fromkeys((self.source.watermark, *(project.table.key or names)))
        query = (
            sa.select(*(columns[name] for name in names)).where(self.where).order_by(*(columns[name] for name in order))
        )
        streamed = self.connection.execution_options(yield_per=self.source.batch_rows)
        with told(self.source.url), streamed.execute(query) as result:
            for part in result.partitions():
                frame = pd.DataFrame.from_records([tuple(row) for row in part], columns=list(names))
                yield self.in_time(frame)

    def in_time(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Without what is later than `until`, exactly; the query's own bound is rough where times are texts."""
        if self.source.until is None:
            return frame
        times = parse.time(frame[self.source.watermark])
        return frame[~(times > pd.Timestamp(self.source.until))]

    def moved(self, manifest: Manifest, rows: int, mark: Mark, *, last: bool) -> Manifest:
        """The watermark goes up to the greatest of the batch."""
        del rows, last
        had = manifest.watermark
        later = mark is not None and (had is None or mark > had)  # type: ignore[operator]
        return manifest.having(watermark=mark) if later else manifest


@contextmanager
def readable(url: str, base: Path) -> Iterator[sa.Connection]:
    """A connection, closed at the end. Raises `DataError` without the URL's secrets where there is none to be had."""
    with told(url):
        engine = sa.create_engine(located(sa.make_url(url), base))
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turns a database's errors into ours."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise DataError(f"{shown(url)}: {scrubbed(reason, url)}", fix="check [source] in project.toml") from None
    except ModuleNotFoundError as error:
        fix = f"install the driver: pip install {error.name}"
        raise DataError(f"{shown(url)} needs {error.name}", fix=fix) from None


def shown(url: str) -> str:
    """Which database that is, without user, password and options."""
    try:
        parts = sa.make_url(url)
    except sa.exc.ArgumentError:
        return "source.url"
    return f"{parts.drivername}://{parts.host or ''}/{parts.database or ''}"


def scrubbed(reason: str, url: str) -> str:
    """A database's message without anything that only the URL knows."""
    try:
        parts = sa.make_url(url)
    except sa.exc.ArgumentError:
        return "is not a URL, such as postgresql+psycopg://user:password@host/database"
    options = [text for value in parts.query.values() for text in ([value] if isinstance(value, str) else value)]
    for secret in (url, parts.password, *options):
        reason = reason.replace(str(secret), "***") if secret else reason
    return reason


def located(url: sa.URL, base: Path) -> sa.URL:
    """A SQLite file's path is relative to `base`. Raises `DataError` where it is not there: SQLite would make it."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:" or "uri" in url.query:
        return url
    path = base / url.database
    if not path.exists():
        raise DataError(f"{path} does not exist", fix="`mlops sample` makes the sample's; else correct source.url")
    return url.set(database=str(path))


def reflected(connection: sa.Connection, name: str) -> sa.Table:
    """The table or view `name` or `schema.name`, as the database describes it."""
    schema, _, plain = name.rpartition(".")
    metadata = sa.MetaData()
    try:
        return sa.Table(
            plain,
            metadata,
            schema=schema or None,
            autoload_with=connection,
            resolve_fks=False,
            listeners=[("column_reflect", plainly)],
        )
    except sa.exc.NoSuchTableError:
        looked = sa.inspect(connection)
        known = sorted((*looked.get_table_names(schema or None), *looked.get_view_names(schema or None)))
        raise DataError(
            f"there is no table or view {name!r}", fix=f"set source.table to one of {', '.join(known)}"
        ) from None


def plainly(inspector: sa.Inspector, table: sa.Table, column: dict[str, Any]) -> None:
    """Take values as they are stored: one odd value must become a bad row, not the end of the read."""
    del table
    if inspector.dialect.name == "sqlite":  # any column may hold anything there
        column["type"] = sa.types.NullType()
    elif isinstance(column["type"], sa.Numeric) and not isinstance(column["type"], sa.Float):
        column["type"] = sa.Numeric(asdecimal=False)


def bound(kind: sa.types.TypeEngine[Any], mark: Mark, dialect: str) -> object:
    """A watermark as the column has it; where times are texts, one that sorts before every spelling of it."""
    if not isinstance(mark, str):
        return mark
    if not is_time(mark):
        return mark
    at = pd.Timestamp(mark)
    if dialect == "sqlite" or isinstance(kind, sa.String):
        return f"{at:%Y-%m-%d %H:%M:%S}"
    if isinstance(kind, sa.Date) and not isinstance(kind, sa.DateTime):
        return at.date()
    return (at.tz_localize("UTC") if getattr(kind, "timezone", False) else at).to_pydatetime()


def is_time(text: str) -> bool:
    """Whether the manifest's text is a time, and not a text that grows."""
    return bool(parse.time(pd.Series([text], dtype=object)).notna().all())


def before(
    kind: sa.types.TypeEngine[Any], until: datetime, dialect: str, mark: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Up to `until`; where times are texts, up to the end of that day."""
    if dialect == "sqlite" or isinstance(kind, sa.String):
        return mark < f"{until + DAY:%Y-%m-%d}"
    return mark <= bound(kind, until.isoformat(), dialect)
