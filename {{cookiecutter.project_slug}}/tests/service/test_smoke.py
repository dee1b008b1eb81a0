"""The smoke test starts the real service, and is red where that does not do what its users need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from {{cookiecutter.package_name}}.model import handoff, project
from {{cookiecutter.package_name}}.service import serve, smoke, standin, store

from . import made, running

KEY = "a key of the test"
Answers = dict[str, tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def kept(handoffs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> store.Store:
    return made.accepted(handoffs["regression"], tmp_path_factory.mktemp("smoke") / "models")


@pytest.fixture
def folder(kept: store.Store) -> Path:
    return kept.load().folder


def right(folder: Path) -> Answers:
    """What a service answers that is in order; `refused` is its answer to callers without the key."""
    response = json.loads((folder / handoff.RESPONSE).read_text(encoding="utf-8"))
    fine: Answers = dict.fromkeys(("/health/live", "/health/ready"), (200, {}))
    return {**fine, "refused": (401, {}), "/score/batch": (200, response)}


@contextmanager
def answering(answers: Answers) -> Iterator[str]:
    """A service that always gives the same answers."""

    async def answer(request: Request) -> JSONResponse:
        known = request.method == "GET" or request.headers.get("X-API-Key") == KEY
        status, body = answers[request.url.path if known else "refused"]
        return JSONResponse(body, status)

    app = FastAPI()
    app.router.add_route("/{path:path}", answer, methods=["GET", "POST"])
    with running.service(app) as client:
        yield str(client.base_url).rstrip("/")


def test_a_service_in_order_passes(folder: Path) -> None:
    with answering(right(folder)) as url:
        assert len(list(smoke.probe(url, KEY, folder))) == 4


@pytest.mark.parametrize(
    ("path", "answer", "problem"),
    [
        ("/health/live", (500, {}), "/health/live gives 500"),
        ("/health/ready", (503, {}), "/health/ready gives 503"),
        ("refused", (200, {}), "without a key gives 200"),
        ("/score/batch", (500, {}), "/score/batch gives 500"),
        ("/score/batch", (200, {"predictions": []}), r"the sample gives \[\]"),
        ("/score/batch", (200, {"predictions": [{"prediction": 1.0}] * 5}), "the sample gives"),
    ],
    ids=["not alive", "not ready", "open to all", "broken", "no answer", "a constant model"],
)
def test_a_service_out_of_order_is_seen(folder: Path, path: str, answer: Any, problem: str) -> None:
    with answering({**right(folder), path: answer}) as url, pytest.raises(smoke.SmokeError, match=problem):
        list(smoke.probe(url, KEY, folder))


def test_nobody_there_is_seen(folder: Path) -> None:
    with pytest.raises(smoke.SmokeError, match="does not answer"):
        list(smoke.probe("http://127.0.0.1:9", KEY, folder))


@pytest.mark.integration
def test_the_service_starts_and_stops(kept: store.Store) -> None:
    said: list[str] = []
    smoke.run(made.schema, kept, made.CLOCK, said.append)
    assert said[-1] == "5 sample predictions are as recorded"


@pytest.mark.integration
def test_a_service_that_does_not_start_says_why(tmp_path: Path) -> None:
    root = tmp_path / "models"
    root.mkdir()
    (root / "current.json").write_text('{"digest": "0000"}', encoding="utf-8")
    with pytest.raises(smoke.SmokeError, match="no accepted model has the digest 0000"), smoke.started(root, KEY):
        pass


@pytest.mark.parametrize("task", made.METRICS)
def test_stand_in_rows_are_of_the_projects_shape(task: str) -> None:
    schema = made.schema(task, cold={"kind": "numeric", "max": -5}, few={"kind": "numeric", "min": 1, "max": 3})
    rows = standin.rows(schema)
    assert {*schema.columns, schema.table.timestamp, schema.table.target} <= set(rows)
    assert rows["size"].min() >= 0
    assert rows["cold"].max() <= -5
    assert rows["few"].between(1, 3).all()
    if schema.classification:
        assert rows[schema.table.target].nunique() == {"binary": 2, "multiclass": 3}[task]
    assert np.array_equal(rows["size"], standin.rows(schema)["size"])


@pytest.mark.integration
def test_without_a_model_a_stand_in_of_this_projects_shape_is_made(root: Path, tmp_path: Path) -> None:
    said: list[str] = []
    models = store.Store(tmp_path / "models")
    smoke.run(lambda: project.load(root / "project.toml").schema_only, models, made.CLOCK, said.append)
    assert "stand-in" in said[0]
    assert models.current() is None


def test_the_key_is_the_services_own() -> None:
    assert serve.KEY == "MLOPS_API_KEY"
