"""Level 1's part of `mlops demo`, for the data pipeline: gather, gather again, late labels, a bad batch, training."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from ..errors import DataError
from ..model import corrupt, project, sample, train
from ..model import frame as frames
from ..model.project import Project
from ..story import Chapter, Figure, Stage, Told
from . import decide, ingest, landed, plots, quarantine
from . import manifest as manifests
from .ingest import Options, Outcome

DAY = timedelta(days=1)
NEEDED = 3 * DAY  # of the sample's time that these chapters may use


def root_of(stage: Stage) -> Path:
    """The landed folder."""
    return stage.root / "data" / "landed"


def settings_of(stage: Stage) -> Project:
    """The project's settings."""
    return project.load(stage.root / "project.toml")


def on_sample(settings: Project) -> bool:
    """Whether the source is the sample's, which may be moved on and spoilt."""
    return settings.source.url == sample.URL


def run(stage: Stage, settings: Project, **options: object) -> Outcome:
    """An ingest of the stage's source."""
    chosen = Options(**options)  # type: ignore[arg-type]
    return ingest.run(settings, root_of(stage), chosen, base=stage.root, clock=stage.clock)


def must(held: bool, problem: str) -> None:
    """A chapter that does not show what it promises fails the demo."""
    if not held:
        raise DataError(problem, fix="look at data/landed/manifest.json and `mlops quarantine list`")


def gather(stage: Stage) -> Told:
    """Everything lands once; the second run finds nothing."""
    settings, root = settings_of(stage), root_of(stage)
    if on_sample(settings):
        rewind(stage)
    first = run(stage, settings, rebuild=on_sample(settings))
    must(first.manifest.rows > 0, "nothing was landed")
    before = (root / frames.MANIFEST).read_bytes()
    second = run(stage, settings)
    must(second.batches == 0 and (root / frames.MANIFEST).read_bytes() == before, "a second run changed something")
    must(landed.verify(root) == [], "a landed file is not as it was written")
    figures: dict[str, Figure] = {
        "rows landed": first.manifest.rows,
        "files": len(first.manifest.files),
        "rows set aside": first.quarantined,
        "seconds, expectations included": round(first.seconds, 2),
        "second run": second.sentence(),
        "seconds of the second run": round(second.seconds, 2),
    }
    text = (
        "One command read the source, put every batch before the Great Expectations suite of project.toml, and landed "
        "it as partitioned Parquet with a manifest. Run again, it changed no byte."
    )
    return Told(text, figures)


def rewind(stage: Stage) -> None:
    """Make the sample anew where it has not enough time left for these chapters."""
    db = stage.root / sample.DATABASE
    city, until = sample.world(db)
    if city.end - until < NEEDED:
        db.unlink()
        sample.fill(db, city.rows, city.seed, weeks=city.weeks, at=city.end - timedelta(weeks=1))


def move_on(stage: Stage) -> datetime:
    """A day passes in the sample; gives the time."""
    db = stage.root / sample.DATABASE
    at = sample.world(db)[1] + DAY
    sample.until(db, at)
    return at


def come_late(stage: Stage) -> Told:
    """A day passes: new trips, and labels of trips that were landed without."""
    settings = settings_of(stage)
    if not on_sample(settings):
        told = "Rows that change, such as a label that comes late, replace their landed version by table.key."
        return Told(told, {"table.key": ", ".join(settings.table.key) or "none: rows are told apart by all columns"})
    target = settings.table.target
    missing = int(landed.read(root_of(stage))[target].isna().sum())
    move_on(stage)
    done = run(stage, settings)
    must(done.new > 0 and done.changed > 0, f"a day brought {done.new} new and {done.changed} changed rows")
    figures: dict[str, Figure] = {
        "landed without a label before": missing,
        "new rows": done.new,
        "changed rows": done.changed,
        "partitions": len(done.manifest.files),
        "seconds": round(done.seconds, 2),
    }
    text = (
        "A day later the pipeline read only what had changed since its watermark. Labels that became known replaced "
        "the landed rows; their partitions were written anew, the old files are kept for a while."
    )
    return Told(text, figures)


def go_bad(stage: Stage) -> Told:
    """A batch goes bad: it is set aside with its page, the good one lands."""
    settings = settings_of(stage)
    return spoil_sample(stage, settings) if on_sample(settings) else spoil_copy(stage, settings)


def spoil_sample(stage: Stage, settings: Project) -> Told:
    """The source writes units behind its numbers for half a day, is corrected, and its rows come again."""
    root, at = root_of(stage), move_on(stage)
    since = manifests.load(root).watermark
    cut, fresh = halfway(stage, str(since))
    spoilt = write(stage, "UPDATE trips SET distance_km = distance_km || ' km' WHERE updated_at > ?", cut)
    done = run(stage, settings, batch_rows=fresh - spoilt)
    must(done.new > 0 and done.quarantined > 0, f"{done.new} new rows, {done.quarantined} in quarantine")
    picture = plots.landed_and_held(root, settings.table.timestamp, stage.root / "reports" / "landed.png")
    pages = shown(root, done)
    mend = "UPDATE trips SET distance_km = CAST(distance_km AS REAL), updated_at = ? WHERE distance_km LIKE '% km'"
    mended = write(stage, mend, sample.text(at + timedelta(seconds=1)))
    again = run(stage, settings)
    must(again.quarantined == 0 and again.new + again.changed >= mended, "the corrected rows did not land")
    for name in done.held:
        decide.drop(settings, root, name, decide.Decision("demo", "corrected in the source, landed since"))
    figures: dict[str, Figure] = {
        "rows spoilt in the source": spoilt,
        "rows in quarantine": done.quarantined,
        "good rows landed by the same run": done.new + done.changed,
        "rows landed after the source was corrected": again.new + again.changed,
        "waiting now": len(manifests.load(root).held()),
        **pages,
    }
    text = (
        "For half a day the source wrote '3.2 km' where a number belongs. These batches went to quarantine with the "
        "reason in words and the Data Docs page, the good ones landed. The source was corrected, and they came again."
    )
    return Told(text, figures, (picture,))


def shown(root: Path, done: Outcome) -> dict[str, Figure]:
    """The first entry's reason and page, which must be there."""
    folder = quarantine.folder(root) / done.held[0]
    pages = sorted(folder.glob("*.html"))
    must(bool(pages) and (folder / quarantine.REASON).exists(), f"{folder} has no page")
    return {"reason": "; ".join(done.manifest.quarantine[done.held[0]].why), "page": pages[0].name}


def halfway(stage: Stage, since: str) -> tuple[str, int]:
    """(change time in the middle of what is new, number of new rows), as the sample's database writes times."""
    query = "SELECT updated_at FROM trips WHERE updated_at > ? ORDER BY updated_at"
    with closing(sqlite3.connect(stage.root / sample.DATABASE)) as connection:
        times = [row[0] for row in connection.execute(query, (since.replace("T", " "),))]
    must(len(times) > 10, f"a day brought {len(times)} rows")
    return times[len(times) // 2], len(times)


def write(stage: Stage, statement: str, value: str) -> int:
    """Change the sample's database; gives the number of rows."""
    with closing(sqlite3.connect(stage.root / sample.DATABASE)) as connection, connection:
        return connection.execute(statement, (value,)).rowcount


def spoil_copy(stage: Stage, settings: Project) -> Told:
    """The user's own rows, spoilt in a copy: their source is not touched."""
    rows = frames.ordered(landed.read(root_of(stage)), settings).tail(2000)
    column = next(iter(settings.of_kind("numeric")), settings.table.timestamp)
    half = len(rows) // 2
    with tempfile.TemporaryDirectory() as scratch:
        drop, root = Path(scratch, "drop"), Path(scratch, "landed")
        frames.write(rows.iloc[:half], drop / "1-good.parquet")
        frames.write(corrupt.corrupt(rows.iloc[half:], "type-change", 0, column).astype({column: str}), drop / "2.csv")
        source = settings.source.model_copy(update={"url": None, "table": None, "folder": str(drop)})
        own = settings.model_copy(update={"source": source})
        done = ingest.run(own, root, base=Path(scratch), clock=stage.clock)
        must(done.new > 0 and done.quarantined > 0, f"{done.new} new rows, {done.quarantined} in quarantine")
        pages = shown(root, done)
    figures: dict[str, Figure] = {"rows landed": done.new, "rows in quarantine": done.quarantined, **pages}
    return Told(f"In a copy of your latest rows {column!r} changed its type: refused, while good rows landed.", figures)


def learn(stage: Stage) -> Told:
    """The landed folder is a table to learn from, and nobody exported it by hand."""
    settings, root = settings_of(stage), root_of(stage)
    done = train.run(settings.schema_only, root, stage.root / "handoff")
    name = settings.metric.name
    figures: dict[str, Figure] = {
        "rows with a label": done.rows,
        f"{name}, model": done.evaluation.model[name] or 0.0,
        f"{name}, naive baseline": done.evaluation.baseline[name] or 0.0,
        "state of the data": manifests.load(root).state[:16],
    }
    return Told("The model was trained on data/landed, in the state that the manifest names.", figures)


CHAPTERS = [
    Chapter("The data pipeline", gather),
    Chapter("Late labels", come_late),
    Chapter("A bad batch", go_bad),
    Chapter("Training on landed rows", learn),
]
