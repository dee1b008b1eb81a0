"""The words of the endpoint on the command line, on a registered version."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli, workspace
from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.deployment.promotion import workspaces
from {{cookiecutter.package_name}}.deployment.release import world as releases
from {{cookiecutter.package_name}}.deployment.serving import install, joined, listing, running, state, status
from {{cookiecutter.package_name}}.deployment.serving.follow import key_of
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout, ServingError
from {{cookiecutter.package_name}}.deployment.serving.records import Recorder
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.training import mlflows, registry
from {{cookiecutter.package_name}}.training.registry import Registry
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made
from .alive import World, until
from .test_records import NOTE

pytestmark = [
    pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning"),  # what MLflow asks of SQLAlchemy
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning"),  # and of pandas
]


@pytest.fixture(scope="module")
def registered(models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose registry holds a version that has passed the gate, and one that has not."""
    found = made.repo(tmp_path_factory.mktemp("repo"))
    (found.root / "project.toml").write_text(made.PROJECT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(workspace.TRACKING, raising=False)
        for name, gate in (("double", "passed"), ("triple", "refused")):
            folder = models[name]
            tags = {**dict.fromkeys(registry.NEEDED, "of no account"), "gate": gate}
            tags |= {"model_sha256": made.digest(folder), "handoff_sha256": handoff.sha256(folder / handoff.SUMS)}
            run = mlflows.start(found, "training", "a test", {})
            Registry(found, made.CLOCK).register(run, tags, {registry.FOLDER: folder, registry.MODEL: folder})
            mlflows.end(run, failed=False)
    return found


@pytest.fixture
def inside(registered: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in (workspace.NAME, workspace.TRACKING):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(registered.root)
    return registered


def mlops(*words: str, code: int = 0) -> str:
    ran = CliRunner().invoke(cli.main, list(words))
    assert ran.exit_code == code, ran.output
    return ran.output


def test_a_version_is_deployed_and_gets_traffic(inside: Workspace) -> None:
    assert "nothing was deployed yet" in mlops("endpoint", "history")
    assert "blue is version 1" in mlops("endpoint", "deploy", "blue", "1", "--by", "me", "--reason", "first")
    assert "traffic: blue 100 %" in mlops("endpoint", "route", "blue=100", "--by", "me")
    assert "green is version 1" in mlops("endpoint", "deploy", "green", "1")
    assert "copies: green 20 %" in mlops("endpoint", "route", "blue=100", "--mirror", "green=20", "--by", "me")
    mlops("endpoint", "remove", "green", "--reason", "not needed")
    said = mlops("endpoint", "history")
    assert "me: blue is version 1 (first)" in said
    assert "me: traffic blue 100 %" in said
    assert "copies green 20 %" in said
    assert "green is gone; copies none (not needed)" in said
    it = state.Endpoint(inside).current().deployments["blue"]
    assert handoff.load(Path(it.folder)).digest == it.digest == Registry(inside, made.CLOCK).get("1").sha256


def test_the_commands_are_about_the_workspace_that_serves_unless_another_is_named(
    inside: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where pipelines have set their own: else a person would look at one endpoint and release to another."""
    monkeypatch.setenv(workspace.NAME, workspace.DEFAULT)
    mlops("endpoint", "deploy", "blue", "1")
    assert "blue is version 1" in mlops("endpoint", "history")
    assert "nothing was deployed yet" in mlops("endpoint", "history", "--workspace", "dev")
    assert "did you mean 'prod'" in mlops("endpoint", "status", "--workspace", "prd", code=1)
    mlops("outcomes", "--workspace", "dev")
    with (inside.root / workspaces.FILE).open("a", encoding="utf-8") as file:
        file.write("[workspace.live]\n")
    text = (inside.root / workspaces.FILE).read_text(encoding="utf-8")
    (inside.root / workspaces.FILE).write_text('serves = "live"\n' + text, encoding="utf-8")
    assert "nothing was deployed yet" in mlops("endpoint", "history")
    made.repo(inside.root)


def test_releases_go_to_the_workspace_that_the_commands_are_about(root: Path) -> None:
    assert releases.of(root, made.CLOCK, print).prod == workspaces.load(root).serving


def test_the_files_of_a_version_are_taken_once_and_again_where_they_changed(inside: Workspace) -> None:
    folder = install.files(inside, "1", made.CLOCK)
    before = folder.stat().st_ino
    assert install.files(inside, "1", made.CLOCK).stat().st_ino == before
    (folder / handoff.METRICS).write_text("{}", encoding="utf-8")
    assert install.files(inside, "1", made.CLOCK) == folder
    handoff.verify(folder)


def test_a_version_that_has_not_passed_the_gate_is_refused(inside: Workspace) -> None:
    before = state.Endpoint(inside).current()
    with pytest.raises(ModelError, match="has not passed the gate"):
        install.version(inside, "green", "2", made.CLOCK)
    assert state.Endpoint(inside).current() == before


@pytest.mark.parametrize("share", ["blue", "blue=", "=5", "blue=5%", "blue=-5", "blue=1.5"])
@pytest.mark.usefixtures("inside")
def test_a_share_that_cannot_be_read_is_told(share: str) -> None:
    assert "is not NAME=PERCENT" in mlops("endpoint", "route", share, code=2)


@pytest.mark.usefixtures("inside")
def test_a_rule_that_is_broken_is_told() -> None:
    assert "error: traffic for 'red', which is no deployment" in mlops("endpoint", "route", "red=100", code=1)


def test_an_endpoint_that_does_not_run_says_so(inside: Workspace) -> None:
    assert "does not run" in mlops("endpoint", "status")
    assert "does not run" in mlops("endpoint", "down")
    assert json.loads(mlops("endpoint", "status", "--json"))["running"] is False
    with pytest.raises(ServingError, match="does not run"):
        status.settle(inside, 1)


def test_outcomes_are_loaded_and_counted(inside: Workspace) -> None:
    recorder = Recorder(Layout(inside).records)
    recorder.put(NOTE)
    recorder.flush()
    recorder.shut()
    (inside.root / "known.csv").write_text("event_id,value\ne1,13.5\nnobody,1\n", encoding="utf-8")
    said = mlops("outcomes", "known.csv")
    assert "kept 2 outcomes of known.csv" in said
    assert "1 of 1 recorded predictions have an outcome" in said
    assert "1 outcomes have no recorded prediction here and are kept: nobody" in said
    assert joined.read(inside)["outcome"].item() == 13.5


def test_the_status_in_words(world: World) -> None:
    """Of an endpoint whose supervisor is this test: it says of its children what they say."""
    world.deploy(blue="double", green="triple")
    world.change(state.route({"blue": 100}, {"green": 50}))
    with world.gateway() as caller, running.alone(world.layout):
        caller.settled()
        for number in range(20):
            caller.score(f"rider {number}")
        until(lambda: caller.status()["mirror"]["answered"])
        scorers = {
            f"{name}-{it.digest[:12]}": {"name": name, "phase": "ready", "reason": "", "restarts": 0, "pid": 1}
            for name, it in world.endpoint.current().deployments.items()
        }
        gateway = {"pid": 2, "restarts": 3}
        told = {"pid": 1, "address": str(caller.client.base_url), "gateway": gateway, "scorers": scorers}
        told["followed"] = world.endpoint.current().number
        world.layout.running.write_text(json.dumps(told), encoding="utf-8")
        found = status.settle(world.place, 5)
        said = "\n".join(listing.status(found))
        assert (found.settled, found.scorers["blue"].ready) == (True, True)
        assert status.ready(world.place, "green", 5).name == "green"
        for words in ("gateway 2, restarted 3 times", "100 %", "50 % copied", "blue 200: 20", "copies answered"):
            assert words in said
        world.stop("blue")
        world.change(state.deploy("blue", "2", "e" * 64, world.models["double"]))
        until(lambda: "waits for: blue" in "\n".join(listing.status(status.read(world.place))))
        with pytest.raises(ServingError, match="deployment blue is starting"):
            status.ready(world.place, "blue", 0)
    assert "does not run" in "\n".join(listing.status(status.read(world.place)))


def test_a_word_of_before_the_last_change_is_not_believed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither `ready`, which is of what had the name until then, nor `refused`, whose folder may be mended."""
    world.deploy(blue="double")
    (it,) = world.endpoint.current().deployments.values()
    number = world.endpoint.current().number
    refused = {key_of(it): {"phase": "refused", "reason": "not this model", "restarts": 0, "pid": 1}}
    told = {"address": "http://127.0.0.1:1", "followed": number, "gateway": {}, "scorers": refused}
    gateway = {"committed": number, "in_force": number, "ready": {"blue": True}}
    world.layout.running.write_text(json.dumps(told), encoding="utf-8")
    monkeypatch.setattr(running, "ask", lambda *_: (200, gateway))
    with running.alone(world.layout):
        assert status.read(world.place).scorers["blue"].phase == "refused"
        told["followed"] = number - 1
        world.layout.running.write_text(json.dumps(told), encoding="utf-8")
        found = status.read(world.place).scorers["blue"]
        assert (found.phase, found.ready) == ("starting", True)
        gateway["committed"] = number - 1
        assert not status.read(world.place).scorers["blue"].ready


def test_a_trouble_with_the_disk_is_in_the_status(world: World) -> None:
    world.layout.records.parent.mkdir(parents=True)
    world.layout.records.write_text("in the way", encoding="utf-8")
    world.deploy(blue="double")
    world.change(state.route({"blue": 100}))
    with world.gateway() as caller, running.alone(world.layout):
        told = {"pid": 1, "address": str(caller.client.base_url), "gateway": {}, "scorers": {}}
        world.layout.running.write_text(json.dumps(told), encoding="utf-8")
        assert caller.by() == "blue"
        until(lambda: "THEY CANNOT BE WRITTEN" in "\n".join(listing.status(status.read(world.place))))
        world.layout.records.unlink()
        until(lambda: caller.status()["records"]["written"] == 1)


def test_another_clock_is_another_row(inside: Workspace) -> None:
    later = SimulatedClock(made.AT + timedelta(days=1))
    install.version(inside, "green", "1", later, by="me")
    assert state.Endpoint(inside).history()[-1].at == later.now().isoformat()
