"""Predictions with what came true: by id, the latest outcome, the shadow's by its live request; no silent loss."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from {{cookiecutter.package_name}} import clock
from {{cookiecutter.package_name}}.deployment.serving import joined, lines, listing, outcomes, state
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.deployment.serving.outcomes import Outcome, Outcomes
from {{cookiecutter.package_name}}.deployment.serving.records import Recorder
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.service.problems import ProblemError
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made
from .alive import World
from .test_records import BATCH, NOTE

COLUMNS = [
    "event_id", "at", "request", "entity", "deployment", "digest", "shadow", "status", "latency_ms", "prediction",
    "outcome",
]  # fmt: skip
ARRIVES = clock.SimulatedClock(made.AT)


def kept(place: Workspace, *notes: lines.Note) -> None:
    recorder = Recorder(Layout(place).records)
    for note in notes:
        recorder.put(note)
    recorder.flush()
    recorder.shut()


def tell(place: Workspace, event: str, value: Any, later: float = 0) -> None:
    """An outcome of `later` hours; each call is a second after the one before."""
    ARRIVES.advance(timedelta(seconds=1))
    Outcomes(place, ARRIVES).add([Outcome(event_id=event, value=value, time=made.AT + timedelta(hours=later))])


def test_an_empty_store_is_an_empty_table(place: Workspace) -> None:
    found = joined.read(place)
    assert list(found.columns)[: len(COLUMNS)] == COLUMNS
    assert found.empty


def test_the_columns_are_as_others_read_them(place: Workspace) -> None:
    kept(place, NOTE)
    tell(place, "e1", 13)
    found = joined.read(place)
    row = found.iloc[0].to_dict()
    assert list(found.columns)[: len(COLUMNS)] == COLUMNS
    assert row.pop("at") == pd.Timestamp(NOTE.at)
    assert row == {
        "event_id": "e1", "request": "r1", "entity": "a", "deployment": "blue", "digest": "d" * 64, "shadow": False,
        "status": 200, "latency_ms": 1.5, "prediction": 12.5, "outcome": 13.0, "assigned": "blue", "forced": False,
    }  # fmt: skip
    assert found["at"].dt.tz is not None
    assert found["shadow"].dtype == bool


def test_of_several_outcomes_the_latest_counts(place: Workspace) -> None:
    kept(place, NOTE)
    tell(place, "e1", 13, later=2)
    tell(place, "e1", 14, later=1)
    assert joined.read(place)["outcome"].item() == 13
    tell(place, "e1", 15, later=2)
    assert joined.read(place)["outcome"].item() == 15
    kept_lines = [path.read_text(encoding="utf-8").splitlines() for path in place.folder.glob("outcomes/**/*.jsonl")]
    assert sum(map(len, kept_lines)) == 3


def test_an_outcome_without_a_prediction_is_kept_and_told(place: Workspace) -> None:
    kept(place, NOTE)
    tell(place, "nobody", 13)
    assert joined.unknown(place) == ["nobody"]
    assert pd.isna(joined.read(place)["outcome"].item())
    said = list(listing.outcomes(place))
    assert said == [
        "0 of 1 recorded predictions have an outcome",
        "1 outcomes have no recorded prediction here and are kept: nobody",
    ]
    kept(place, replace(NOTE, event="nobody"))
    assert joined.unknown(place) == []


def test_the_shadows_answer_shares_the_outcome_and_the_request(place: Workspace) -> None:
    shadow = replace(NOTE, event="e1-shadow", shadow=True, deployment="green", answer=b'{"prediction":11}')
    kept(place, NOTE, shadow)
    tell(place, "e1", 13)
    found = joined.read(place)
    assert list(found["request"]) == ["r1", "r1"]
    assert list(found["outcome"]) == [13, 13]
    assert list(found["shadow"]) == [False, True]


def test_rows_of_a_batch_have_outcomes_of_their_own(place: Workspace) -> None:
    kept(place, BATCH)
    tell(place, "e1_1", 2.5)
    assert list(joined.read(place)["outcome"].isna()) == [True, False]


def test_a_classifiers_answer_is_the_json_of_it(place: Workspace) -> None:
    answer = b'{"prediction":"long","probabilities":{"long":0.75,"short":0.25},"model":"d"}'
    kept(place, replace(NOTE, answer=answer), replace(NOTE, event="e2", status=422))
    tell(place, "e1", "long")
    found = joined.read(place)
    assert json.loads(found["prediction"][0]) == {"prediction": "long", "probabilities": {"long": 0.75, "short": 0.25}}
    assert found["outcome"][0] == "long"
    assert found["prediction"][1] is None


def test_outcomes_of_truth_and_text_come_back_as_they_were(place: Workspace) -> None:
    kept(place, NOTE, replace(NOTE, event="e2"))
    tell(place, "e1", True)
    tell(place, "e2", "7")
    assert list(joined.read(place)["outcome"]) == [True, "7"]


def test_a_window_is_from_its_first_moment_to_before_its_last(place: Workspace) -> None:
    times = [made.AT + timedelta(minutes=30 * number) for number in range(6)]
    kept(place, *(replace(NOTE, event=f"e{number}", at=at.isoformat()) for number, at in enumerate(times)))
    assert list(joined.read(place, times[1], times[4])["event_id"]) == ["e1", "e2", "e3"]
    assert list(joined.features(place, times[1], times[4])["event_id"]) == ["e1", "e2", "e3"]


def test_an_outcome_may_be_told_in_another_zone(place: Workspace) -> None:
    kept(place, NOTE)
    tell(place, "e1", 13)
    told = outcomes.parse(b'{"event_id":"e1","value":14,"time":"2026-03-02T12:00:00+05:00"}')
    Outcomes(place, ARRIVES).add(told)
    assert joined.read(place)["outcome"].item() == 13
    told = outcomes.parse(b'{"event_id":"e1","value":15,"time":"2026-03-02T06:00:00-05:00"}')
    Outcomes(place, ARRIVES).add(told)
    assert joined.read(place)["outcome"].item() == 15


def test_times_are_in_utc_wherever_the_machine_stands(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(place, NOTE)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert joined.read(place)["at"].item().utcoffset() == timedelta(0)
        assert list(joined.read(place, made.AT, made.AT + timedelta(hours=1))["event_id"]) == ["e1"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_who_named_the_deployment_was_not_dealt(place: Workspace) -> None:
    kept(place, NOTE, replace(NOTE, event="e2", forced=True, assigned=None))
    assert list(joined.read(place)["event_id"]) == ["e1"]
    assert list(joined.read(place, forced=True)["event_id"]) == ["e1", "e2"]


def test_what_the_model_was_given_can_be_read(place: Workspace) -> None:
    kept(place, NOTE)
    found = joined.features(place)
    assert found["features"].item() == {"km": 5.0, "rider": 'a "b" ü'}
    assert (found["deployment"].item(), found["shadow"].item()) == ("blue", False)


def test_many_files_are_read_as_one(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined.batches, "__defaults__", (2,))
    for number in range(5):
        kept(place, replace(NOTE, event=f"e{number}"))
    assert len(joined.read(place)) == 5


def test_a_torn_outcome_is_told(place: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    kept(place, NOTE)
    tell(place, "e1", 13)
    (path,) = place.folder.glob("outcomes/**/*.jsonl")
    path.write_bytes(path.read_bytes() + b'{"event_id":"e1","va')
    with caplog.at_level(logging.WARNING):
        assert joined.read(place)["outcome"].item() == 13
    assert "1 torn lines" in caplog.text


# --- outcomes over HTTP and from a table


def test_outcomes_posted_join_the_predictions(world: World) -> None:
    world.deploy(blue="double")
    world.change(state.route({"blue": 100}))
    with world.gateway() as caller:
        ids = [caller.score(f"rider {number}").headers["x-event-id"] for number in range(3)]
        one = caller.client.post("/outcomes", json={"event_id": ids[0], "value": 9.5})
        assert (one.status_code, one.json()) == (200, {"kept": 1})
        many = [{"event_id": event, "value": 10, "time": "2026-03-02T10:00:00Z"} for event in ids[1:]]
        assert caller.client.post("/outcomes", json={"outcomes": many}).json() == {"kept": 2}
        caller.recorded()
    found = joined.read(world.place).set_index("event_id")
    assert [found["outcome"][event] for event in ids] == [9.5, 10, 10]


def test_outcomes_that_the_disk_does_not_take_are_refused(world: World) -> None:
    """The caller tells them again; nothing was promised."""
    in_the_way = world.place.folder / outcomes.FOLDER
    in_the_way.write_text("a file", encoding="utf-8")
    with world.gateway() as caller:
        one, before = {"event_id": "e1", "value": 9.5}, caller.front.gateway.outcomes.instance
        assert caller.client.post("/outcomes", json=one).status_code == 503
        assert caller.front.gateway.outcomes.instance != before  # what is half written stays the end of its file
        in_the_way.unlink()
        assert caller.client.post("/outcomes", json=one).json() == {"kept": 1}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, "not JSON"),
        (b"{}", 422, "event_id"),
        (b'{"event_id":"e1"}', 422, "value"),
        (b'{"event_id":"a b","value":1}', 422, "event_id"),
        (b'{"event_id":"e1","value":NaN}', 422, "value"),
        (b'{"event_id":"e1","value":[1]}', 422, "value"),
        (b'{"event_id":"e1","value":1,"time":"2026-03-02T10:00:00"}', 422, "time"),
        (b'{"event_id":"e1","value":1,"more":1}', 422, "more"),
        (b'{"outcomes":[]}', 422, "outcomes"),
        (b'{"outcomes":[{"event_id":"e1"}]}', 422, "value"),
    ],
)
def test_an_outcome_that_cannot_be_is_refused_by_its_field(body: bytes, status: int, field: str) -> None:
    with pytest.raises(ProblemError) as refused:
        outcomes.parse(body)
    assert refused.value.status == status
    assert field in refused.value.detail


def test_a_table_of_outcomes_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.csv"
    path.write_text("event_id,value,time\ne1,13.5,2026-03-02T10:00:00\ne2,14,\n", encoding="utf-8")
    found = list(outcomes.load(path))
    assert [(it.event_id, it.value) for it in found] == [("e1", 13.5), ("e2", 14.0)]
    assert found[0].time == made.AT + timedelta(hours=1)
    assert found[1].time is None


def test_a_table_of_classes_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.parquet"
    pd.DataFrame({"event_id": ["e1", "e2"], "value": ["long", "short"]}).to_parquet(path)
    assert [it.value for it in outcomes.load(path)] == ["long", "short"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("id,value\ne1,1\n", "has no column event_id"),
        ("event_id,value\ne1,1\ne 2,1\n", "row 3: event_id is 'e 2'"),
        ("event_id,value\ne1,\ne2,1\n", "row 2: value is nan"),
    ],
)
def test_a_table_that_cannot_be_is_refused_by_its_row(text: str, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=wrong):
        list(outcomes.load(path))
