"""`mlops compare`, by the records that an endpoint keeps."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli, workspace
from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.deployment.serving import joined
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.deployment.serving.lines import Note
from {{cookiecutter.package_name}}.deployment.serving.outcomes import Outcome, Outcomes
from {{cookiecutter.package_name}}.deployment.serving.records import Recorder
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made
from .made import NOW, SINCE

TOML = """
[source]
folder = "drop"
[table]
path = "rows.csv"
timestamp = "at"
target = "y"
[columns]
km = { kind = "numeric" }
[training]
task = "regression"
[metric]
name = "mae"
direction = "lower"
"""
WINDOW = ["--since", SINCE.isoformat(), "--until", NOW.isoformat()]


def keep(place: Workspace, rows: pd.DataFrame) -> None:
    """Write rows as the gateway records them, and outcomes as they are reported."""
    recorder = Recorder(Layout(place).records)
    recorder.start()
    for row in rows.to_dict("records"):
        event = row["request"] + ("-shadow" if row["shadow"] else "")
        answer = json.dumps({"prediction": row["prediction"]}).encode()
        recorder.put(
            Note(
                event=event, at=row["at"].isoformat(timespec="milliseconds"), request=row["request"], version="1",
                deployment=row["deployment"], digest=row["digest"], assigned=row["deployment"], entity=None,
                shadow=row["shadow"], forced=False, status=200, latency_ms=row["latency_ms"], batch=False,
                raw=b'{"km":1}', record={"km": 1}, answer=answer, stored=b"",
            )
        )  # fmt: skip
    recorder.close()
    live = rows[~rows["shadow"]]
    told = (
        Outcome(event_id=name, value=value, time=NOW)
        for name, value in zip(live["request"], live["outcome"], strict=True)
    )
    Outcomes(place, SimulatedClock(NOW)).add(told)


@pytest.fixture(scope="module")
def place(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in whose records a challenger is a third better."""
    found = Workspace(tmp_path_factory.mktemp("repo"), "prod")
    shutil.copyfile(root / "workspaces.toml", found.root / "workspaces.toml")
    (found.root / "project.toml").write_text(TOML, encoding="utf-8")
    (found.root / "release.toml").write_text((root / "release.toml").read_text(encoding="utf-8"), encoding="utf-8")
    rows = made.World().shadow(600, 0.5)
    keep(found, rows)
    assert len(joined.read(found)) == len(rows)
    return found


@pytest.fixture(autouse=True)
def inside(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.root)
    monkeypatch.delenv(workspace.NAME, raising=False)


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.main, ["compare", *words])


def test_the_plan_is_told_stage_by_stage() -> None:
    ran = run("plan")
    assert ran.exit_code == 0
    assert "1. shadow 50 %: must surely be better; 300 pairs at least" in ran.output
    assert "5. ramp 100 %: guardrails only" in ran.output
    assert "no person is asked" in ran.output


def test_a_verdict_is_given_kept_drawn_and_made_again(tmp_path: Path) -> None:
    out, picture = tmp_path / "verdict.json", tmp_path / "gain.png"
    ran = run("judge", "blue", "green", *WINDOW, "--out", str(out), "--plot", str(picture))
    assert ran.exit_code == 0, ran.output
    assert "gain passed: surely better" in ran.output
    assert "shadow 50 %: promote (every clause holds)" in ran.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert json.loads(out.read_text(encoding="utf-8"))["decision"] == "promote"
    again = run("again", str(out))
    assert again.exit_code == 0, again.output
    assert again.output.startswith("the same again: shadow 50 %: promote")
    changed = json.loads(out.read_text(encoding="utf-8")) | {"decision": "roll back"}
    out.write_text(json.dumps(changed), encoding="utf-8")
    refused = run("again", str(out))
    assert refused.exit_code == 1
    assert "another verdict than the recorded one" in refused.output


def test_words_that_cannot_be_meant_are_told() -> None:
    assert "there are 5 stages" in run("judge", "blue", "green", *WINDOW, "--stage", "9").output
    assert "has no offset" in run("judge", "blue", "green", "--since", "2026-03-02T00:00:00").output
    assert run("judge", "blue", "green").exit_code == 2
