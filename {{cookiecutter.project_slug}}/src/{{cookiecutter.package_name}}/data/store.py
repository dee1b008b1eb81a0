"""The landed folder while a run changes it: a batch is judged, its rows are merged, and the manifest is swapped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pandas as pd

from ..clock import Clock
from ..model.frame import MANIFEST
from ..model.project import Project
from . import disk, leftovers, merge, partition, quarantine, suite
from . import history as histories
from . import judge as judges
from . import layout as layouts
from . import manifest as manifests
from .drop import UnreadableFileError
from .gate import Gate
from .history import History
from .judge import Judged
from .layout import Layout
from .manifest import Batch, By, Held, Manifest, Mark, Retired
from .source import Unit

NEXT = "manifest.next.json"  # what a rebuild commits to until it has read all
KEEP = timedelta(days=30)


@dataclass(frozen=True)
class Done:
    """A commit, what it put into the quarantine, and where that is."""

    manifest: Manifest
    held: tuple[str, ...]
    place: Path


@dataclass
class Store:
    """One run's view of `root`, whose lock the caller holds; `manifest` is always what is committed."""

    root: Path
    project: Project
    clock: Clock
    gate: Gate
    keep: timedelta = KEEP
    by: By | None = None
    rebuild: bool = False
    layout: Layout | None = None

    def __post_init__(self) -> None:
        """Load what is committed, and remove what a killed run left behind."""
        current = manifests.load(self.root)
        begun = manifests.load(self.root, NEXT) if self.rebuild else Manifest()
        if not self.rebuild:
            (self.root / NEXT).unlink(missing_ok=True)
        leftovers.sweep(self.root, [current, begun])
        self.manifest = current
        if self.rebuild:
            self.manifest = begun if begun.number else Manifest(number=current.number)
        if self.manifest.columns:
            self.laid_out(None)

    def close(self) -> Manifest:
        """End the run: a rebuild takes the place of what was there, whose files are kept for a while."""
        if self.rebuild and (self.root / NEXT).exists():
            old, live = manifests.load(self.root), {file.path for file in self.manifest.files}
            gone = (Retired(path=file.path, at=self.now()) for file in old.files)
            retired = tuple(it for it in (*old.retired, *gone) if it.path not in live)
            self.manifest = self.manifest.having(retired=retired)
            disk.write(self.root / MANIFEST, manifests.encode(self.manifest.model_dump(mode="json")))
            (self.root / NEXT).unlink()
            leftovers.sweep(self.root, [self.manifest])
        return self.manifest

    def now(self) -> str:
        """The time of a record."""
        return self.clock.now().isoformat(timespec="seconds")

    def laid_out(self, first: pd.DataFrame | None) -> Layout:
        """The layout, told by the first rows where nothing is landed."""
        if self.layout is None:
            self.layout = layouts.resolve(self.project, self.manifest, first)
        return self.layout

    def history(self) -> History:
        """What is landed, in figures."""
        return histories.of(self.manifest, self.laid_out(None), self.clock.now())

    def judge(self, parsed: pd.DataFrame, *, strict: bool = False) -> Judged:
        """Put parsed rows (index 0, 1, 2 ...) before the gate."""
        return judges.judge(parsed, self.project, self.laid_out(None), self.history(), self.gate, strict=strict)

    def take(self, parsed: pd.DataFrame, unit: Unit, *, last: bool) -> Done:
        """Judge a batch, land what is good, set the rest aside, and commit that it was read."""
        if self.layout is None:
            parsed = self.laid_out(parsed).parsed(parsed)
        started, found = self.now(), self.judge(parsed)
        moved = unit.moved(self.manifest, len(parsed), self.marks(parsed)[1], last=last)
        held = self.set_aside(parsed, found, unit.name)
        left_out = len(parsed) if found.refused else len(found.bad)
        return self.land(parsed, found, moved, unit.name, started=started, held=held, left_out=left_out)

    def land(
        self,
        parsed: pd.DataFrame,
        found: Judged,
        moved: Manifest,
        source: str,
        *,
        started: str,
        held: dict[str, Held] | None = None,
        left_out: int = 0,
        released: str | None = None,
    ) -> Done:
        """Write the partitions that change, then commit. A released row gives way to a landed one of the same age."""
        layout = self.laid_out(None)
        by = moved.partition or self.by or (partition.choose(found.good[layout.timestamp]) if len(found.good) else None)
        if len(found.good):
            moved = moved.having(partition=by, columns=dict(layout.types), identity=layout.key)
        matched = merge.match(found.good, self.root, self.manifest, layout, late=released is None)
        incoming = found.good[matched.new | matched.changed]
        start, end = self.marks(parsed)
        batch = Batch(
            id=self.manifest.next_id,
            source=source,
            start=start,
            end=end,
            read=len(parsed),
            new=int(matched.new.sum()),
            changed=int(matched.changed.sum()),
            duplicate=0 if found.refused else found.repeats + int(matched.known.sum()),
            quarantined=left_out,
            started=started,
            finished=self.now(),
            suite=suite.digest(self.project, layout),
            released_from=released,
        )
        moved = moved.having(
            files=partition.rewrite(self.root, moved, layout, incoming, matched.replaced),
            categories=histories.widened(moved, layout, incoming),
        )
        return self.commit(moved, batch, held or {})

    def marks(self, parsed: pd.DataFrame) -> tuple[Mark, Mark]:
        """The least and greatest watermark of parsed rows, of those that have one."""
        values = histories.sane(parsed, self.laid_out(None), self.history().horizon)
        return layouts.mark(values.min()), layouts.mark(values.max())

    def set_aside(self, parsed: pd.DataFrame, found: Judged, source: str) -> dict[str, Held]:
        """Write the quarantine's entry, if there is anything to put there."""
        if not found.refused and not found.bad:
            return {}
        rows = parsed if found.refused else parsed.loc[sorted(found.bad)]
        dated = histories.sane(rows, self.laid_out(None), self.history().horizon)
        entry = Held(
            whole=found.refused,
            rows=len(rows),
            batch_rows=len(parsed),
            source=source,
            at=self.now(),
            why=found.why(len(parsed)),
            marks=(layouts.mark(dated.min()), layouts.mark(dated.max())),
            edge=len(dated) < len(rows),
        )
        quarantine.put(self.root, self.manifest.next_id, entry, rows, found.bad, found.verdicts)
        return {self.manifest.next_id: entry}

    def refuse_file(self, unit: Unit, error: UnreadableFileError) -> Done:
        """Set a file aside that is not what its ending says."""
        name, now = self.manifest.next_id, self.now()
        entry = Held(source=unit.name, at=now, why=(error.problem.replace(str(error.path), unit.name),))
        quarantine.put_file(self.root, name, entry, error.path)
        batch = Batch(id=name, source=unit.name, started=now, finished=self.now())
        return self.commit(unit.moved(self.manifest, 0, None, last=True), batch, {name: entry})

    def commit(self, after: Manifest, batch: Batch, held: dict[str, Held]) -> Done:
        """Swap the manifest; then drop the files that no state needs that is kept."""
        live = {file.path for file in after.files}
        gone = [Retired(path=file.path, at=self.now()) for file in self.manifest.files if file.path not in live]
        retired = [it for it in (*after.retired, *gone) if it.path not in live]
        kept = [it for it in retired if self.young(it)]
        after = after.having(
            number=self.manifest.number + 1,
            retired=tuple(kept),
            quarantine={**after.quarantine, **held},
            batches=(*after.batches, batch),
        )
        self.manifest = manifests.commit(self.root, self.manifest, after, NEXT if self.rebuild else MANIFEST)
        if not self.manifest.columns:  # bad rows alone do not tell the types for good
            self.layout = None
        for it in retired:
            if it not in kept:
                leftovers.drop(self.root / it.path)
        return Done(self.manifest, tuple(held), quarantine.folder(self.root))

    def record(self, name: str, decided: Held) -> None:
        """Commit what was decided about an entry, where nothing lands."""
        entries = {**self.manifest.quarantine, name: decided}
        self.manifest = manifests.commit(self.root, self.manifest, self.manifest.having(quarantine=entries))

    def young(self, retired: Retired) -> bool:
        """Whether a replaced file is still kept."""
        return bool(self.clock.now() - pd.Timestamp(retired.at).to_pydatetime() < self.keep)
