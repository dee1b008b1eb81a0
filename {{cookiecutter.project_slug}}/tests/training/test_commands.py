"""The pipeline's commands as people type them, mistakes included."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib import request

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli, workspace
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

PACKAGE = cli.__name__.rpartition(".")[0]


def mlops(*words: str) -> Result:
    return CliRunner().invoke(cli.main, words)


def test_check_lists_the_steps_with_what_they_need(place: Workspace) -> None:
    result = mlops("pipeline", "check")
    lines = result.output.splitlines()
    assert lines[0] == "ingest"
    assert lines[1] == "validate <- ingest"
    assert lines[-1].endswith("8 steps, every binding leads somewhere")
    made.replace(
        place.root / "azure" / "pipelines" / "training.yml", "jobs.ingest.outputs.snapshot", "jobs.ingest.outputs.x"
    )
    broken = mlops("pipeline", "check")
    assert broken.exit_code == 1
    assert "no output 'x'" in broken.output


@pytest.mark.usefixtures("place")
def test_a_run_shows_its_progress_and_what_came_of_it() -> None:
    result = mlops("pipeline", "run", "--cause", "to see")
    lines = result.output.splitlines()
    assert result.exit_code == 0, result.output
    assert lines[0].endswith(" of training: to see")
    assert [line for line in lines if line.startswith("[")][-1] == "[8/8] register ..."
    assert any(line.strip().startswith("skipped: same inputs as in run ") for line in lines)
    assert lines[-1].startswith("version 1 (registered before: the same model)")
    listed = mlops("pipeline", "runs").output.splitlines()
    assert len(listed) == 2
    assert listed[0].endswith("Completed  to see: version 1")
    assert mlops("pipeline", "runs", "--last", "1").output.splitlines() == listed[:1]


def test_a_refusal_is_an_error_that_says_why_and_how_to_go_on(place: Workspace) -> None:
    with (place.root / "gate.toml").open("a", encoding="utf-8") as policy:
        policy.write("\n[floors]\nminutes = { mae = 0.001 }\n")
    made.commit(place.root, "a floor that nothing reaches")
    result = mlops("pipeline", "run")
    assert result.exit_code == 1
    assert "error: the gate refuses this model:\n  floor: mae " in result.output
    assert "fix: nothing is registered" in result.output
    assert "Failed     by hand: the gate refuses this model:" in mlops("pipeline", "runs").output


WRONG = {
    "no such pipeline": (("pipeline", "run", "tarining"), 1, "tarining.yml cannot be read"),
    "no such input": (("pipeline", "run", "--input", "champoin=none"), 1, "'champoin' is no input"),
    "an input that is none": (("pipeline", "run", "--input", "champion"), 2, "'champion' is not NAME=VALUE"),
    "an input that is not there": (("pipeline", "run", "--input", "policy=none.toml"), 1, "none.toml does not exist"),
    "no such platform": (("pipeline", "run", "--platform", "moon"), 2, "'moon' is not one of"),
}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(("words", "code", "said"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_named(words: tuple[str, ...], code: int, said: str) -> None:
    result = mlops(*words)
    assert result.exit_code == code
    assert said in result.output
    assert "Traceback" not in result.output


def test_before_anything_ran_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert mlops("pipeline", "runs").output == "nothing has run yet; `mlops pipeline run` starts\n"
    result = mlops("ui")
    assert result.exit_code == 1
    assert "workspace dev holds nothing to show" in result.output


def test_of_a_server_the_pages_are_the_server_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(workspace.TRACKING, "https://tracking.example")
    assert mlops("ui").output == "the runs are on a server of their own: https://tracking.example\n"


@pytest.mark.integration
@pytest.mark.skipif(sys.platform == "win32", reason="there is no Ctrl+C for another process")
def test_the_pages_of_mlflow_are_served_on_loopback_until_ctrl_c(place: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", PACKAGE, "ui", "--port", str(port)]
    told = {**os.environ, "PYTHONPATH": str(Path(str(cli.__file__)).parent.parent)}
    with subprocess.Popen(  # noqa: S603
        command, cwd=place.root, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            assert answers(f"http://127.0.0.1:{port}/health") == b"OK"
        finally:
            os.killpg(process.pid, signal.SIGINT)
            said, _ = process.communicate(timeout=60)
    assert said.startswith(f"MLflow on http://127.0.0.1:{port}, workspace dev".encode())


def answers(url: str) -> bytes:
    """The body at `url`, once it is there."""
    until = time.monotonic() + 90
    while True:
        try:
            with request.urlopen(url, timeout=5) as answer:  # noqa: S310
                return bytes(answer.read())
        except OSError:
            assert time.monotonic() < until, f"{url} does not answer"
            time.sleep(0.2)
