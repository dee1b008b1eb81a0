"""A scorer looks up the history of what it predicts for: in the real online store, at the time of the request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from features import test_filler as trained  # the tests of the feature store are beside these
from features import world as store
from starlette.types import ASGIApp

from {{cookiecutter.package_name}}.deployment.serving import scorer, state
from {{cookiecutter.package_name}}.features import definitions, filler, online, publish

from . import made
from .alive import World

RECORD, NOW = trained.RECORD, trained.NOW


@pytest.fixture(scope="module")
def historic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[trained.World]:
    """A model that was trained with features of two sets, and the offline store that they are in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(definitions, "feature_sets", store.sets)
        yield trained.World(tmp_path_factory.mktemp("historic"))


@pytest.fixture
def values(historic: trained.World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the online store as of noon; the environment names it."""
    folder = tmp_path / "online"
    publish.run(historic.store, trained.BOTH, NOW, into=folder)
    monkeypatch.setenv(filler.STORE, str(folder))
    return folder


@pytest.fixture
def app(historic: trained.World, values: Path) -> ASGIApp:
    """What the process of a deployment of that model runs."""
    assert (values / online.POINTER).is_file()
    return scorer.prepared(historic.handoff, made.digest(historic.handoff))


def predicted(app: ASGIApp, **more: Any) -> float:
    status, body = asyncio.run(scorer.ask(app, "/score", json.dumps({**RECORD, **more}).encode()))
    assert status == 200, body
    return float(json.loads(body)["prediction"])


def test_a_request_without_history_is_answered_as_with_the_newest_values(app: ASGIApp, values: Path) -> None:
    known = trained.looked_up(values)
    assert tuple(known) == trained.FEATURES
    assert None not in known.values()
    assert predicted(app) == predicted(app, **known)
    assert predicted(app) != predicted(app, **dict.fromkeys(trained.FEATURES, None))
    south = trained.looked_up(values, "south")
    assert (
        predicted(app, zone="south") == predicted(app, zone="south", **south) != predicted(app, zone="south", **known)
    )


def test_values_that_are_published_later_count_from_then_on(
    app: ASGIApp, historic: trained.World, values: Path
) -> None:
    """The scorer is not started again for them."""
    before = predicted(app)
    publish.run(historic.store, trained.BOTH, NOW - timedelta(hours=9), into=values)
    assert predicted(app) == predicted(app, **trained.looked_up(values)) != before


def test_without_a_store_history_is_unknown_and_nobody_is_refused(app: ASGIApp, values: Path) -> None:
    (values / online.POINTER).unlink()
    assert predicted(app) == predicted(app, **dict.fromkeys(trained.FEATURES, None))


def test_the_gateway_records_what_was_looked_up(
    app: ASGIApp, historic: trained.World, values: Path, world: World
) -> None:
    """So that drift and a later training see what the model saw, and not what the caller left out."""
    world.change(made.deploy("blue", historic.handoff), state.route({"blue": 100}))
    world.start("blue", app)
    with world.gateway() as caller:
        answer = caller.client.post("/score", json=RECORD)
        assert (answer.status_code, set(answer.json())) == (200, {"prediction", "model"})
        (row,) = caller.rows("model_inputs")
        assert {name: row[name] for name in trained.FEATURES} == trained.looked_up(values)
