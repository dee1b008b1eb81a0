"""A batch job: chunk by chunk through the checks and the scorer, each kept when it is done, joined at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...clock import Clock
from ...data import lock
from ...errors import DataError
from ...model import handoff
from ...model.messages import choices
from ...service.records import Requests
from ...service.served import Served
from . import checked, journal, output
from .journal import Done, Journal
from .offline import Offline
from .output import Places
from .source import Chunk, Source

CHUNK = 50_000
EVERY = 1.0  # seconds between two lines of progress
Echo = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """What is scored, by what, to where. `offline` has the features that the table lacks."""

    table: Source
    scores: Path
    served: Served
    version: str
    keep: tuple[str, ...] = ()
    chunk: int = CHUNK
    offline: Offline | None = None

    def described(self) -> dict[str, Any]:
        """What must be the same for a job to be gone on with."""
        sets = [it.digest for it in self.offline.sets] if self.offline else []
        return {
            "input": self.table.described,
            "columns": list(self.table.columns),
            "model": self.served.digest,
            "kept columns": list(self.keep),
            "chunk": self.chunk,
            "features": sets,
            "pyarrow": pa.__version__,
        }


@dataclass(frozen=True)
class Summary:
    """What a job came to; `resumed` chunks were done by a run before this one."""

    version: str
    model_sha256: str
    input: list[str]
    output: str
    rejected_to: str
    rows: int
    scored: int
    rejected: int
    chunks: int
    resumed: int
    features_looked_up: list[str]
    started: str
    ended: str
    seconds: float

    @property
    def sentence(self) -> str:
        rate = f", {self.rows / self.seconds:,.0f} a second" if self.seconds and not self.resumed else ""
        aside = f"; {self.rejected:,} rows were set aside, see {self.rejected_to}" if self.rejected else ""
        again = f" ({self.resumed} of {self.chunks} chunks were done before)" if self.resumed else ""
        return f"{self.scored:,} rows scored in {self.seconds:.1f} s{rate}{again}: {self.output}{aside}"


def run(job: Job, clock: Clock, echo: Echo, *, fresh: bool = False) -> Summary:
    """Score the whole table; what a killed run has done is not done again.

    Raises `DataError`, before anything is written, for a table or an output that will not do.
    """
    places, started, began = Places(job.scores), clock.now(), time.perf_counter()
    if job.scores.suffix not in (".csv", ".parquet"):
        raise DataError(f"{job.scores} ends in {job.scores.suffix!r}", fix="name a .csv or .parquet file")
    complete(job)
    names = output.kept(job.served.schema, job.table.columns, job.keep)
    book = Journal(places.work)
    with lock.held(places.work):
        before = book.begin(job.described(), fresh=fresh)
        places.summary.unlink(missing_ok=True)  # it says that a job has ended
        done = work(job, names, book, before, Progress(echo))
        if not done:
            raise DataError(f"{job.table.files[0]} holds no rows", fix="export it again")
        written = {"version": job.version, "model_sha256": job.served.digest}
        output.write(book.parts(journal.REJECTED, len(done)), places.rejected, {})
        output.write(book.parts(journal.SCORES, len(done)), places.scores, written)
        ended, seconds = clock.now().isoformat(), time.perf_counter() - began
        found = summarised(job, places, done, len(before), (started.isoformat(), ended), seconds)
        handoff.write_json(places.summary, asdict(found))
    book.remove()
    return found


def complete(job: Job) -> None:
    """Raises `DataError` for the first input that the table does not have."""
    there = {*job.table.columns, *(job.offline.wanted if job.offline else ())}
    for name in job.served.schema.inputs:
        if name not in there:
            raise DataError(f"the table has no column {name!r}", fix=choices(name, job.table.columns))


def work(job: Job, names: tuple[str, ...], book: Journal, before: dict[int, Done], progress: Progress) -> list[Done]:
    """All chunks in order: those that are done are passed over, the others scored."""
    requests, done = Requests(job.served.schema, job.chunk), []
    for chunk in job.table.chunks(job.chunk):
        done.append(before.get(chunk.number) or one(job, chunk, names, book, requests))
        progress.tell(chunk.done, done)
    return done


def one(job: Job, chunk: Chunk, names: tuple[str, ...], book: Journal, requests: Requests) -> Done:
    """Score one chunk and keep it."""
    began = time.perf_counter()
    looked_up = job.offline.values(chunk.rows) if job.offline else {}
    scored = checked.score(chunk, looked_up, job.served, requests)
    answers = checked.answers(scored, job.served)
    table, aside = output.scores(chunk, scored, names, answers), output.rejected(chunk, scored)
    return book.finish(chunk.number, table, aside, time.perf_counter() - began)


@dataclass
class Progress:
    """A line now and then."""

    echo: Echo
    began: float = field(default_factory=time.perf_counter)
    told: float = 0.0

    def tell(self, share: float, done: list[Done]) -> None:
        now = time.perf_counter() - self.began
        if now - self.told < EVERY and share < 1:
            return
        self.told = now
        rows, aside = sum(it.scored + it.rejected for it in done), sum(it.rejected for it in done)
        self.echo(f"{share:4.0%}  {rows:,} rows, {aside:,} set aside, {now:.0f} s")


def summarised(
    job: Job, places: Places, done: list[Done], resumed: int, when: tuple[str, str], seconds: float
) -> Summary:
    """What the summary's file says."""
    scored, aside = sum(it.scored for it in done), sum(it.rejected for it in done)
    return Summary(
        version=job.version,
        model_sha256=job.served.digest,
        input=[path.as_posix() for path in job.table.files],
        output=places.scores.as_posix(),
        rejected_to=places.rejected.as_posix(),
        rows=scored + aside,
        scored=scored,
        rejected=aside,
        chunks=len(done),
        resumed=resumed,
        features_looked_up=sorted(job.offline.wanted) if job.offline else [],
        started=when[0],
        ended=when[1],
        seconds=round(seconds, 3),
    )
