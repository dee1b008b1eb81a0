"""A table that nobody made up, the rentals of a bike scheme by the hour: trained, scored, served, watched."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .conftest import Baked, python
from .emission import REPO, done

BIKES = REPO.parent / "shared" / "data" / "bike_sharing_hourly.csv"
HELD_BACK = 48  # hours, scored after training
LEAKS = {"casual", "registered"}

pytestmark = pytest.mark.skipif(not BIKES.exists(), reason=f"the real table is not at {BIKES}")


@pytest.fixture
def bikes(request: pytest.FixtureRequest, baked: Baked, tmp_path: Path) -> tuple[Path, Path]:
    """(the project at the level asked for, the Python of an environment of that level)."""
    level = request.param
    words = ("new", "bikes", "--level", level, "--data", BIKES, "--target", "cnt")
    said = done(sys.executable, "-m", "ladder", *words, cwd=tmp_path)
    assert all(f"{leak} GIVES THE TARGET AWAY" in said for leak in LEAKS)
    return tmp_path / "bikes", python(baked(level))


def mlops(bikes: tuple[Path, Path], *words: object) -> str:
    project, interpreter = bikes
    return done(interpreter, "-m", "bikes", *words, cwd=project, env={"PYTHONPATH": "src"})


@pytest.mark.parametrize("bikes", [0, 1], indirect=True, ids=["level 0", "level 1"])
def test_described_trained_scored(bikes: tuple[Path, Path]) -> None:
    project, _ = bikes
    proposed = tomllib.loads((project / "project.toml").read_text(encoding="utf-8"))
    assert proposed["table"]["target"] == "cnt"
    assert proposed["training"]["task"] == "regression"
    assert LEAKS.isdisjoint(proposed["columns"])
    mlops(bikes, "train")
    figures = json.loads((project / "handoff" / "metrics.json").read_text(encoding="utf-8"))
    assert figures, "trained without figures"
    last = project / "last.csv"
    lines = BIKES.read_text(encoding="utf-8").splitlines()
    last.write_text("\n".join([lines[0], *lines[-HELD_BACK:]]) + "\n", encoding="utf-8")
    mlops(bikes, "score", last.name)
    with (project / "scores.csv").open(encoding="utf-8", newline="") as file:
        scores = [float(row["prediction"]) for row in csv.DictReader(file)]
    with last.open(encoding="utf-8", newline="") as file:
        known = [float(row["cnt"]) for row in csv.DictReader(file)]
    assert len(scores) == HELD_BACK
    error = sum(abs(a - b) for a, b in zip(scores, known, strict=True)) / HELD_BACK
    spread = sum(abs(b - sum(known) / HELD_BACK) for b in known) / HELD_BACK
    assert error < spread, "no better than their mean"


@contextmanager
def served(bikes: tuple[Path, Path]) -> Iterator[str]:
    """The address at which the project's own service answers, on a free port of this machine."""
    project, interpreter = bikes
    command = [str(interpreter), "-m", "bikes", "serve", "--port", "0"]
    env = {**os.environ, "PYTHONPATH": "src", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stdout
            said = next(line for line in server.stdout if "serving at http" in line)
            yield said.partition("serving at ")[2].split(",")[0].strip()
        finally:
            server.terminate()


def ask(url: str, body: object) -> dict[str, Any]:
    """The answer to a POST, as JSON."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - a server of this test
        found: dict[str, Any] = json.load(answer)
        return found


@pytest.mark.parametrize("bikes", [1], indirect=True, ids=["level 1"])
def test_gathered_accepted_served(bikes: tuple[Path, Path]) -> None:
    project, _ = bikes
    mlops(bikes, "ingest")
    assert json.loads((project / "data" / "landed" / "manifest.json").read_text(encoding="utf-8"))["files"]
    mlops(bikes, "train")
    mlops(bikes, "accept", "handoff")
    request = json.loads((project / "handoff" / "sample_request.json").read_text(encoding="utf-8"))
    recorded = json.loads((project / "handoff" / "sample_response.json").read_text(encoding="utf-8"))
    with served(bikes) as address:
        batch = ask(f"{address}/score/batch", request)
        single = ask(f"{address}/score", request["records"][0])
    expected = [item["prediction"] for item in recorded["predictions"]]
    assert [item["prediction"] for item in batch["predictions"]] == pytest.approx(expected, rel=1e-9)
    assert single["prediction"] == pytest.approx(expected[0], rel=1e-9)


@pytest.mark.parametrize("bikes", [2], indirect=True, ids=["level 2"])
def test_trained_by_the_pipeline_reproduced_released_served(bikes: tuple[Path, Path]) -> None:
    project, _ = bikes
    said = mlops(bikes, "pipeline", "run", "--allow-uncommitted")
    assert "version 1" in said
    assert "8 steps, 6 skipped" in mlops(bikes, "pipeline", "run", "--allow-uncommitted")
    assert "version 1 reproduced" in mlops(bikes, "reproduce", "1")
    mlops(bikes, "release", "1")
    given = json.loads(next((project / "models").glob("*/sample_request.json")).read_text(encoding="utf-8"))
    with served(bikes) as address:
        assert ask(f"{address}/score", given["records"][0])["prediction"] > 0


@pytest.mark.parametrize("bikes", [4], indirect=True, ids=["level 4"])
def test_the_second_year_is_not_like_the_first(bikes: tuple[Path, Path]) -> None:
    """The scheme grew by two thirds; the weather and the calendar were as they are."""
    project, interpreter = bikes
    lines = BIKES.read_text(encoding="utf-8").splitlines()
    for year in ("2011", "2012"):
        rows = [line for line in lines[1:] if line.startswith(year)]
        (project / f"{year}.csv").write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")
    command = [str(interpreter), "-m", "bikes", "monitor", "--reference", "2011.csv", "--window", "2012.csv"]
    ran = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "src"}
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "DRIFT in cnt" in ran.stdout
    figures = json.loads((project / "reports" / "monitor.json").read_text(encoding="utf-8"))
    assert {it["column"] for it in figures["findings"] if it["drifted"]} == {"cnt"}
    assert figures["groups"] == ["target"]
