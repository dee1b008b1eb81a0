"""The gates of `make` and of the hooks, run for real in a project to break: each was seen red."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Baked, Rendered, python
from ..emission import done, replace, run

Make = Callable[..., subprocess.CompletedProcess[str]]
posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for docker is a shell script")


@pytest.fixture
def project(rendered: Rendered, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An emitted project under git, to break; of Level 1, if the test names no other."""
    repo = shutil.copytree(rendered(getattr(request, "param", 1)), tmp_path / "project")
    (repo / ".ready").touch()
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=repo, check=True)
    return repo


@pytest.fixture
def make(project: Path, baked: Baked, tmp_path: Path) -> Make:
    """`make(target, TAG="v1")`: run it in the project, with the tools of an emitted environment."""
    here = python(baked(1))
    mlops = f"{here} -m {next((project / 'src').iterdir()).name}"
    fixed = (f"BIN={here.parent.as_posix()}", "READY=.ready", f"MLOPS={mlops}")
    settled = {"PYTHONPATH": str(project / "src"), "PRE_COMMIT_HOME": str(tmp_path / "hooks")}

    def call(*words: str, first: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{first}{os.pathsep}{os.environ['PATH']}" if first else os.environ["PATH"]
        env = {**settled, **environment, "PATH": path}
        return run("make", "--no-print-directory", *fixed, *words, cwd=project, env=env)

    return call


# --- the hooks


@pytest.mark.parametrize("project", [1, 4], indirect=True)
def test_what_is_emitted_passes_its_hooks(make: Make) -> None:
    ran = make("hooks")
    assert ran.returncode == 0, ran.stdout
    assert "(no files to check)Skipped" not in ran.stdout


@pytest.mark.parametrize(
    ("name", "text", "hook"),
    [
        ("docs/keys.md", "aws_secret = '" + "AKIA" + "IOSFODNN7EXAMPLQ'\n", "no secrets"),
        ("docs/big.csv", "1234567\n" * 150_000, "no file over 1 MB"),
        (
            "notebooks/run.ipynb",
            '{"cells": [{"execution_count": 3, "outputs": [{"output_type": "stream"}]}]}\n',
            "notebooks",
        ),
        ("docs/merge.md", "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n", "no conflict markers"),
        ("src/loose.py", "import os\n", "lint"),
    ],
    ids=["secret", "large file", "notebook output", "conflict marker", "unused import"],
)
def test_a_hook_sees(project: Path, make: Make, name: str, text: str, hook: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "add", "-f", name], cwd=project, check=True)
    ran = make("hooks")
    assert ran.returncode != 0
    red = [line for line in ran.stdout.splitlines() if line.endswith("Failed")]
    assert len(red) == 1, ran.stdout
    assert red[0].startswith(hook)


# --- the floor of coverage


@pytest.fixture
def covered(project: Path, baked: Baked) -> None:
    """A package whose tests run nearly all of it, but little of one layer, and of a room of another."""
    shutil.rmtree(project / "src")
    for layer, lines, ran in (
        ("model", 300, 300),
        ("data", 10, 3),
        ("deployment", 300, 300),
        ("deployment/room", 10, 3),
    ):
        place = project / "src" / "trips" / layer
        place.mkdir(parents=True)
        body = "".join(f"    x = {number}\n" for number in range(lines - ran))
        text = "x = 0\n" * ran + (f"if x:\n{body}" if body else "")
        (place / "work.py").write_text(text, encoding="utf-8")
        (place / "__init__.py").write_text("", encoding="utf-8")
    (project / "src" / "trips" / "__init__.py").write_text("", encoding="utf-8")
    script = "import trips.model.work, trips.data.work, trips.deployment.work, trips.deployment.room.work"
    (project / "run.py").write_text(script, encoding="utf-8")
    command = (python(baked(1)), "-m", "coverage", "run", "--branch", "--source=src", "run.py")
    done(*command, cwd=project, env={"PYTHONPATH": str(project / "src")})


@pytest.mark.usefixtures("covered")
def test_each_package_has_its_own_floor(make: Make) -> None:
    assert make("floor/src/trips/model").returncode == 0
    assert make("floor/src/trips/__init__.py").returncode == 0
    assert make("floor/src/trips/deployment").returncode == 0
    for place in ("data", "deployment/room"):
        low = make(f"floor/src/trips/{place}")
        assert low.returncode != 0
        assert "is less than fail-under=88" in low.stdout.replace("fail_under", "fail-under")
    assert make("floor/src/trips/data", "FLOOR=20").returncode == 0


# --- the release


def test_a_release_that_agrees_is_let_through(project: Path, make: Make) -> None:
    ran = make("release-check", TAG="v0.1.0")
    assert (ran.returncode, "releases version 0.1.0" in ran.stdout) == (0, True), ran.stdout
    assert make("release-notes", TAG="v0.1.0").returncode == 0
    assert "First version" in (project / "reports" / "release-notes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "tag", ["v0.2.0", "0.1.0", "", "v0.1.0$(shell touch seen)", "v0.1.0;touch seen", "v`touch seen`"]
)
def test_a_release_that_does_not_is_stopped(project: Path, make: Make, tag: str) -> None:
    ran = make("release-check", TAG=tag)
    assert ran.returncode != 0
    assert not (project / "seen").exists(), "the tag's name was run as a command"


def test_an_untold_version_is_stopped(project: Path, make: Make) -> None:
    replace(project / "CHANGELOG.md", "## 0.1.0", "## 0.0.9")
    assert make("release-check", TAG="v0.1.0").returncode != 0


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A stand-in for docker that writes down what it is asked; `docker run` fails where SMOKE says so."""
    place = tmp_path / "docker"
    place.mkdir()
    script = '#!/bin/sh\necho "$@" >> "$LOG"\n[ "$1" != run ] || exit "${SMOKE:-0}"\n'
    (place / "docker").write_text(script, encoding="utf-8")
    (place / "docker").chmod(0o755)
    return place


@posix
@pytest.mark.parametrize(("target", "last"), [("image-push", "push"), ("image-save", "save")])
def test_an_image_leaves_only_after_its_smoke_test(
    make: Make, docker: Path, tmp_path: Path, target: str, last: str
) -> None:
    for smoke, wanted in (("0", ["run", last]), ("1", ["run"])):
        log = tmp_path / f"log-{smoke}"
        ran = make(target, first=str(docker), LOG=str(log), SMOKE=smoke, TAG="v1.2.3", IMAGE="place/app")
        lines = log.read_text(encoding="utf-8").splitlines()
        assert [line.split()[0] for line in lines] == wanted, ran.stdout
        assert all("place/app:1.2.3" in line for line in lines)
        assert (ran.returncode == 0) == (smoke == "0")


@pytest.mark.slow
def test_a_wheel_that_does_not_answer_stops_the_release(project: Path, make: Make) -> None:
    """The whole release but for what other tests run: check, build, smoke test of the wheel in its own environment."""
    place = next((project / "src").iterdir()) / "service"
    quick = ("-o", "lint", "-o", "types", "-o", "hooks", "-o", "cover", "-o", "integration", "release-dry-run")
    good = make(*quick, TAG="v0.1.0")
    assert good.returncode == 0, good.stdout
    assert "sample predictions are as recorded" in good.stdout
    assert (project / "dist").is_dir()
    replace(place / "app.py", '@app.get("/health/ready"', '@app.get("/health/reddy"')
    bad = make(*quick, TAG="v0.1.0")
    assert bad.returncode != 0
    assert "/health/ready gives 404" in bad.stdout
