"""The commands as people and cron run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.data import landed, manifest
from {{cookiecutter.package_name}}.model import frame, project, train

from . import world

PACKAGE = cli.__name__.rpartition(".")[0]
TOML = """
[source]
url = "sqlite:///rides.db"
table = "rides"
watermark = "updated_at"
[table]
path = "data/landed"
timestamp = "at"
target = "minutes"
key = ["id"]
[columns]
km = { kind = "numeric", min = 0, max = 100 }
zone = { kind = "categorical" }
rain = { kind = "numeric", nullable = true }
night = { kind = "boolean" }
[training]
task = "regression"
[metric]
name = "mae"
direction = "lower"
"""


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("project.toml").write_text(TOML, encoding="utf-8")
    world.insert(Path("rides.db"), world.rides(300))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.main, words)


@pytest.mark.usefixtures("base")
def test_a_day_at_work() -> None:
    first = run("ingest", "--batch-rows", "200")
    assert first.exit_code == 0, first.output
    assert "300 new, 0 changed, 0 duplicate, 0 quarantined" in first.output
    assert "nothing new" in run("ingest").output
    world.change(Path("rides.db"), "UPDATE rides SET km = -km, updated_at = '2025-03-20 00:00:00' WHERE id <= 50")
    bad = run("ingest")
    assert bad.exit_code == 3
    assert "000003" in run("quarantine", "list").output
    assert run("ingest").exit_code == 0
    assert "000003, 50 rows" in run("data", "status").output
    assert run("quarantine", "release", "000003").exit_code == 1
    assert run("quarantine", "release", "000003", "--accept").exit_code == 2
    assert run("quarantine", "drop", "000003", "--reason", "a test").exit_code == 0
    assert "nothing that waits" in run("quarantine", "list").output
    assert "as it was landed" in run("data", "verify").output
    own = project.load()
    assert len(train.table(frame.read(Path(own.table.path)), own.schema_only)) == 300


@pytest.mark.usefixtures("base")
def test_wrong_options_are_named() -> None:
    assert "--overlap" in run("ingest", "--overlap", "soon").output
    assert run("quarantine", "drop", "000009", "--reason", "x").exit_code == 1


@pytest.mark.integration
def test_killed_for_real_in_the_middle_it_goes_on(base: Path) -> None:
    command = [sys.executable, "-m", PACKAGE, "ingest", "--batch-rows", "50"]
    source = Path(str(cli.__file__)).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(source), "HOME": str(base / "home"), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=base, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert [process.stdout.readline()[:12] for _ in range(2)][-1] == "batch 000002"
        process.kill()
    found = manifest.load(base / "data" / "landed")
    assert 2 <= found.number < 6
    assert landed.verify(base / "data" / "landed") == []
    again = run("ingest", "--batch-rows", "50")
    assert again.exit_code == 0, again.output
    world.same(base / "data" / "landed", world.source_rows(base / "rides.db"))
    whole = manifest.load(base / "data" / "landed").state
    assert run("ingest", "--root", "other").exit_code == 0
    assert json.loads((base / "other" / "manifest.json").read_text(encoding="utf-8"))["state"] == whole
    assert not (base / "home").exists()
