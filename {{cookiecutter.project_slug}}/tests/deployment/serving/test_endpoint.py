"""The endpoint as real processes, under load: changes, crashes, broken models. Nobody may lose an answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}} import layers
from {{cookiecutter.package_name}}.deployment.serving import joined, running, state, status
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout, ServingError
from {{cookiecutter.package_name}}.deployment.serving.status import Status
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made
from .alive import until
from .load import Load

pytestmark = pytest.mark.integration
SECONDS = 60.0


def mlops(place: Workspace, *words: str, code: int = 0) -> str:
    """Run a command in the workspace's repo."""
    source = Path(layers.__file__).parent.parent
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", layers.PACKAGE, *words],
        cwd=place.root,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, models: dict[str, Path]) -> Iterator[Workspace]:
    """A running endpoint with two deployments that share the traffic."""
    it = made.repo(tmp_path_factory.mktemp("repo"))
    made.change(it, made.deploy("blue", models["double"]), made.deploy("green", models["triple"], "2"))
    made.change(it, state.route({"blue": 50, "green": 50}))
    mlops(it, "endpoint", "up", "--detach", "--port", "0")
    yield it
    mlops(it, "endpoint", "down")


@pytest.fixture
def even(place: Workspace, models: dict[str, Path]) -> Workspace:
    """The endpoint in its first shape, whatever a test before made of it."""
    shape = (made.deploy("blue", models["double"]), made.deploy("green", models["triple"], "2"))
    now = made.change(place, *shape, state.route({"blue": 50, "green": 50}))
    extra = [state.remove(name) for name in now.deployments if name not in ("blue", "green")]
    made.change(place, *extra)
    status.settle(place, SECONDS)
    return place


def loaded(it: Status) -> Load:
    return Load(it.address)


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def more(load: Load, count: int = 50) -> None:
    """Let so many more requests be answered."""
    before = load.count
    until(lambda: load.count >= before + count)


def test_changes_under_load_lose_nothing(even: Workspace, models: dict[str, Path]) -> None:
    """Shares go up and down, a third deployment takes the place of one, then another version its place."""
    with loaded(status.read(even)) as load:
        for share in (5, 25, 50, 100, 0, 5, 25, 50, 100, 0, 50):
            made.change(even, state.route({"blue": 100 - share, "green": share}))
            status.settle(even, SECONDS)
            more(load, 10)
        made.change(even, made.deploy("third", models["double"], "3"))
        made.change(even, state.route({"blue": 50, "third": 50}), state.remove("green"))
        status.settle(even, SECONDS)
        more(load)
        made.change(even, made.deploy("third", models["triple"], "4"))
        now = status.settle(even, SECONDS)
        more(load)
    assert (load.failed, load.broken) == (0, 0)
    assert {name for name, _ in load.answered} == {"blue", "green", "third"}
    assert now.scorers["third"].digest == made.digest(models["triple"])


def broken_models(models: dict[str, Path], folder: Path) -> dict[str, tuple[Path, str, str]]:
    """Name -> (folder, digest that is deployed, what the status says of it)."""
    good = models["double"]
    lying = made.lying(good, folder / "lying")
    return {
        "altered": (made.altered(good, folder / "altered"), made.digest(good), "its checksum differs"),
        "lying": (lying, made.digest(lying), "sample record 0 gives"),
    }


def test_a_broken_model_never_gets_a_request(even: Workspace, models: dict[str, Path], tmp_path: Path) -> None:
    before = status.read(even)
    assert before.in_force is not None
    with loaded(before) as load:
        for name, (folder, digest, why) in broken_models(models, tmp_path).items():
            made.change(even, state.deploy(name, "9", digest, folder))
            with pytest.raises(ServingError, match=why):
                status.ready(even, name, SECONDS)
        made.change(even, state.route({"lying": 100}))
        with pytest.raises(ServingError, match=r"is not in force after 0\.5 s: lying is"):
            status.settle(even, 0.5)
        now = status.read(even)
        assert now.in_force is not None
        assert now.in_force < now.committed.number
        assert not now.scorers["lying"].ready
        more(load)
        made.change(even, state.route({"blue": 50, "green": 50}))
        status.settle(even, SECONDS)
    assert (load.failed, load.broken) == (0, 0)
    assert {name for name, _ in load.answered} == {"blue", "green"}


def test_a_killed_scorer_loses_nothing(even: Workspace) -> None:
    before = status.read(even)
    with loaded(before) as load:
        more(load)
        kill(before.scorers["green"].pid)
        until(lambda: (it := status.read(even).scorers["green"]).ready and it.pid != before.scorers["green"].pid)
        more(load)
    assert (load.failed, load.broken) == (0, 0)
    assert status.read(even).scorers["green"].restarts == before.scorers["green"].restarts + 1


def test_the_only_scorer_killed_loses_nothing_but_time(even: Workspace) -> None:
    made.change(even, state.route({"blue": 100}, {"green": 50}))
    before = status.settle(even, SECONDS)
    with loaded(before) as load:
        more(load)
        kill(before.scorers["blue"].pid)
        more(load)
    assert (load.failed, load.broken) == (0, 0)
    assert {name for name, _ in load.answered} == {"blue"}


def test_a_killed_gateway_loses_only_what_was_on_its_way(even: Workspace) -> None:
    """Callers see a connection that breaks; who tries once more is answered. Nobody is refused: the socket stays."""
    before = status.read(even)
    with loaded(before) as load:
        more(load)
        kill(before.gateway_pid)
        more(load, 200)
    now = status.read(even)
    assert load.failed == 0
    assert load.broken <= len(load.threads)
    assert (now.in_force, now.gateway_restarts) == (before.in_force, before.gateway_restarts + 1)
    assert now.gateway_pid != before.gateway_pid


def test_every_answer_is_recorded(even: Workspace) -> None:
    """Of a gateway that is not killed; one that is loses what it has not written within a tenth of a second."""
    until(lambda: written(even))  # what came of the tests before this one, too
    before = len(joined.read(even))
    with loaded(status.read(even)) as load:
        more(load, 200)
    until(lambda: written(even))
    assert len(joined.read(even)) == before + load.count


def written(place: Workspace) -> bool:
    """Nothing waits to be recorded, and the gateway says so."""
    gateway = status.read(place).gateway
    return bool(gateway) and gateway["records"]["waiting"] == 0


def test_a_second_supervisor_is_refused(even: Workspace) -> None:
    said = mlops(even, "endpoint", "up", "--port", "0", code=1)
    assert "runs already as process" in said
    assert "fix: `mlops endpoint down`" in said


def test_the_status_is_also_for_machines(even: Workspace) -> None:
    found: dict[str, Any] = json.loads(mlops(even, "endpoint", "status", "--json"))
    assert found["settled"]
    assert found["committed"]["traffic"] == {"blue": 50, "green": 50}
    assert {name: it["ready"] for name, it in found["scorers"].items()} == {"blue": True, "green": True}


def test_an_endpoint_that_cannot_come_up_says_why(tmp_path: Path, even: Workspace) -> None:
    taken = status.read(even).address.rpartition(":")[2]
    said = mlops(made.repo(tmp_path), "endpoint", "up", "--detach", "--host", "0.0.0.0", "--port", taken, code=1)  # noqa: S104
    assert "MLOPS_API_KEY is not set" in said
    assert "did not come up" in said


def test_a_killed_supervisor_takes_the_others_with_it_and_comes_back_as_committed(even: Workspace) -> None:
    made.change(even, state.route({"blue": 25, "green": 75}))
    before = status.settle(even, SECONDS)
    pids = [before.gateway_pid, *(it.pid for it in before.scorers.values())]
    kill(before.pid)
    until(lambda: not any(alive(pid) for pid in pids))
    said = mlops(even, "endpoint", "status")
    assert "does not run" in said
    mlops(even, "endpoint", "up", "--detach")
    now = status.settle(even, SECONDS)
    assert (now.address, now.in_force) == (before.address, before.in_force)
    assert now.committed.traffic == {"blue": 25, "green": 75}


def alive(pid: int | None) -> bool:
    """Whether a process is there, and not merely waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_end_answers_what_it_has_begun(even: Workspace) -> None:
    with loaded(status.read(even)) as load:
        more(load)
        assert "is down" in mlops(even, "endpoint", "down")
    assert all(code == 200 for _, code in load.answered)
    assert not running.runs(Layout(even))
    assert "does not run" in mlops(even, "endpoint", "down")
