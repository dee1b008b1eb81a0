"""Inputs that may be left out: a layer above fills them in, what is sent counts, and all else is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from {{cookiecutter.package_name}} import layers
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.service import app, endpoint, fill, problems, records, score, served

from . import made, running

Models = dict[str, served.Served]
SHORT = {name: value for name, value in made.RECORD.items() if name not in ("size", "warm")}


class Lookup:
    """Knows the size of a place, and of no place how warm it is. Remembers what it was asked."""

    columns = frozenset({"size", "warm"})

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def __call__(self, record: Mapping[str, Any]) -> Mapping[str, float | None]:
        self.asked.append(dict(record))
        return {"size": 6.5 if record["place"] == "north" else 1.0}


@pytest.fixture
def lookup() -> Lookup:
    return Lookup()


@pytest.fixture
def requests(lookup: Lookup) -> records.Requests:
    return records.Requests(made.schema(), 3, lookup)


def one(requests: records.Requests, record: Mapping[str, object]) -> tuple[Any, ...]:
    return requests.one(json.dumps(record).encode())


def test_what_is_left_out_is_filled_in_and_what_the_filler_does_not_know_is_missing(requests: records.Requests) -> None:
    assert one(requests, SHORT) == (6.5, None, "north", "zone 7", True, 8.0, 0.0)
    assert one(requests, {**SHORT, "place": "south"})[:2] == (1.0, None)


def test_what_is_sent_counts_null_included(requests: records.Requests, lookup: Lookup) -> None:
    assert one(requests, {**SHORT, "size": 3}) == (3.0, None, "north", "zone 7", True, 8.0, 0.0)
    assert one(requests, {**SHORT, "warm": 9.5})[:2] == (6.5, 9.5)
    assert one(requests, {**SHORT, "size": 3, "warm": None})[:2] == (3.0, None)
    assert len(lookup.asked) == 2, "the whole record is there, and nobody need be asked"


def test_the_filler_sees_the_checked_inputs(requests: records.Requests, lookup: Lookup) -> None:
    one(requests, {**SHORT, "place": 7.0, "at": "2025-03-03T10:00:00+02:00"})
    seen = lookup.asked[0]
    assert (seen["place"], seen["open"], seen["at"].isoformat()) == ("7", True, "2025-03-03T08:00:00")
    assert list(seen) == list(made.schema().inputs)


def test_each_record_of_a_batch_is_filled_by_itself(requests: records.Requests) -> None:
    given = [SHORT, made.RECORD, {**SHORT, "place": None}]
    assert [row[:3] for row in requests.rows(given)] == [
        (6.5, None, "north"),
        (6.5, 11.2, "north"),
        (1.0, None, None),
    ]


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "another input": ({**SHORT, "zone": None}, "zone"),
    "an input that nobody fills": ({name: SHORT[name] for name in SHORT if name != "open"}, "open"),
    "a wrong value in the place of a filled one": ({**SHORT, "size": -1}, "size"),
    "an unknown input": ({**SHORT, "sise": 1}, "sise"),
}


@pytest.mark.parametrize(("given", "field"), REFUSED.values(), ids=REFUSED)
def test_all_else_is_refused_as_before(requests: records.Requests, given: dict[str, object], field: str) -> None:
    for body in (given, {"records": [given]}):
        with pytest.raises(problems.ProblemError) as caught:
            (requests.many if "records" in body else requests.one)(json.dumps(body).encode())
        assert caught.value.status == 422
        assert caught.value.findings[0].field.removeprefix("records[0].") == field


TWICE = {
    "alone": '{"zone": "x", %s',
    "with spaces": '{"zone" : "x", %s',
    "in a batch": '{"records": [{"zone": "x", %s]}',
}


@pytest.mark.parametrize("body", TWICE.values(), ids=TWICE)
def test_a_key_that_stands_twice_is_still_refused(requests: records.Requests, body: str) -> None:
    raw = (body % json.dumps(SHORT)[1:]).encode()
    with pytest.raises(problems.ProblemError, match="'zone' stands twice"):
        (requests.many if b"records" in raw else requests.one)(raw)


def test_a_short_record_is_not_looked_at_twice(requests: records.Requests, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick count of keys holds for what was sent, so that nothing is parsed again."""

    def again(*_: object, **__: object) -> None:
        raise AssertionError("parsed again")

    short = json.dumps(SHORT).encode(), json.dumps({"records": [SHORT, made.RECORD]}).encode()
    monkeypatch.setattr(json, "loads", again)
    requests.one(short[0])
    requests.many(short[1])


def test_without_a_filler_everything_is_asked_for() -> None:
    with pytest.raises(problems.ProblemError) as caught:
        records.Requests(made.schema(), 3).one(json.dumps(SHORT).encode())
    assert [it.field for it in caught.value.findings] == ["size", "warm"]


# finding the filler


def test_most_models_have_none(models: Models) -> None:
    assert models["regression"].fill is None
    assert fill.find(models["regression"].folder, models["regression"].schema) is None


def test_the_first_layer_that_has_one_for_the_model_is_taken(
    models: Models, monkeypatch: pytest.MonkeyPatch, lookup: Lookup
) -> None:
    asked: list[tuple[Path, Schema]] = []
    modules = [
        SimpleNamespace(filler=lambda *given: asked.append(given)),
        SimpleNamespace(filler=lambda *_: lookup),
        SimpleNamespace(filler=lambda *_: pytest.fail("nobody need ask any more")),
    ]
    monkeypatch.setattr(layers, "modules", lambda name: modules if name == "filler" else [])
    model = models["regression"]
    assert fill.find(model.folder, model.schema) is lookup
    assert asked == [(model.folder, model.schema)]


# behind the service


@pytest.fixture
def filled(handoffs: dict[str, Path], monkeypatch: pytest.MonkeyPatch, lookup: Lookup) -> served.Served:
    """The regression's model with a filler."""
    monkeypatch.setattr(fill, "find", lambda *_: lookup)
    return served.Served(handoff.load(handoffs["regression"]))


@pytest.fixture
def client(filled: served.Served) -> Iterator[httpx.Client]:
    with running.service(app.create(filled)) as client:
        yield client


def test_the_answer_is_that_of_the_whole_record(client: httpx.Client) -> None:
    whole = client.post("/score", json={**SHORT, "size": 6.5, "warm": None}).json()
    assert client.post("/score", json=SHORT).json() == whole
    batch = client.post("/score/batch", json={"records": [SHORT, SHORT]}).json()["predictions"]
    assert [item["prediction"] for item in batch] == pytest.approx([whole["prediction"]] * 2, rel=1e-12)
    assert client.post("/score", json={**SHORT, "size": 30}).json() != whole


def test_the_description_asks_for_the_others_only(client: httpx.Client) -> None:
    record = client.get("/openapi.json").json()["components"]["schemas"]["Record"]
    assert record["required"] == list(SHORT)
    assert set(record["properties"]) == set(made.RECORD)
    assert "default" not in record["properties"]["size"]


def test_azures_scoring_script_fills_too(
    filled: served.Served, handoffs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(handoffs["regression"]))
    score.init()
    try:
        short = score.run(json.dumps({"records": [SHORT]}))
        assert short == score.run(json.dumps({"records": [{**SHORT, "size": 6.5, "warm": None}]}))
        assert short["model"] == filled.digest
    finally:
        score.LOADED.clear()


def test_the_sample_is_scored_as_it_was_handed_off(filled: served.Served, lookup: Lookup) -> None:
    rows = endpoint.Scoring(filled, None, endpoint.Limits()).requests.rows(filled.sample)
    assert len(filled.score(rows)) == len(filled.sample)
    assert lookup.asked == []
