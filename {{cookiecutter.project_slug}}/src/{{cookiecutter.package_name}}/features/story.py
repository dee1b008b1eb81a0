"""Level 2's part of `mlops demo`, for the feature store: values, a leak that is caught, training equal to serving."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa

from ..data import landed
from ..errors import DataError
from ..model import frame, project
from ..story import Chapter, Figure, Stage, Told
from ..workspace import current
from . import extended, join, leak, materialise, plots, publish, retrieval, rows, skew
from .featureset import LABEL, FeatureSet
from .online import Online

OBSERVED, PLANTED = 30, 150


def must(held: bool, problem: str) -> None:
    """A chapter that does not show what it promises fails the demo."""
    if not held:
        raise DataError(problem, fix="look at `mlops features status`, and at features/definitions.py")


def sets_of(stage: Stage) -> tuple[FeatureSet, ...]:
    """The definitions, of which these chapters need one."""
    found = extended.active(extended.feature_sets(project.load(stage.root / "project.toml").schema_only))
    must(bool(found), "features/definitions.py defines no feature set")
    return found


def folders(stage: Stage) -> tuple[Path, Path]:
    """The landed folder, and the store."""
    work = current(stage.root)
    return work.landed, work.features


def fill(stage: Stage) -> Told:
    """Compute, compute again, write online, look up."""
    (root, store), sets = folders(stage), sets_of(stage)
    first = materialise.run(root, store, sets, stage.clock, lambda _: None)
    second = materialise.run(root, store, sets, stage.clock, lambda _: None)
    must(not any(it.computed for it in second), "a second run computed something again")
    now = datetime.fromisoformat(landed.stats(root).end) + sets[0].delay
    entities = sum(publish.run(store, sets, now))
    must(entities > 0, "no entity has a value in the online store")
    figures: dict[str, Figure] = {
        "features": ", ".join(name for it in sets for name in it.names),
        "intervals computed": sum(len(it.computed) for it in first),
        "rows computed": sum(it.rows for it in first),
        "seconds": round(sum(it.seconds for it in first), 2),
        "computed by a second run": 0,
        "seconds of the second run": round(sum(it.seconds for it in second), 2),
        "entities online": entities,
        "online look-up, microseconds (median)": round(looked_up(store, sets[0])),
    }
    picture = plots.over_time(first[0].files, sets[0], stage.root / "reports" / "features.png")
    text = (
        "What features/definitions.py asks for was computed as Parquet, one file an interval, and the newest values "
        "were written where servers look. Run again, nothing was computed: no input had changed."
    )
    return Told(text, figures, (picture,))


def looked_up(store: Path, found: FeatureSet) -> float:
    """The median time of a look-up over all entities, at most a thousand, in microseconds."""
    wanted = retrieval.wanted(found)
    with closing(Online(store)) as values:
        names = values.entities(wanted, 1000)
        times = []
        for name in names:
            began = time.perf_counter()
            values.get(wanted, name)
            times.append((time.perf_counter() - began) * 1e6)
    return median(times)


def plant(stage: Stage) -> Told:
    """The newest rows joined without the delay, then a single one of them put among the right ones: both are caught."""
    (root, store), found = folders(stage), sets_of(stage)[0]
    paths = list(frame.files(root))
    done = materialise.run(root, store, (found,), stage.clock, lambda _: None)[0]
    labels = rows.source(paths, found, join.FIRST, join.LAST)[LABEL]
    labelled = rows.observations(paths, found).filter(labels.is_valid())
    observations = renumbered(labelled.slice(max(len(labelled) - PLANTED, 0)))
    right = join.join(observations, done.files, join.rule(found))
    must(leak.check(found, paths, observations, right, None) == [], "the right join is called a leak")
    leaking = join.join(observations, done.files, replace(join.rule(found), delay=timedelta(0)))
    everywhere = leak.check(found, paths, observations, leaking, None)
    must(bool(everywhere), "a join without the delay was not caught")
    one = leak.check(found, paths, observations, swapped(right, leaking, everywhere[0].row), None)
    must(len(one) == 1, f"one planted row gave {len(one)} findings")
    figures: dict[str, Figure] = {
        "rows": len(observations),
        "findings, right join": 0,
        "findings, delay forgotten (the first ten are told)": len(everywhere),
        "findings, one row of the future planted": len(one),
        "the planted row": one[0].sentence,
    }
    text = (
        f"A value counts only {found.source_delay} after its time, when its labels are known, and never at its own "
        "row. The check that guards each build found the join that forgot this, and one single planted row."
    )
    return Told(text, figures)


def renumbered(observations: pa.Table) -> pa.Table:
    """Observations numbered from 0."""
    numbers = pa.array(np.arange(len(observations), dtype=np.int64))
    return observations.drop_columns([rows.ROW]).append_column(rows.ROW, numbers)


def swapped(right: pa.Table, leaking: pa.Table, row: int) -> pa.Table:
    """The right values but for one row."""
    return pa.concat_tables([right.slice(0, row), leaking.slice(row, 1), right.slice(row + 1)])


def agree(stage: Stage) -> Told:
    """Rows of the past: what they were trained with, and what serving would have given them then."""
    (root, store), sets = folders(stage), sets_of(stage)
    found = skew.compare(root, store, sets, OBSERVED, 7)
    must(not found.differences, "; ".join(it.sentence for it in found.differences[:3]))
    figures: dict[str, Figure] = {
        "observations": found.observations,
        "values compared": found.values,
        "of them known": found.known,
        "different": 0,
    }
    text = (
        "For each of these rows the online store was written as of the row's time and asked, as a server asks. Every "
        "value is the number that the row was trained with, to the last digit."
    )
    return Told(text, figures)


CHAPTERS = [
    Chapter("The feature store", fill),
    Chapter("A leak from the future", plant),
    Chapter("Training equals serving", agree),
]
