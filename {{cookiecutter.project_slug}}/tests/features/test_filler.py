"""Serving: what a caller leaves out is looked up in the real store, behind the real service."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from service import running  # the tests of the service are beside these

from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.features import build, definitions, filler, online, publish, retrieval
from {{cookiecutter.package_name}}.features.filler import Filler
from {{cookiecutter.package_name}}.features.online import Online
from {{cookiecutter.package_name}}.model import frame, handoff, train
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.service import accept, app, store
from {{cookiecutter.package_name}}.service.served import Served

from . import world

BOTH = world.sets(world.SCHEMA)
NOW = datetime(2025, 3, 6, 12)
RECORD: dict[str, Any] = {"at": NOW.isoformat(), "km": 5.0, "zone": "north", "rain": None}
FEATURES = ("pace_3h", "trips_1d", "longest_6h")


class World:
    """A model that was trained with features, its store, and what was trained on."""

    def __init__(self, base: Path) -> None:
        root = world.land(base / "landed", world.trips(400))
        build.build(world.SCHEMA, root, base / "store", base / "table", world.clock(), lambda _: None)
        self.store, self.handoff = base / "store", base / "handoff"
        schema = Schema.model_validate(handoff.read_json(base / "table" / build.SCHEMA))
        self.rows = frame.read(base / "table" / build.TABLE)
        fitted = train.fit(train.table(self.rows, schema), schema)
        train.write(fitted, self.handoff, also=lambda out: self.travel(base / "table", out))
        self.models = store.Store(base / "models")
        accept.run(self.handoff, schema, self.models, world.clock(), "a test", "a test")
        self.schema = schema

    def travel(self, table: Path, out: Path) -> None:
        shutil.copyfile(table / retrieval.FILE, out / retrieval.FILE)

    def served(self) -> Served:
        return Served(self.models.load())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definitions, "feature_sets", world.sets)
        yield World(tmp_path_factory.mktemp("served"))


@pytest.fixture
def values(made: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an online store as of noon, which the service looks into."""
    publish.run(made.store, BOTH, NOW, into=tmp_path)
    monkeypatch.setenv(filler.STORE, str(tmp_path))
    return tmp_path


@pytest.fixture
def client(made: World, values: Path) -> Iterator[httpx.Client]:
    """A caller of the service; `values` must be there before."""
    assert (values / online.POINTER).is_file()
    with running.service(app.create(made.served())) as client:
        yield client


def predicted(client: httpx.Client, **record: Any) -> float:
    answer = client.post("/score", json={**RECORD, **record})
    assert answer.status_code == 200, answer.text
    return float(answer.json()["prediction"])


def looked_up(values: Path, zone: str = "north") -> dict[str, float | None]:
    """What the online store has for a zone and for the table."""
    known = Online(values)
    traffic, city = (retrieval.wanted(it) for it in BOTH)
    found = [known.get(traffic, zone), known.get(city, "whole_table")]
    known.close()
    return {name: value for it in found if it is not None for name, value in it.features.items()}


@pytest.mark.integration
def test_what_is_left_out_is_looked_up(client: httpx.Client, values: Path) -> None:
    known = looked_up(values)
    assert None not in known.values()
    assert tuple(known) == FEATURES
    assert predicted(client) == predicted(client, **known)
    batch = client.post("/score/batch", json={"records": [RECORD, {**RECORD, "zone": "south"}, {**RECORD, **known}]})
    items = [item["prediction"] for item in batch.json()["predictions"]]
    assert items[0] == items[2] == pytest.approx(predicted(client), rel=1e-12)
    assert items[1] == pytest.approx(predicted(client, zone="south", **looked_up(values, "south")), rel=1e-12)
    assert len(set(items)) == 2


@pytest.mark.integration
def test_what_is_sent_counts(client: httpx.Client, values: Path) -> None:
    known = looked_up(values)
    for name in FEATURES:
        sent = predicted(client, **{name: 77.0})
        assert sent == predicted(client, **{**known, name: 77.0})
        assert sent != predicted(client)
        assert predicted(client, **{name: None}) == predicted(client, **{**known, name: None})


@pytest.mark.integration
def test_what_nobody_knows_is_null_as_in_training(client: httpx.Client, values: Path) -> None:
    nothing: dict[str, None] = dict.fromkeys(("pace_3h", "trips_1d"))
    city = {"longest_6h": looked_up(values)["longest_6h"]}
    for zone in ("nowhere", None):
        assert predicted(client, zone=zone) == predicted(client, zone=zone, **nothing, **city)
    late = (NOW + world.TTL).isoformat()
    assert predicted(client, at=late) == predicted(client, at=late, **dict.fromkeys(FEATURES))


@pytest.mark.integration
def test_rows_of_the_past_are_answered_as_the_pipeline_answers_their_training_rows(made: World, values: Path) -> None:
    """Training equals serving, end to end: by HTTP with nothing but the raw record."""
    at = pd.Series(made.rows["at"])
    rows = made.rows[at > "2025-03-05"].sample(8, random_state=2)
    with running.service(app.create(made.served())) as client:
        for _, row in rows.iterrows():
            publish.run(made.store, BOTH, row["at"].to_pydatetime(), into=values)
            record = {name: None if pd.isna(row[name]) else row[name] for name in ("km", "zone", "rain")}
            answer = predicted(client, at=row["at"].isoformat(), **record)
            one = frame.typed(pd.DataFrame([row]), made.schema)
            right = made.served().pipeline.predict(frame.prepare(one, made.schema))
            assert answer == pytest.approx(float(np.asarray(right)[0]), rel=1e-9)


@pytest.mark.integration
def test_the_description_does_not_ask_for_what_is_looked_up(client: httpx.Client) -> None:
    record = client.get("/openapi.json").json()["components"]["schemas"]["Record"]
    assert record["required"] == list(RECORD)
    assert set(record["properties"]) == {*RECORD, *FEATURES}


@pytest.mark.integration
def test_a_service_that_was_started_first_sees_the_store_when_it_comes(
    made: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(filler.STORE, str(tmp_path))
    nothing = dict.fromkeys(FEATURES)
    with running.service(app.create(made.served())) as client, caplog.at_level(logging.WARNING):
        assert predicted(client) == predicted(client, **nothing)
        predicted(client)
        publish.run(made.store, BOTH, NOW, into=tmp_path)
        assert predicted(client) == predicted(client, **looked_up(tmp_path)) != predicted(client, **nothing)
    warned = [it for it in caplog.messages if it.startswith("the features of ")]
    assert len(warned) == len(BOTH), "each set is told once"
    assert "holds nothing of version 1" in warned[0]


# the filler by itself


def filling(made: World, folder: Path, now: datetime = NOW, schema: Schema | None = None) -> Filler:
    sets = [retrieval.wanted(it) for it in BOTH]
    return Filler(sets, schema or made.schema, Online(folder), lambda: now)


def test_the_time_is_the_records_and_else_the_clocks(made: World, values: Path) -> None:
    inputs = {"at": NOW, "zone": "north"}
    known = filling(made, values)(inputs)
    assert known == looked_up(values)
    timeless = Schema.model_validate({**made.schema.model_dump(), "features": {}})
    aware = NOW.replace(tzinfo=UTC)
    assert filling(made, values, aware, timeless)({"zone": "north"}) == known
    late = aware + world.TTL
    assert filling(made, values, late, timeless)({"zone": "north"}) == {}


def told(fill: Filler, caplog: pytest.LogCaptureFixture, at: datetime) -> list[str]:
    """What is logged when three records of that time are filled."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        for zone in ("north", "nowhere", "north"):
            fill({"at": at, "zone": zone})
    return caplog.messages


def test_a_store_past_its_time_to_live_is_told_once_and_again_after_it_was_well(
    made: World, values: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill = filling(made, values)
    assert told(fill, caplog, NOW) == []
    late = NOW + world.TTL + timedelta(seconds=1)
    first = told(fill, caplog, late)
    assert [line.split(":")[0] for line in first] == [
        "the features of traffic are null",
        "the features of city are null",
    ]
    assert f"written as of {NOW}" in first[0]
    assert told(fill, caplog, late) == []
    assert told(fill, caplog, NOW) == []
    assert len(told(fill, caplog, late)) == len(BOTH)


def test_a_damaged_store_does_not_stop_predictions_and_is_told_once(
    made: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / online.POINTER).write_bytes(b"no pointer")
    fill = filling(made, tmp_path)
    assert fill({"at": NOW, "zone": "north"}) == {}
    fill.warned.clear()
    assert [line for line in told(fill, caplog, NOW) if "cannot be read" not in line] == []
    assert told(fill, caplog, NOW) == []


def test_a_model_without_features_has_no_filler(made: World, tmp_path: Path) -> None:
    assert filler.filler(tmp_path, made.schema) is None
    retrieval.write(tmp_path / retrieval.FILE, ())
    assert filler.filler(tmp_path, made.schema) is None


@pytest.mark.parametrize("found", [world.traffic(entity="driver"), replace(world.whole(), name="x")])
def test_a_folder_that_asks_for_what_is_no_input_is_refused(tmp_path: Path, found: Any) -> None:
    retrieval.write(tmp_path / retrieval.FILE, (found,))
    with pytest.raises(ModelError, match="which is no input of the model") as caught:
        filler.filler(tmp_path, world.SCHEMA)
    assert retrieval.FILE in caught.value.problem


def test_a_server_needs_no_duckdb() -> None:
    package = filler.__name__.rpartition(".")[0]
    heavy = {"duckdb", "yaml", "sqlalchemy"}
    script = f"import sys, {package}.filler; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout.strip() == "[]"
