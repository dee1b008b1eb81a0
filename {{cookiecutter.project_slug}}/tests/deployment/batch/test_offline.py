"""Features that a table lacks are looked up as training did: what was known at each row's own time."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.data import layout as layouts
from {{cookiecutter.package_name}}.data import manifest as manifests
from {{cookiecutter.package_name}}.data import partition
from {{cookiecutter.package_name}}.data.manifest import Batch, Manifest
from {{cookiecutter.package_name}}.deployment.batch import offline, source
from {{cookiecutter.package_name}}.errors import MlopsError
from {{cookiecutter.package_name}}.features import build, extended, retrieval
from {{cookiecutter.package_name}}.features.featureset import FeatureError
from {{cookiecutter.package_name}}.model import frame, handoff, project, train
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.service.served import Served

from . import made

TOML = """
[source]
folder = "drop"
[table]
path = "data/landed"
timestamp = "at"
target = "y"
key = ["id"]
entity = "zone"
label_delay = "2h"
[columns]
km = { kind = "numeric" }
zone = { kind = "categorical" }
[features]
calendar = ["hour"]
[training]
task = "regression"
estimator = "linear"
seed = 7
[metric]
name = "mae"
direction = "lower"
"""


@dataclass(frozen=True)
class World:
    """A trained model with stored features, and the table with what each row was trained with."""

    folder: Path
    store: Path
    defined: Schema
    table: pd.DataFrame
    features: list[str]

    @property
    def raw(self) -> pd.DataFrame:
        return self.table.drop(columns=[*self.features, "y"])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("features")
    loaded = project.parse(tomllib.loads(TOML))
    schema = loaded.schema_only
    random = np.random.default_rng(4)
    km = random.gamma(2.0, 3.0, 600).round(3)
    at = pd.Timestamp("2025-03-03") + pd.to_timedelta(np.arange(600) * 37, unit="min")
    zone = np.array(["north", "south", "east"], dtype=object)[random.integers(0, 3, 600)]
    rows = pd.DataFrame(
        {"id": np.arange(600), "at": at, "km": km, "zone": zone, "y": 3 * km + random.normal(0, 1, 600)}
    )
    land(root / "landed", rows, loaded)
    built = build.build(schema, root / "landed", root / "store", root / "out", made.CLOCK, lambda _: None)
    table = pd.read_parquet(built.table)
    train.run(extended.extended(schema), built.table, root / "handoff")
    shutil.copyfile(root / "out" / retrieval.FILE, root / "handoff" / retrieval.FILE)
    (root / "handoff" / handoff.SUMS).write_text(handoff.sums(root / "handoff"), encoding="utf-8", newline="\n")
    return World(root / "handoff", root / "store", schema, table, list(built.features))


def land(root: Path, rows: pd.DataFrame, loaded: project.Project) -> None:
    """Make `rows` what is landed, by the data pipeline's own writer."""
    before = manifests.load(root)
    layout = layouts.resolve(loaded, Manifest(), rows)
    files = partition.rewrite(root, Manifest(partition="day"), layout, layout.rows(layout.parsed(rows)), {})
    batch = Batch(id=before.next_id, source="a test", started="", finished="")
    after = before.having(number=1, partition="day", columns=dict(layout.types), files=files, batches=(batch,))
    manifests.commit(root, before, after)


def find(world: World, path: Path) -> offline.Offline | None:
    return offline.find(world.folder, source.find(path).columns, world.defined, world.store, made.CLOCK.now())


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_looked_up_are_the_very_values_of_training(suffix: str, world: World, tmp_path: Path) -> None:
    frame.write(world.raw, tmp_path / f"in{suffix}")
    found = find(world, tmp_path / f"in{suffix}")
    assert found is not None
    chunks = list(source.find(tmp_path / f"in{suffix}").chunks(250))
    values = [found.values(chunk.rows) for chunk in chunks]
    for name in world.features:
        looked_up = pd.Series([it for part in values for it in part[name]], dtype="float64")
        pd.testing.assert_series_equal(looked_up, world.table[name], check_names=False)
    assert pd.Series(values[0][world.features[0]], dtype="float64").notna().any()


def test_a_table_without_features_is_scored_as_one_that_has_them(world: World, tmp_path: Path) -> None:
    served = Served(handoff.load(world.folder))
    frame.write(world.raw, tmp_path / "lacks.csv")
    frame.write(world.table.drop(columns="y"), tmp_path / "has.csv")
    assert find(world, tmp_path / "has.csv") is None
    done = made.score(tmp_path / "lacks.csv", tmp_path / "1.csv", served, offline=find(world, tmp_path / "lacks.csv"))
    made.score(tmp_path / "has.csv", tmp_path / "2.csv", served)
    assert done.features_looked_up == sorted(world.features)
    pd.testing.assert_frame_equal(frame.read(tmp_path / "1.csv"), frame.read(tmp_path / "2.csv"), rtol=1e-12)


def test_what_is_sent_counts_and_the_rest_is_looked_up(world: World, tmp_path: Path) -> None:
    frame.write(world.raw.assign(**{world.features[0]: 7.0}), tmp_path / "in.csv")
    found = find(world, tmp_path / "in.csv")
    assert found is not None
    assert found.wanted == frozenset(world.features[1:])
    chunk = next(source.find(tmp_path / "in.csv").chunks(10))
    assert world.features[0] not in found.values(chunk.rows)


def test_a_row_without_a_readable_time_or_entity_finds_nothing(world: World, tmp_path: Path) -> None:
    rows = world.raw.tail(3).astype({"at": object})
    rows.iloc[0, rows.columns.get_loc("at")] = "yesterday"  # type: ignore[index]
    rows.iloc[1, rows.columns.get_loc("zone")] = None  # type: ignore[index]
    frame.write(rows, tmp_path / "in.csv")
    found = find(world, tmp_path / "in.csv")
    assert found is not None
    count = found.values(next(source.find(tmp_path / "in.csv").chunks(10)).rows)[world.features[0]]
    assert count[:2] == [None, None]
    assert count[2] is not None
    frame.write(rows.head(1), tmp_path / "none.csv")
    none = found.values(next(source.find(tmp_path / "none.csv").chunks(10)).rows)
    assert none == {name: [None] for name in world.features}


def test_a_table_without_times_is_of_now(world: World, tmp_path: Path) -> None:
    frame.write(world.raw.drop(columns="at").tail(3), tmp_path / "in.csv")
    last = world.raw["at"].max().to_pydatetime() + timedelta(hours=3)
    columns = source.find(tmp_path / "in.csv").columns
    found = offline.find(world.folder, columns, world.defined, world.store, last)
    assert found is not None
    values = found.values(next(source.find(tmp_path / "in.csv").chunks(10)).rows)
    assert None not in values[world.features[0]]


def test_a_store_that_does_not_have_them_is_told(world: World, tmp_path: Path) -> None:
    frame.write(world.raw, tmp_path / "in.csv")
    columns = source.find(tmp_path / "in.csv").columns
    found = offline.find(world.folder, columns, world.defined, tmp_path / "store", made.CLOCK.now())
    assert found is not None
    with pytest.raises(MlopsError, match="materialise"):
        found.values(next(source.find(tmp_path / "in.csv").chunks(10)).rows)


def test_features_that_are_defined_otherwise_by_now_are_not_taken_for_those_of_training(
    world: World, tmp_path: Path
) -> None:
    frame.write(world.raw, tmp_path / "in.csv")
    columns = source.find(tmp_path / "in.csv").columns
    later = world.defined.model_copy(
        update={"table": world.defined.table.model_copy(update={"label_delay": timedelta(hours=3)})}
    )
    with pytest.raises(FeatureError, match="now defines otherwise"):
        offline.find(world.folder, columns, later, world.store, made.CLOCK.now())


def test_a_table_without_the_entity_is_told(world: World, tmp_path: Path) -> None:
    frame.write(world.raw.drop(columns="zone"), tmp_path / "in.csv")
    with pytest.raises(FeatureError, match="the table has no 'zone'"):
        find(world, tmp_path / "in.csv")
