"""The process of a deployment: it is ready only with the model that was deployed, which answers as recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.deployment.serving import calls, scorer, state
from {{cookiecutter.package_name}}.deployment.serving.wire import Answer
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.service import fill

from . import made
from .alive import World


class Known:
    """Stands for a feature store that knows how far a rider goes."""

    columns = frozenset({"km"})

    def __call__(self, record: Mapping[str, Any], /) -> dict[str, float | None]:
        return {"km": {"rider 1": 4.5}.get(record["rider"])}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in made.record("rider 1").items() if key != name}


def ask(app: Any, path: str, content: object) -> tuple[int, Any]:
    status, body = asyncio.run(scorer.ask(app, path, json.dumps(content).encode()))
    return status, json.loads(body)


def test_a_good_model_is_ready_and_answers(models: dict[str, Path]) -> None:
    app = scorer.prepared(models["double"], made.digest(models["double"]))
    status, answer = ask(app, "/score", made.record())
    assert (status, answer["model"]) == (200, made.digest(models["double"]))


def test_an_altered_model_is_refused(models: dict[str, Path], tmp_path: Path) -> None:
    folder = made.altered(models["double"], tmp_path / "altered")
    with pytest.raises(ModelError, match="its checksum differs"):
        scorer.prepared(folder, made.digest(models["double"]))


def test_another_model_than_was_deployed_is_refused(models: dict[str, Path], tmp_path: Path) -> None:
    folder, digest = made.replaced(models["double"], models["triple"], tmp_path / "replaced")
    with pytest.raises(ModelError, match="was deployed"):
        scorer.prepared(folder, digest)


def test_a_model_that_answers_otherwise_than_recorded_is_refused(models: dict[str, Path], tmp_path: Path) -> None:
    folder = made.lying(models["double"], tmp_path / "lying")
    with pytest.raises(ModelError, match="sample record 0 gives"):
        scorer.prepared(folder, made.digest(folder))


def test_that_refusal_is_the_warm_ups(models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sabotage of the test above."""
    monkeypatch.setattr(scorer, "ROUNDS", 0)
    folder = made.lying(models["double"], tmp_path / "lying")
    assert ask(scorer.prepared(folder, made.digest(folder)), "/score", made.record())[0] == 200


def test_a_classifier_is_ready_too(models: dict[str, Path]) -> None:
    app = scorer.prepared(models["classes"], made.digest(models["classes"]))
    _, answer = ask(app, "/score", made.record(km=19.0))
    assert answer["prediction"] == "long"


@pytest.fixture
def storing(models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application of a model whose distance is looked up."""
    monkeypatch.setattr(fill, "find", lambda *_: Known())
    return scorer.prepared(models["double"], made.digest(models["double"]))


def parts(app: Any, path: str, content: object) -> tuple[Any, Any]:
    """(what the caller gets, what was looked up) as the gateway parts them."""
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(content).encode(), "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"content-type", b"application/json")]}
    asyncio.run(app(scope, receive, send))
    whole = Answer(said[0]["status"], said[0]["headers"], said[1]["body"])
    answer, stored = calls.split(whole)
    assert dict(answer.headers).get(calls.STORED) is None
    return json.loads(answer.body), json.loads(stored) if stored else None


def test_looked_up_features_go_to_the_record_and_not_to_the_caller(storing: Any) -> None:
    answer, stored = parts(storing, "/score", without("km"))
    assert set(answer) == {"prediction", "model"}
    assert stored == [{"km": 4.5}]
    answer, stored = parts(storing, "/score/batch", {"records": [without("km"), made.record("rider 1", 2.0)]})
    assert [set(it) for it in answer["predictions"]] == [{"prediction"}] * 2
    assert stored == [{"km": 4.5}, {"km": 2.0}]


def test_a_refusal_has_nothing_looked_up(storing: Any) -> None:
    answer, stored = parts(storing, "/score", without("rider"))
    assert (answer["status"], stored) == (422, None)


def test_the_description_shows_plain_answers(storing: Any) -> None:
    assert scorer.STORED not in json.dumps(storing.app.openapi()["paths"])


def test_a_record_holds_what_was_looked_up(storing: Any, world: World) -> None:
    world.change(made.deploy("blue", world.models["double"]), state.route({"blue": 100}))
    world.start("blue", storing)
    with world.gateway() as caller:
        answer = caller.client.post("/score", json=without("km"))
        assert (answer.status_code, set(answer.json())) == (200, {"prediction", "model"})
        batch = caller.client.post("/score/batch", json={"records": [without("km"), made.record("rider 2", 3.0)]})
        assert len(batch.json()["predictions"]) == 2
        assert [row["km"] for row in caller.rows("model_inputs")] == [4.5, 4.5, 3.0]


def test_callers_are_told_which_features_were_not_known(storing: Any, world: World) -> None:
    world.change(made.deploy("blue", world.models["double"]), state.route({"blue": 100}))
    world.start("blue", storing)
    stranger = without("km") | {"rider": "rider 9"}
    with world.gateway() as caller:
        known = caller.client.post("/score", json=without("km"))
        assert (known.status_code, known.headers.get("x-features-missing")) == (200, None)
        for path, body in (("/score", stranger), ("/score/batch", {"records": [without("km"), stranger]})):
            answer = caller.client.post(path, json=body)
            assert (answer.status_code, answer.headers["x-features-missing"]) == (200, "km"), path
        assert [row["km"] for row in caller.rows("model_inputs")] == [4.5, None, 4.5, None]
