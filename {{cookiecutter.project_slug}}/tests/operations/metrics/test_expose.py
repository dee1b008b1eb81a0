"""What a scraper gets: everything that is known, in a form that Prometheus's own parser reads."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from deployment.serving import alive
from deployment.serving import made as models

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.release import machine, person
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import running, state
from {{cookiecutter.package_name}}.operations.alerts import journal as alerts
from {{cookiecutter.package_name}}.operations.drift import looked
from {{cookiecutter.package_name}}.operations.drift.looked import Looked
from {{cookiecutter.package_name}}.operations.metrics import expose, serve, table

from .. import repo
from . import made


@pytest.fixture
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A repo that has trained, and released nothing."""
    return next(iter(repo.world(root, tmp_path_factory.mktemp("trained"))))


def test_requests_answers_and_outcomes_are_there_by_deployment(world: World) -> None:
    made.keep(world.prod, made.many(30))
    made.keep(world.prod, [made.note("bad", 31, status=500)])
    made.tell(world.prod, {f"e{number}": float(number % 50) + 2 for number in range(10)})
    found = made.scraped(world)
    assert made.total(found, "mlops_requests_total", deployment="blue") == 31
    assert made.total(found, "mlops_request_errors_total", error="failed") == 1
    assert made.total(found, "mlops_request_duration_seconds_count") == 31
    assert made.total(found, "mlops_request_duration_seconds_bucket", le="+Inf") == 31
    assert made.total(found, "mlops_prediction_error_count") == 10
    assert made.total(found, "mlops_prediction_error_sum") == pytest.approx(20)
    assert made.total(found, "mlops_endpoint_up") == 0


def test_counters_that_have_not_risen_yet_are_there_with_zero(world: World) -> None:
    found = made.scraped(world)
    for row in table.ROWS:
        if row.kind == "counter" and not row.labels:
            assert made.total(found, row.prometheus + "_total") == 0 or row.name == "mlops.data.batches"


def test_what_training_releases_and_people_have_done_is_there(trained: World) -> None:
    machine.start(trained, "1")
    person.abort(trained, "enough")
    machine.start(trained, "2")
    trained.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    alerts.note(trained.prod, "bad-data", "batch 7", "3 rows", trained.clock.now())
    at, nearest = trained.clock.now().isoformat(), [("features", "km", 1.5), ("features", "zone", 0.25)]
    looked.keep(trained.prod, Looked(at, "1", "DRIFT in km", 300, 3, 1, True, nearest, ""))
    found = made.scraped(trained)
    assert made.total(found, "mlops_drift_ratio", column="km") == 1.5
    assert made.total(found, "mlops_drift_ratio", column="zone") == 0.25
    assert made.total(found, "mlops_drift_rows") == 300
    assert made.total(found, "mlops_drift_unjudged") == 1
    assert made.total(found, "mlops_training_runs_total", pipeline="training", status="Completed") == 3
    assert made.total(found, "mlops_model_versions") == 3
    assert made.total(found, "mlops_releases_total", outcome="rolled back") == 1
    assert made.total(found, "mlops_releases_open", step="test") == 1
    assert made.total(found, "mlops_release_step_age_seconds") == 3600
    assert made.total(found, "mlops_data_rows") == 1000
    assert made.total(found, "mlops_alerts_open", kind="bad-data") == 1
    assert made.total(found, "mlops_features_ttl_seconds") > 0
    assert {labels for name, labels in found if name == "mlops_part_readable"} == {
        frozenset({("part", part)}) for part in expose.PARTS
    }
    assert made.total(found, "mlops_part_readable") == len(expose.PARTS)


def test_a_part_that_cannot_be_read_says_so_and_hides_no_other(trained: World) -> None:
    (trained.prod.folder / "releases.db").write_bytes(b"no database, and long enough to be taken for one")
    found = made.scraped(trained)
    assert made.total(found, "mlops_part_readable", part="releases") == 0
    assert made.total(found, "mlops_training_runs_total") == 3


def test_an_endpoint_that_runs_tells_who_serves_and_what_was_retried(world: World, tmp_path: Path) -> None:
    folder = models.trained(tmp_path / "double", 2.0)
    with alive.World(world.prod, {"double": folder}) as served:
        served.deploy(blue="double")
        served.change(state.route({"blue": 100}))
        with served.gateway() as caller, running.alone(served.layout):
            caller.settled()
            assert caller.by() == "blue"
            gateway = {"pid": 2, "restarts": 3}
            told = {"pid": 1, "address": str(caller.client.base_url), "gateway": gateway, "scorers": {}}
            served.layout.running.write_text(json.dumps(told), encoding="utf-8")
            found = made.scraped(world)
            assert made.total(made.scraped(world), "mlops_endpoint_restarts_total", process="gateway") == 3
    assert made.total(found, "mlops_endpoint_up") == 1
    assert made.total(found, "mlops_endpoint_settled") == 1
    assert made.total(found, "mlops_deployment_traffic_ratio", deployment="blue", role="live") == 1
    assert made.total(found, "mlops_deployment_ready", deployment="blue") == 1


def test_over_http_it_is_the_same(world: World) -> None:
    made.keep(world.prod, made.many(5))

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(serve.app(world))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/metrics")

    answer = asyncio.run(asked())
    assert answer.headers["content-type"] == expose.CONTENT_TYPE
    assert made.total(made.parsed(answer.text), "mlops_requests_total") == 5


def test_the_commands_print_and_list_them(world: World) -> None:
    made.keep(world.prod, made.many(5))
    printed = CliRunner().invoke(cli.main, ["metrics"])
    assert printed.exit_code == 0, printed.output
    assert made.total(made.parsed(printed.output), "mlops_requests_total") == 5
    listed = CliRunner().invoke(cli.main, ["metrics", "list"])
    assert all(row.name in listed.output for row in table.ROWS)
