"""What Azure's monitor found violated starts one retraining, however Azure cases, repeats and delivers it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.events import cloud, consume
from {{cookiecutter.package_name}}.operations.azure import breach
from {{cookiecutter.package_name}}.operations.retraining import asked
from {{cookiecutter.package_name}}.operations.retraining.asked import RETRAIN, WAIT
from {{cookiecutter.package_name}}.training import requests

SOURCE = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/dev"
FOUND = f"production_features {breach.SAID}: history_mean_1h"
TYPE = "Microsoft.MachineLearningServices.RunStatusChanged"


def data(run: str = "r1", tags: dict[str, str] | None = None, status: str = "Completed") -> dict[str, Any]:
    """A monitor's run as Azure tells it."""
    return {
        "experimentId": "e1", "experimentName": "monitor", "runId": run, "runType": "azureml.PipelineRun",
        "runTags": {breach.TAG: FOUND} if tags is None else tags, "runProperties": {}, "runStatus": status,
    }  # fmt: skip


def cloud_event(name: str, told: dict[str, Any]) -> bytes:
    about = {"specversion": "1.0", "id": name, "type": TYPE, "source": SOURCE, "time": "2026-03-02T04:50:00Z"}
    return json.dumps([{**about, "subject": f"experiments/e1/runs/{told['runId']}", "data": told}]).encode()


def grid_event(name: str, told: dict[str, Any]) -> bytes:
    """The same in Event Grid's own schema, cased as Azure's samples have it elsewhere."""
    about = {"id": name, "eventType": TYPE, "topic": SOURCE, "eventTime": "2026-03-02T04:50:00Z"}
    cased = {key[0].upper() + key[1:]: value for key, value in told.items()}
    more = {"dataVersion": "1.0", "metadataVersion": "1", "subject": f"experiments/e1/runs/{told['runId']}"}
    return json.dumps([{**about, **more, "data": cased}]).encode()


def delivered(world: World, body: bytes) -> None:
    """As the webhook takes what Event Grid pushes."""
    consume.deliver(world.dev, world.clock, cloud.parse(body), echo=lambda _: None)


def waiting(world: World) -> list[str]:
    with workspace.database(world.dev.state, requests.TABLES) as connection:
        return [it.cause for it in requests.pending(connection)]


@pytest.mark.parametrize("body", [cloud_event, grid_event])
def test_a_violated_threshold_asks_for_a_retraining_with_its_words_as_the_cause(world: World, body: Any) -> None:
    delivered(world, body("1", data()))
    (cause,) = waiting(world)
    assert cause == f"drift (azure r1): {FOUND}"
    (signal,) = asked.history(world.dev)
    assert (signal.kind, signal.action, signal.said) == ("drift", RETRAIN, FOUND)


def test_the_same_event_again_the_runs_next_status_and_a_second_subscription_change_nothing(world: World) -> None:
    for name, status in (("1", "Finalizing"), ("1", "Finalizing"), ("2", "Completed")):
        delivered(world, cloud_event(name, data(status=status)))
    assert len(waiting(world)) == len(asked.history(world.dev)) == 1


def test_a_storm_of_monitors_meets_what_is_under_way(world: World) -> None:
    for number in range(5):
        delivered(world, cloud_event(str(number), data(run=f"r{number}")))
    assert len(waiting(world)) == 1
    assert [it.action for it in asked.history(world.dev)] == [WAIT] * 4 + [RETRAIN]


@pytest.mark.parametrize(
    "tags",
    [{}, {"cause": "by hand"}, {breach.TAG: "all metrics are within their thresholds"}, {"other": FOUND}],
    ids=["no tag", "another run", "nothing violated", "another tag"],
)
def test_any_other_run_asks_for_nothing(world: World, tags: dict[str, str]) -> None:
    delivered(world, cloud_event("1", data(tags=tags)))
    assert waiting(world) == []
    assert asked.history(world.dev) == []


def test_where_models_are_not_trained_it_starts_nothing(world: World) -> None:
    consume.deliver(world.prod, world.clock, cloud.parse(cloud_event("1", data())), echo=lambda _: None)
    assert asked.history(world.prod) == []
