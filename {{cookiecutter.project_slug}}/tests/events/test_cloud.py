"""Events say what happened as Azure Machine Learning says it, and are read in any form in which it sends them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from {{cookiecutter.package_name}}.events import cloud, schemas
from {{cookiecutter.package_name}}.events.cloud import Event
from {{cookiecutter.package_name}}.events.schemas import EventError

from . import made
from .made import AT, SOURCE

RUN = cloud.RunFacts("training", "training", "r1", "pipeline", {"cause": "by hand"}, {})
FACTS: dict[str, tuple[Event, str, str, set[str]]] = {
    "a run's status": (
        cloud.run_status_changed(SOURCE, run=RUN, status="Failed", at=AT),
        "Microsoft.MachineLearningServices.RunStatusChanged",
        "experiments/training/runs/r1",
        {"experimentId", "experimentName", "runId", "runType", "runTags", "runProperties", "runStatus"},
    ),
    "a run that ended well": (
        cloud.run_completed(SOURCE, run=RUN, at=AT),
        "Microsoft.MachineLearningServices.RunCompleted",
        "experiments/training/runs/r1",
        {"experimentId", "experimentName", "runId", "runType", "runTags", "runProperties"},
    ),
    "a registered model": (
        made.registered(3),
        "Microsoft.MachineLearningServices.ModelRegistered",
        "models/trips:3",
        {"ModelName", "ModelVersion", "ModelTags", "ModelProperties"},
    ),
    "a deployed model": (
        cloud.model_deployed(SOURCE, service="trips", models=["trips:3"], tags={}, properties={}, at=AT),
        "Microsoft.MachineLearningServices.ModelDeployed",
        "endpoints/trips",
        {"ServiceName", "ServiceComputeType", "ModelIds", "ServiceTags", "ServiceProperties"},
    ),
    "landed data": (
        cloud.data_landed(SOURCE, state="abc", rows=5, at=AT),
        "Mlops.DataLanded",
        "data/abc",
        {"state", "rows"},
    ),
}


@pytest.mark.parametrize(("event", "kind", "subject", "keys"), FACTS.values(), ids=FACTS)
def test_a_fact_has_azures_type_subject_and_data(event: Event, kind: str, subject: str, keys: set[str]) -> None:
    event.check()
    assert (event.type, event.subject, set(event.data)) == (kind, subject, keys)
    assert (event.source, event.time) == (SOURCE, "2026-03-02T12:00:00Z")


@pytest.mark.parametrize("event", [fact[0] for fact in FACTS.values()], ids=FACTS)
def test_both_schemas_come_back_as_the_same_event(event: Event) -> None:
    for body in made.bodies(event).values():
        assert cloud.parse(body) == [event]
        assert cloud.parse(json.dumps(json.loads(body)[0])) == [event]


def test_the_same_fact_told_again_is_the_same_event_and_another_fact_another() -> None:
    later = AT + timedelta(hours=1)
    assert cloud.run_completed(SOURCE, run=RUN, at=later).id == cloud.run_completed(SOURCE, run=RUN, at=AT).id
    ids = {cloud.run_status_changed(SOURCE, run=RUN, status=status, at=AT).id for status in ("Running", "Failed")}
    assert len({fact[0].id for fact in FACTS.values()} | ids) == len(FACTS) + 1
    assert deployed(AT).id == deployed(AT).id != deployed(later).id, "a service may go back to a model"


def deployed(at: datetime) -> Event:
    return cloud.model_deployed(SOURCE, service="trips", models=["trips:3"], tags={}, properties={}, at=at)


def test_times_are_told_in_utc_and_need_a_zone() -> None:
    assert cloud.written(datetime(2026, 3, 2, 14, tzinfo=timezone(timedelta(hours=2)))) == "2026-03-02T12:00:00Z"
    assert cloud.written(datetime(2026, 3, 2, 12, 0, 0, 5, UTC)) == "2026-03-02T12:00:00.000005Z"
    with pytest.raises(EventError, match="has no zone"):
        cloud.written(datetime(2026, 3, 2, 12))


def test_the_source_can_be_that_of_a_workspace_in_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cloud.source("dev") == SOURCE
    monkeypatch.setenv(cloud.SOURCE, "/subscriptions/1/workspaces/prod")
    assert cloud.source("dev") == "/subscriptions/1/workspaces/prod"


def test_keys_are_read_in_any_case_and_unknown_ones_stay() -> None:
    raw = {key.upper(): value for key, value in made.registered().as_json().items()}
    raw["DATA"] = {"modelname": "trips", "MODELVERSION": "1", "NewKey": 1}
    assert Event.from_json(raw).data == {"ModelName": "trips", "ModelVersion": "1", "NewKey": 1}


def test_data_may_be_text_or_base64() -> None:
    plain = made.registered().as_json()
    data = json.dumps(plain.pop("data"))
    for given in ({"data": data}, {"data_base64": base64.b64encode(data.encode()).decode()}):
        assert Event.from_json({**plain, **given}) == made.registered()


def test_types_of_others_are_read_as_they_are() -> None:
    raw = {"specversion": "1.0", "id": "1", "type": "com.example.done", "source": "/x"}
    assert Event.from_json(raw) == Event("1", "com.example.done", "/x", "", "", {})


WRONG: dict[str, tuple[Any, str]] = {
    "no object": ([1], "an event is an object"),
    "no id": ({"type": "a", "source": "b"}, "without id"),
    "an empty type": ({"id": "1", "type": "", "source": "b"}, "without type"),
    "a source that is no text": ({"id": "1", "type": "a", "source": 3}, "without source"),
    "another version": ({"specversion": "0.3", "id": "1", "type": "a", "source": "b"}, "'0.3' is not 1.0"),
    "data that is a list": ({"id": "1", "type": "a", "source": "b", "data": [1]}, "is no object"),
    "data that is no JSON": ({"id": "1", "type": "a", "source": "b", "data": "x"}, "is not JSON"),
    "base64 that is none": ({"id": "1", "type": "a", "source": "b", "data_base64": "?"}, "is not JSON"),
    "base64 of a number": ({"id": "1", "type": "a", "source": "b", "data_base64": 5}, "is not JSON"),
}


@pytest.mark.parametrize(("raw", "why"), WRONG.values(), ids=WRONG)
def test_what_is_no_event_is_refused_with_the_reason(raw: Any, why: str) -> None:
    with pytest.raises(EventError, match=why):
        cloud.parse(json.dumps(raw))


def test_a_body_that_is_no_json_is_refused() -> None:
    with pytest.raises(EventError, match="not JSON"):
        cloud.parse(b"{")


def test_an_event_that_was_turned_to_another_subject_is_refused() -> None:
    event = made.registered(3)
    turned = Event(event.id, event.type, event.source, "models/trips:4", event.time, event.data)
    with pytest.raises(EventError, match="has subject 'models/trips:4'"):
        turned.check()


def test_an_event_that_event_grid_would_not_take_is_refused_here() -> None:
    tags = {"long": "x" * cloud.LARGEST}
    event = cloud.model_registered(SOURCE, name="trips", version=1, tags=tags, properties={}, at=AT)
    with pytest.raises(EventError, match="bytes"):
        event.check()


def test_a_status_that_azure_does_not_know_is_refused() -> None:
    with pytest.raises(EventError, match="runStatus"):
        cloud.run_status_changed(SOURCE, run=RUN, status="Finished", at=AT)
    with pytest.raises(EventError, match="is no type of event here"):
        cloud.event("Mlops.Nothing", SOURCE, AT, {})
    assert schemas.DATA_LANDED in schemas.TYPES
