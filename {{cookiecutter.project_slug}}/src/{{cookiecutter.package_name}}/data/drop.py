"""A folder into which files are dropped: each is read once, told by its content and not by its name or date."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError
from ..model.project import Project
from . import disk
from . import layout as layouts
from .manifest import Manifest, Mark, Taken
from .source import Unit


class UnreadableFileError(DataError):
    """A file that is not what its ending says."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} cannot be read: {problem}", fix="write it again")
        self.path = path


@dataclass(frozen=True)
class Drop:
    """The .csv and .parquet files that lie directly in `source.folder`, by name."""

    project: Project
    folder: Path
    batch_rows: int

    def since(self, manifest: Manifest) -> None:
        """Files have no watermark."""

    def units(self, manifest: Manifest) -> Generator[Unit]:
        """The files whose content was not taken yet."""
        if not self.folder.is_dir():
            raise DataError(f"source.folder {self.folder} is not a folder", fix="make it, or correct project.toml")
        done = {taken.sha256 for taken in manifest.taken if taken.complete}
        rows = {taken.sha256: taken.rows for taken in manifest.taken if not taken.complete}
        for path in sorted(it for it in self.folder.iterdir() if wanted(it)):
            sha256 = disk.sha256(path)
            if sha256 not in done:
                done.add(sha256)
                skip = rows.get(sha256, 0)
                yield Dropped(path, path.name, sha256, skip, self.batch_rows, layouts.columns(self.project))


def wanted(path: Path) -> bool:
    """Whether that is data: files that begin with a dot or end otherwise are still being written, or something else."""
    return path.suffix in (".csv", ".parquet") and not path.name.startswith(".") and path.is_file()


@dataclass(frozen=True)
class Dropped:
    """One file, from its row number `skip` on."""

    path: Path
    name: str
    sha256: str
    skip: int
    batch_rows: int
    columns: tuple[str, ...]
    rereads: bool = False

    def frames(self) -> Generator[pd.DataFrame]:
        """Frames of at most `batch_rows` rows. Raises `UnreadableFileError`; `DataError` when it changes meanwhile."""
        before, skip = self.stamp(), self.skip
        read = csv if self.path.suffix == ".csv" else parquet
        try:
            for frame in read(self.path, self.batch_rows, self.columns):
                if self.stamp() != before:
                    fix = "write it under another name or with a leading dot, and rename it when it is whole"
                    raise DataError(f"{self.path} changed while it was read", fix=fix)
                rest = frame.iloc[skip:]
                skip = max(skip - len(frame), 0)
                yield rest
        except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, pa.ArrowInvalid) as error:
            reason = str(error).strip().splitlines()[0]
            raise UnreadableFileError(self.path, reason) from None

    def stamp(self) -> tuple[int, int]:
        """Size and time of change: enough to see that somebody is writing."""
        found = self.path.stat()
        return found.st_size, found.st_mtime_ns

    def moved(self, manifest: Manifest, rows: int, mark: Mark, *, last: bool) -> Manifest:
        """The file's row count goes up by the batch."""
        del mark
        others = [taken for taken in manifest.taken if taken.sha256 != self.sha256]
        had = next((taken.rows for taken in manifest.taken if taken.sha256 == self.sha256), 0)
        now = Taken(sha256=self.sha256, path=self.name, rows=had + rows, complete=last)
        return manifest.having(taken=(*others, now))


def csv(path: Path, rows: int, columns: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """As text, so that no cell's type depends on its neighbours. Always gives a frame, if only of the header."""
    given = False
    with pd.read_csv(path, dtype=str, chunksize=rows, encoding="utf-8") as reader:
        for frame in reader:
            if not isinstance(frame.index, pd.RangeIndex):
                raise pd.errors.ParserError("its lines have more fields than its header")
            given = True
            yield frame[[name for name in columns if name in frame]]
    if not given:
        yield pd.read_csv(path, dtype=str, nrows=0, encoding="utf-8")


def parquet(path: Path, rows: int, columns: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """The declared columns. Always gives a frame, if only an empty one."""
    with pq.ParquetFile(path) as file:
        present = [name for name in columns if name in file.schema_arrow.names]
        if not file.metadata.num_rows:
            yield file.schema_arrow.empty_table().select(present).to_pandas()
        for batch in file.iter_batches(batch_size=rows, columns=present):
            yield batch.to_pandas()
