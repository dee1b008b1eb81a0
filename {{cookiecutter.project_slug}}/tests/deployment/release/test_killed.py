"""A release that is killed anywhere is in a committed state, and a rerun finishes it. All moments: `make bench`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.serving import state

from . import crash
from .fleet import AT

pytestmark = pytest.mark.integration


def test_a_killed_release_is_finished_by_the_next_call_and_no_caller_notices(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    found = crash.run(root, tmp_path, ("promote", "to ramp 50 %", "finish"), moments=0)
    assert found.wrong == []
    assert found.failed == 0
    assert found.requests > 100
    assert (found.releases, found.kills) == (3, 3)


def test_the_engine_sees_a_step_that_is_lost(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    found = crash.sabotaged(root, tmp_path)
    assert [it for it in found.wrong if "steps [" in it] == found.wrong != []


def test_the_engine_sees_a_state_that_nobody_committed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hand on the traffic, at the moment of the kill."""
    monkeypatch.chdir(root)
    found = crash.Found()
    with crash.served(root, tmp_path) as world:

        def meddled(process: subprocess.Popen[bytes]) -> None:
            crash.at_step(world, "to ramp 100 %")(process)
            process.kill()
            names = list(world.endpoint.current().deployments)
            world.endpoint.change(state.route(dict(zip(names, (7, 93), strict=True))), at=AT, by="somebody", reason="")

        crash.trial(world, found, meddled)
    assert any("is no state of it" in it for it in found.wrong)
