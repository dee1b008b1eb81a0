"""Where rows come from: a database's table or view, or a folder into which files are dropped."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import pandas as pd

from ..errors import ProjectError
from ..model.project import Project
from .manifest import Manifest, Mark

URL = "MLOPS_SOURCE_URL"
COMMITS = timedelta(minutes=5)  # how long a transaction may take between a row's change time and its commit


class Unit(Protocol):
    """Rows that are read in one go: what a table has new, or one file. A batch never spans two units."""

    @property
    def name(self) -> str:
        """The table, or the file's path in its folder."""

    @property
    def rereads(self) -> bool:
        """Whether it may give rows that an earlier run has read."""

    def frames(self) -> Generator[pd.DataFrame]:
        """The rows in an order that is the same each time."""

    def moved(self, manifest: Manifest, rows: int, mark: Mark, *, last: bool) -> Manifest:
        """The manifest after `rows` rows were read, up to the watermark `mark`: where the next read starts."""


class Source(Protocol):
    """Gives what came since the last commit."""

    def units(self, manifest: Manifest) -> Generator[Unit]: ...

    def since(self, manifest: Manifest) -> Mark:
        """The watermark from which it reads again; None for everything, or where it has none."""


def open_source(
    project: Project, base: Path, batch_rows: int, overlap: timedelta | None, until: datetime | None
) -> Source:
    """The source that `project.toml` names; relative paths are relative to `base`."""
    url = os.environ.get(URL) or project.source.url
    if url is not None:
        from .database import Database

        event_time = project.source.watermark in (None, project.table.timestamp)
        again = overlap if overlap is not None else project.source.late if event_time else COMMITS
        return Database(project, expanded(url), base, batch_rows, again, until)
    from .drop import Drop

    if until is not None:
        fix = "leave --until out, or put the files there one after another"
        raise ProjectError("source.folder is read a whole file at a time, and --until was given", fix=fix)
    return Drop(project, base / str(project.source.folder), batch_rows)


def expanded(url: str) -> str:
    """`url` with each `${NAME}` replaced by that environment variable."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise ProjectError(f"source.url names ${{{match[1]}}}, which is not set", fix=f"set {match[1]}, or {URL}")
        return found

    return re.sub(r"\$\{(\w+)\}", value, url)
