"""How far a job has come: a folder beside its output, with each finished chunk. A killed job goes on from there.

A chunk counts once its record is there, which is written last; a file whose digest is not the record's is made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...data import disk
from ...errors import DataError

JOB = "job.json"
SCORES, REJECTED, RECORD = "scores.parquet", "rejected.parquet", "record.json"


@dataclass(frozen=True)
class Done:
    """A finished chunk: how many rows of which kind, the digests of its two files, how long it took."""

    chunk: int
    scored: int
    rejected: int
    scores_sha256: str
    rejected_sha256: str
    seconds: float


@dataclass(frozen=True)
class Journal:
    """The folder of a job."""

    folder: Path

    def begin(self, job: dict[str, Any], *, fresh: bool) -> dict[int, Done]:
        """Go on with `job`, or begin it; gives what is done. Raises `DataError` where another job is there."""
        if fresh:
            self.end()
        before = self.read(JOB)
        if before is None:
            self.end()
            self.write(JOB, job)
            return {}
        differing = [name for name in job if before.get(name) != job[name]]
        if differing:
            wrong = f"{self.folder} holds a job that was not finished, with another {', '.join(differing)}"
            raise DataError(wrong, fix="finish that one as it was begun, or begin anew with --fresh")
        found = (self.read(path.name) for path in sorted(self.folder.glob(f"*-{RECORD}")))
        records = [Done(**it) for it in found if it is not None]
        return {it.chunk: it for it in records if self.whole(it)}

    def whole(self, it: Done) -> bool:
        """Whether a chunk's files are as they were recorded."""
        parts = ((SCORES, it.scores_sha256), (REJECTED, it.rejected_sha256))
        paths = [(self.path(it.chunk, name), digest) for name, digest in parts]
        return all(path.is_file() and disk.sha256(path) == digest for path, digest in paths)

    def finish(self, chunk: int, scores: pa.Table, rejected: pa.Table, seconds: float) -> Done:
        """Keep a chunk: its files first, then the record that says so."""
        digests = []
        for name, rows in ((SCORES, scores), (REJECTED, rejected)):
            data = encoded(rows)
            disk.write(self.path(chunk, name), data)
            digests.append(hashlib.sha256(data).hexdigest())
        done = Done(chunk, len(scores), len(rejected), digests[0], digests[1], round(seconds, 3))
        self.write(self.path(chunk, RECORD).name, asdict(done))
        return done

    def path(self, chunk: int, name: str) -> Path:
        return self.folder / f"{chunk:06d}-{name}"

    def parts(self, name: str, chunks: int) -> list[Path]:
        """The files of one kind of all chunks, in order."""
        return [self.path(chunk, name) for chunk in range(chunks)]

    def read(self, name: str) -> dict[str, Any] | None:
        """A record; None where there is none that can be read."""
        try:
            found = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return dict(found)

    def write(self, name: str, content: dict[str, Any]) -> None:
        disk.write(self.folder / name, json.dumps(content, indent=2).encode() + b"\n")

    def end(self) -> None:
        """Forget the job, but for the lock that this process holds."""
        for path in self.folder.iterdir() if self.folder.exists() else ():
            if path.name != ".lock":
                path.unlink()

    def remove(self) -> None:
        """The whole folder, when all is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def encoded(rows: pa.Table) -> bytes:
    """The bytes of a Parquet file: the same rows, the same bytes."""
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()
