"""`mlops ingest`: what came since the last run -> checked -> landed, batch by batch, each batch one commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ..clock import Clock, SystemClock
from ..model.project import Project
from . import layout as layouts
from . import lock, merge, parse, quarantine, store
from .drop import UnreadableFileError
from .gate import Gate, GreatExpectations
from .history import History
from .judge import unfit
from .layout import Layout
from .manifest import By, Manifest, Mark
from .source import Source, Unit, open_source

BATCH_ROWS = 100_000
Echo = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How to read and keep. `overlap` None: `source.late`, or five minutes where the watermark is a change time."""

    until: datetime | None = None
    batch_rows: int = BATCH_ROWS
    overlap: timedelta | None = None
    keep: timedelta = store.KEEP
    by: By | None = None
    rebuild: bool = False


@dataclass
class Outcome:
    """What a run did, in rows: `read` = new + changed + duplicate + quarantined; `known` were read before."""

    read: int = 0
    new: int = 0
    changed: int = 0
    duplicate: int = 0
    quarantined: int = 0
    known: int = 0
    batches: int = 0
    seconds: float = 0.0
    held: list[str] = field(default_factory=list)
    manifest: Manifest = field(default_factory=Manifest)

    def add(self, done: store.Done) -> None:
        """Count a commit."""
        batch = done.manifest.batches[-1]
        for name in ("read", "new", "changed", "duplicate", "quarantined"):
            setattr(self, name, getattr(self, name) + getattr(batch, name))
        self.batches += 1
        self.held += done.held
        self.manifest = done.manifest

    def sentence(self) -> str:
        """The summary line."""
        again = f" ({self.known:,} rows read before)" if self.known else ""
        waiting = len(self.manifest.held())
        return self.counts(again) + (f"; in quarantine: {waiting} to decide on" if waiting else "")

    def counts(self, again: str) -> str:
        """The rows in words."""
        if not self.batches:
            return f"nothing new{again}; {self.manifest.rows:,} rows are landed, unchanged"
        counts = {it: getattr(self, it) for it in ("new", "changed", "duplicate", "quarantined")}
        told = ", ".join(f"{count:,} {it}" for it, count in counts.items())
        took = f"in {self.batches} {'batch' if self.batches == 1 else 'batches'}, {self.seconds:.1f} s{again}"
        return f"{told} rows {took}; {self.manifest.rows:,} rows are landed"


def run(
    project: Project,
    root: Path,
    options: Options | None = None,
    *,
    base: Path = Path(),
    clock: Clock | None = None,
    gate: Gate | None = None,
    echo: Echo = lambda _: None,
) -> Outcome:
    """Gather what is new into `root`. Killed at any point it leaves the last commit, and the next run goes on there.

    Raises `DataError` where the source cannot be read, and `ProjectError` where it is not as `project.toml` says.
    """
    chosen = options or Options()
    started = time.perf_counter()
    source = open_source(project, base, chosen.batch_rows, chosen.overlap, naive(chosen.until))
    with lock.held(root):
        judge, now = gate or GreatExpectations(), clock or SystemClock()
        landing = store.Store(root, project, now, judge, chosen.keep, chosen.by, chosen.rebuild)
        outcome = Outcome(manifest=landing.manifest)
        with closing(source.units(landing.manifest)) as units:
            for unit in units:
                gather(landing, source, unit, outcome, chosen.batch_rows, echo)
        outcome.manifest = landing.close()
    outcome.seconds = time.perf_counter() - started
    return outcome


def naive(at: datetime | None) -> datetime | None:
    """A time as the landed rows have it: UTC without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None) if at is not None and at.tzinfo else at


def gather(landing: store.Store, source: Source, unit: Unit, outcome: Outcome, size: int, echo: Echo) -> None:
    """Take one unit, batch by batch."""
    since = source.since(landing.manifest)
    try:
        with closing(unit.frames()) as raw:
            frames = fresh(landing, raw, outcome, since) if unit.rereads else parsed(landing, raw)
            for batch, last in batches(frames, size, rereads=unit.rereads):
                done = landing.take(batch, unit, last=last)
                outcome.add(done)
                echo(line(done))
    except UnreadableFileError as error:
        done = landing.refuse_file(unit, error)
        outcome.add(done)
        echo(line(done))


def line(done: store.Done) -> str:
    """A commit for people who watch."""
    batch = done.manifest.batches[-1]
    told = f"batch {batch.id} from {batch.source}: {batch.read:,} rows, {batch.new:,} new, {batch.changed:,} changed"
    return f"{told}, {batch.quarantined:,} quarantined" + (f" -> {done.place}" if done.held else "")


def parsed(landing: store.Store, raw: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Frames as values of the layout's types; the first tells what `project.toml` leaves open."""
    for frame in raw:
        yield landing.laid_out(frame).parsed(frame.reset_index(drop=True))


def fresh(landing: store.Store, raw: Iterator[pd.DataFrame], outcome: Outcome, since: Mark) -> Iterator[pd.DataFrame]:
    """Parsed frames without the rows that were landed or quarantined by an earlier run."""
    committed = landing.manifest
    seen = quarantine.seen(landing.root, committed, since)
    for frame in parsed(landing, raw):
        layout = landing.laid_out(None)
        known = rereadable(frame, layout, committed, landing.history())
        if known.any():
            known[known] = was_read(frame[known], landing.root, committed, layout, seen)
            outcome.known += int(known.sum())
        yield frame[~known]


def rereadable(parsed: pd.DataFrame, layout: Layout, committed: Manifest, history: History) -> merge.Mask:
    """Which rows an earlier run may have read: up to the committed watermark, without one, or from the future."""
    kind = layout.types[layout.watermark]
    marks = parsed[layout.watermark]
    odd = (marks.isna() | parse.unread(marks, kind)).to_numpy(dtype=bool)
    out: merge.Mask = odd.copy()
    values = marks[~odd].astype(layouts.MEMORY[kind])
    again = np.zeros(len(values), dtype=bool)
    if committed.watermark is not None:
        again |= (values <= layouts.marked(committed.watermark, kind)).to_numpy(dtype=bool)
    if kind == "timestamp":
        again |= (values > pd.Timestamp(history.horizon)).to_numpy(dtype=bool)
    out[~odd] = again
    return out


def was_read(rows: pd.DataFrame, root: Path, committed: Manifest, layout: Layout, seen: set[str]) -> merge.Mask:
    """Which of some rows are landed as they are, or newer, or are in the quarantine."""
    known = np.zeros(len(rows), dtype=bool)
    fit = ~rows.index.isin(unfit(rows, layout))
    known[fit] = merge.match(layout.rows(rows[fit]), root, committed, layout).known
    if seen and not known.all():
        rest = ~known
        known[rest] = [it in seen for it in quarantine.fingerprints(rows[rest])]
    return known


def batches(frames: Iterator[pd.DataFrame], size: int, *, rereads: bool) -> Iterator[tuple[pd.DataFrame, bool]]:
    """Frames of any length -> (batch of `size` rows, whether it is the last).

    Where the batches end depends on the rows that are new and not on where a killed run left off. A file gives at least
    one batch, so that an empty one is noticed; a table that has nothing new gives none.
    """
    waiting: pd.DataFrame | None = None
    for frame in frames:
        waiting = frame if waiting is None or waiting.empty else pd.concat([waiting, frame], ignore_index=True)
        while len(waiting) > size:
            yield waiting.iloc[:size].reset_index(drop=True), False
            waiting = waiting.iloc[size:]
    if waiting is not None and (len(waiting) or not rereads):
        yield waiting.reset_index(drop=True), True
