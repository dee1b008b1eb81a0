"""The client against the real gateway: predictions are named, outcomes find them, a verdict can be given on both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.client import contract, generate
from {{cookiecutter.package_name}}.deployment.comparison import plan, verdict
from {{cookiecutter.package_name}}.deployment.serving import joined
from {{cookiecutter.package_name}}.workspace import Workspace

from ..serving import made as served
from ..serving.alive import Caller, World
from . import made

pytestmark = pytest.mark.integration
KEY = "the key of this test"
PAIRS = 40


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    """An endpoint where blue answers, and green a copy of half the requests."""
    models = {name: served.trained(tmp_path / name, slope) for name, slope in (("blue", 3.0), ("green", 2.0))}
    with World(Workspace(tmp_path / "repo"), models) as world:
        world.deploy(blue="blue", green="green")
        with world.gateway(KEY) as found:
            found.client.headers["X-API-Key"] = KEY
            found.route({"blue": 100}, {"green": 50})
            yield found


def test_a_challenger_is_judged_by_what_the_client_sent_and_reported(caller: Caller, tmp_path: Path) -> None:
    generate.write(tmp_path / "client", contract.of(served.schema()))
    begun = datetime.now(UTC)
    with made.imported(tmp_path / "client") as package, package.Client(str(caller.client.base_url), KEY) as client:
        for number in range(6 * PAIRS):
            found = client.predict(served.record(f"rider {number}", km=10.0))
            assert found.deployment == "blue"
            client.report_outcome(found.event_id, 20.0)
        many = client.predict_many([served.record("rider 1", km=5.0), served.record("rider 1", km=10.0)])
        client.report_outcome(many[1].event_id, 20.0)
        named = client.predict(served.record(), deployment="green")
    assert named.deployment == "green"
    assert [round(it.value) for it in many] == [15, 30]
    caller.recorded()
    rows = joined.read(caller.world.place)
    known = rows[~rows["shadow"]].set_index("event_id")["outcome"]
    assert known[many[1].event_id] == 20.0
    assert known.drop(many[1].event_id).isna().sum() == 1, "the first of the batch alone has none"
    assert known.notna().sum() == 6 * PAIRS + 1
    rules = plan.parse({"shadow": {"pairs": PAIRS}, "guardrails": {"rows": PAIRS, "slack_ms": 1_000.0}})
    until = datetime.now(UTC) + timedelta(seconds=1)
    judged = verdict.judge(rows, "blue", "green", rules.stages[0], rules, served.schema(), begun, until)
    assert judged.decision == "promote", judged.reason
    assert judged.figures["rows"]["challenger"] >= PAIRS
    assert judged.figures["mean_loss"]["champion"] > 5 > judged.figures["mean_loss"]["challenger"]
