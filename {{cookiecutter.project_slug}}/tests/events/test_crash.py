"""Whatever is killed when: no event is lost, and no effect happens twice. `bench` has the long form of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from . import crash

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL"),
]
SHORT = crash.Plan(events=50, broker=2, consumer=1, relay=1, pause=0.01, dies=0.02)


def test_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path) -> None:
    found = crash.run(tmp_path, SHORT)
    assert (found.lost, found.repeated, found.invented) == (0, 0, 0)
    assert found.facts + found.back == SHORT.events
    assert found.kills["broker"] >= SHORT.broker
    assert found.kills["relay"] >= SHORT.relay
    assert found.kills["consumer"] >= SHORT.consumer
    assert found.deliveries > found.facts, "nothing was delivered twice, so this has shown nothing"


def test_sabotage_an_inbox_that_forgets_is_seen(tmp_path: Path) -> None:
    plan = crash.Plan(events=20, broker=0, consumer=1, relay=0, again=1, pause=0, sabotage=crash.FORGETS)
    found = crash.run(tmp_path, plan)
    assert found.repeated > 0
    assert found.lost == 0
