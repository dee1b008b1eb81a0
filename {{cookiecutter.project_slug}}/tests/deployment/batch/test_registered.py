"""`mlops batch` by a version of the real registry."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli, workspace
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import frame, handoff
from {{cookiecutter.package_name}}.training import mlflows, registry
from {{cookiecutter.package_name}}.training.registry import Registry
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

pytestmark = [
    pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning"),  # what MLflow asks of SQLAlchemy
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated:DeprecationWarning"),  # and of pandas
]
TOML = """
[source]
folder = "drop"
[table]
path = "rows.csv"
timestamp = "at"
target = "y"
key = ["trip no"]
[columns]
km = { kind = "numeric", min = 0, max = 500 }
warm = { kind = "numeric", nullable = true }
zone = { kind = "categorical" }
rain = { kind = "boolean" }
[features]
calendar = ["hour"]
[training]
task = "regression"
estimator = "linear"
seed = 3
[metric]
name = "mae"
direction = "lower"
"""


@pytest.fixture(scope="module")
def place(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose registry holds one version, the candidate."""
    root = tmp_path_factory.mktemp("repo")
    (root / "project.toml").write_text(TOML, encoding="utf-8")
    found = Workspace(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(workspace.TRACKING, raising=False)
        tags = dict.fromkeys(registry.NEEDED, "of no account")
        tags["model_sha256"] = handoff.sha256(folders["regression"] / handoff.MODEL)
        tags["handoff_sha256"] = handoff.sha256(folders["regression"] / handoff.SUMS)
        run = mlflows.start(found, "training", "a test", {})
        kept = {registry.FOLDER: folders["regression"], registry.MODEL: folders["regression"]}
        Registry(found, made.CLOCK).register(run, tags, kept)
        mlflows.end(run, failed=False)
    return found


@pytest.fixture
def inside(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (workspace.NAME, workspace.TRACKING):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(place.root)
    return place.root


def test_a_registered_version_scores_a_file(inside: Path) -> None:
    made.write(made.rows(60), inside / "in.csv")
    ran = CliRunner().invoke(cli.main, ["batch", "in.csv", "out.parquet", "--version", "candidate", "--keep", "note"])
    assert ran.exit_code == 0, ran.output
    assert "version 1 (model " in ran.output
    assert "60 rows scored" in ran.output
    assert list(frame.read(inside / "out.parquet")) == ["row", "trip no", "at", "note", "prediction"]
    summary = json.loads((inside / "out.summary.json").read_text(encoding="utf-8"))
    assert summary["version"] == "1"


def test_an_unknown_version_is_told_with_those_that_there_are(inside: Path) -> None:
    made.write(made.rows(5), inside / "in.csv")
    ran = CliRunner().invoke(cli.main, ["batch", "in.csv", "out.csv"])
    assert ran.exit_code == 1
    assert "has no version 'champion'" in ran.output
    assert "there are: 1, candidate" in ran.output


def test_a_version_whose_file_was_altered_scores_nothing(place: Workspace, inside: Path, tmp_path: Path) -> None:
    from {{cookiecutter.package_name}}.deployment.batch import registered

    made.write(made.rows(5), inside / "in.csv")
    (model,) = inside.glob(f"workspaces/dev/artifacts/**/{registry.FOLDER}/{handoff.MODEL}")
    shutil.copyfile(model, tmp_path / "kept")
    model.write_bytes(model.read_bytes() + b"x")
    try:
        with pytest.raises(ModelError, match=r"checksum differs|registered was"):
            registered.run(place, inside / "in.csv", inside / "altered.csv", "1", (), 100, made.CLOCK, lambda _: None)
    finally:
        shutil.copyfile(tmp_path / "kept", model)
    assert not (inside / "altered.csv").exists()


@pytest.mark.usefixtures("inside")
def test_a_client_of_the_registered_version_can_be_written(tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        cli.main, ["client", "generate", "--version", "candidate", "--out", str(tmp_path / "client")]
    )
    assert ran.exit_code == 0, ran.output
    inputs = json.loads((tmp_path / "client" / "contract.json").read_text(encoding="utf-8"))["inputs"]
    assert [it["name"] for it in inputs] == list(made.schema().inputs)
