"""Level 0's part of `mlops demo`: the data, the training, the hand-off, a table scored by hand."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from ..errors import MlopsError, ModelError
from ..story import Chapter, Figure, Stage, Told
from . import describe, handoff, project, sample, score, train
from . import frame as frames

PACKAGE = __name__.split(".")[0]
SEED = 7
HELD_BACK = timedelta(weeks=1)  # of the sample, so that layers above have a time to come


def gather(stage: Stage) -> Told:
    """The sample where project.toml still points at it and there is no file yet; else the table that is there."""
    settings = project.load(stage.root / "project.toml")
    path = stage.root / settings.table.path
    if settings.source.url == sample.URL:
        db = stage.root / sample.DATABASE
        if not db.exists():
            city = sample.City(stage.rows, SEED)
            sample.fill(db, city.rows, city.seed, at=city.end - HELD_BACK)
        if not path.exists():
            return export_sample(db, path)
    return look_at(settings, path)


def export_sample(db: Path, path: Path) -> Told:
    """What a person would export of the city so far."""
    city, until = sample.world(db)
    figures: dict[str, Figure] = {"trips exported": sample.export(db, path), "until": until.isoformat()}
    text = (
        "A simulated city's taxis filled an operational database, in which labels and some rows arrive late. "
        f"A person exported the trips whose duration is known. By {city.end:%Y-%m-%d} there will be {city.rows:,}."
    )
    return Told(text, figures)


def look_at(settings: project.Project, path: Path) -> Told:
    """The user's own table."""
    found = describe.propose(path, settings.table.target, shown_path=settings.table.path)
    leaks = [name for name in found.leaking if name in settings.columns]
    if leaks:
        raise MlopsError(
            f"[columns] holds {', '.join(leaks)}, from which {settings.table.target!r} can be computed",
            fix="remove them from project.toml: they will not be known when a prediction is needed",
        )
    figures: dict[str, Figure] = {"rows": found.rows, "columns": found.width, "features": len(settings.columns)}
    if found.leaking:
        figures["left out: gives the target away"] = ", ".join(found.leaking)
    return Told(f"The table is {settings.table.path}; project.toml says what is true of it.", figures)


def learn(stage: Stage) -> Told:
    """Train, and say how the model did on rows that came after."""
    schema = project.load(stage.root / "project.toml").schema_only
    done = train.run(schema, stage.root / schema.table.path, stage.root / "handoff")
    name = schema.metric.name
    figures: dict[str, Figure] = {
        "rows": done.rows,
        "estimator": schema.training.estimator,
        f"{name}, model": done.evaluation.model[name] or 0.0,
        f"{name}, naive baseline": done.evaluation.baseline[name] or 0.0,
        "verdict": done.evaluation.verdict,
        "seconds": round(done.seconds, 2),
    }
    pictures = tuple(sorted((done.folder / handoff.PLOTS).glob("*.png")))
    return Told(f"{done.evaluation.sentence} Each run overwrites the last: nothing is tracked.", figures, pictures)


def hand_over(stage: Stage) -> Told:
    """Another process loads the folder and nothing else, and gets the recorded answers."""
    command = [sys.executable, "-m", PACKAGE, "handoff", "check", "handoff"]
    found = subprocess.run(command, cwd=stage.root, capture_output=True, text=True, check=False)  # noqa: S603
    if found.returncode:
        raise ModelError(f"the hand-off folder does not hold: {found.stderr.strip()}", fix="see the lines above")
    folder = stage.root / "handoff"
    size = (folder / handoff.MODEL).stat().st_size
    figures: dict[str, Figure] = {
        "files": len(handoff.read_sums(folder)),
        "model bytes": size,
        "model sha256": handoff.sha256(folder / handoff.MODEL),
    }
    return Told(
        "A process of its own loaded the folder, checked every checksum and gave the recorded answers.", figures
    )


def by_hand(stage: Stage) -> Told:
    """Score the latest rows of the table, as a person would when asked for figures."""
    schema = project.load(stage.root / "project.toml").schema_only
    latest = frames.read(stage.root / schema.table.path).tail(1000)
    scores = score.frame_scores(handoff.load(stage.root / "handoff"), latest)
    if len(scores) != len(latest) or scores["prediction"].isna().any():
        raise ModelError(f"{len(latest)} rows gave {scores['prediction'].notna().sum()} predictions", fix="train again")
    out = stage.root / "scores.csv"
    frames.write(scores, out)
    figures: dict[str, Figure] = {"rows scored": len(scores), "file": out.name}
    return Told(
        "Somebody asked for figures, and got a file. Whether they were right is not recorded anywhere.", figures
    )


CHAPTERS = [
    Chapter("The data", gather),
    Chapter("Training by hand", learn),
    Chapter("The hand-off folder", hand_over),
    Chapter("Scoring a table by hand", by_hand),
]
