"""A version can be made again from what was recorded, to the last digit; what keeps it from that is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import frame, project
from {{cookiecutter.package_name}}.model.project import Schema
from {{cookiecutter.package_name}}.training import judge, reproduce, snapshot
from {{cookiecutter.package_name}}.training.versions import RECORD, RECORDS
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made
from .test_register import unlock
from .test_snapshot import altered, removed

PACKAGE = errors.__name__.rpartition(".")[0]


def again(place: Workspace, said: list[str] | None = None) -> reproduce.Proof:
    return reproduce.run(place, "1", SystemClock(), (said if said is not None else []).append)


def module(root: Path, name: str) -> Path:
    return root / "src" / PACKAGE / name


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train again in this process, which saves the imports of another; the code of the repo is the one of the tests."""

    def here(_: Path, frozen: Path, out: Path) -> None:
        reproduce.retrain(frozen, out)

    monkeypatch.setattr(reproduce, "train_in", here)


@pytest.mark.usefixtures("inside")
def test_a_version_comes_out_equal(place: Workspace) -> None:
    said: list[str] = []
    proof = again(place, said)
    assert (proof.holds, proof.largest, proof.rows) == (True, 0.0, 200)
    assert proof.recorded == proof.again
    assert "is as recorded" in said[0]
    assert "the same as then" in said[1]
    assert said[2].startswith("version 1 reproduced: mae ")


@pytest.mark.usefixtures("inside")
def test_rows_that_came_since_change_nothing(place: Workspace, tmp_path: Path) -> None:
    made.drop(place.root, made.rows(300, first=1000))
    snapshot.gather(project.load(), place.landed, tmp_path / "now", SystemClock(), place.root)
    assert again(place).holds


@pytest.mark.usefixtures("inside")
def test_training_that_is_not_seeded_is_found(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = frame.prepare

    def noisy(rows: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        noise = np.random.default_rng().normal(0, 1e-9, len(rows))
        return usual(rows.assign(km=rows["km"] + noise), schema)

    monkeypatch.setattr(frame, "prepare", noisy)
    with pytest.raises(ModelError, match="version 1 NOT REPRODUCED"):
        again(place)


def forget(place: Workspace) -> None:
    """Let the record be one of code that was never committed."""
    made.replace(place.root / "project.toml", "seed = 7", "seed = 8")
    made.again(place, allow_uncommitted=True)
    made.replace(place.root / "project.toml", "seed = 8", "seed = 9")


def test_code_that_was_never_committed_is_gone(place: Workspace) -> None:
    forget(place)
    with pytest.raises(ModelError, match="the code that made it is gone: it was never committed"):
        reproduce.run(place, "2", SystemClock())


def test_a_commit_that_is_not_in_the_repo_is_gone(place: Workspace) -> None:
    made.replace(place.root / "project.toml", "seed = 7", "seed = 8")
    made.git(place.root, "checkout", "--quiet", "--orphan", "other")
    made.commit(place.root, "anew")
    made.git(place.root, "branch", "--quiet", "-D", made.git(place.root, "branch", "--list", "ma*").strip())
    made.git(place.root, "reflog", "expire", "--expire=now", "--all")
    made.git(place.root, "gc", "--quiet", "--prune=now")
    with pytest.raises(ModelError, match="is not in this repo"):
        again(place)


def test_another_environment_is_refused_before_anything_is_trained(place: Workspace) -> None:
    unlock(place.root)
    with pytest.raises(ModelError, match=r"not the recorded one: now mlflow is .*, and 1\.0\.0 is locked") as caught:
        again(place)
    assert "make setup" in caught.value.fix


@pytest.mark.usefixtures("inside")
def test_a_version_of_an_unlocked_environment_comes_out_equal_in_the_same_one(place: Workspace) -> None:
    unlock(place.root)
    made.again(place, fresh=True, allow_uncommitted=True)
    assert reproduce.run(place, "2", SystemClock()).holds


def test_an_altered_snapshot_is_found(place: Workspace) -> None:
    altered(place.landed / next(iter(snapshot.read(made.folders(place).snapshot).files)))
    with pytest.raises(errors.DataError, match="is not what was landed"):
        again(place)


@pytest.mark.usefixtures("inside")
def test_landed_files_that_were_given_up_are_taken_from_the_run_itself(place: Workspace) -> None:
    removed(place, snapshot.read(made.folders(place).snapshot))
    assert again(place).holds


def artifact(place: Workspace, name: str) -> Path:
    (found,) = place.artifacts.glob(f"training/*/artifacts/{name}")
    return found


def test_an_altered_record_is_found(place: Workspace) -> None:
    made.rewrite(artifact(place, f"{RECORDS}/{RECORD}"), value=0.0)
    with pytest.raises(ModelError, match="altered"):
        again(place)


@pytest.mark.usefixtures("inside")
def test_altered_predictions_are_found(place: Workspace) -> None:
    path = artifact(place, f"evaluation/{judge.PREDICTIONS}")
    pd.read_parquet(path).assign(predicted_0=1.0).to_parquet(path, index=False)
    with pytest.raises(ModelError, match="the recorded predictions of version 1 were altered"):
        again(place)


# --- how equal is measured

PROBE = pd.DataFrame({"id": [1, 2], "predicted_0": [0.5, 0.25]})
OTHER: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], float]] = {
    "nothing": (lambda it: it, 0.0),
    "the last digit": (lambda it: it.assign(predicted_0=[0.5, np.nextafter(0.25, 1)]), np.nextafter(0.25, 1) - 0.25),
    "another row": (lambda it: it.assign(id=[1, 3]), float("inf")),
    "a row less": (lambda it: it.iloc[:1], float("inf")),
    "another column": (lambda it: it.assign(predicted_1=0.0), float("inf")),
}


@pytest.mark.parametrize(("change", "distance"), OTHER.values(), ids=OTHER)
def test_the_smallest_difference_counts(change: Callable[[pd.DataFrame], pd.DataFrame], distance: float) -> None:
    assert reproduce.distance(PROBE, change(PROBE)) == distance


def test_a_prediction_that_is_no_number_is_not_equal() -> None:
    proof = reproduce.Proof("1", "mae", 1.0, 1.0, 2, reproduce.distance(PROBE, PROBE.assign(predicted_0=np.nan)), "")
    assert not proof.holds


# --- in a process of its own, with the code of then


@pytest.mark.integration
def test_code_that_changed_since_is_taken_from_its_commit(place: Workspace) -> None:
    path = module(place.root, "model/estimator.py")
    path.write_text("raise RuntimeError('not this one')\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    commit = made.git(place.root, "rev-parse", "HEAD").strip()
    made.commit(place.root, "broken since")
    said: list[str] = []
    assert again(place, said).holds
    assert f"code: commit {commit[:12]}, in a worktree" in said
    assert len(made.git(place.root, "worktree", "list").splitlines()) == 1, "and the worktree is gone again"


@pytest.mark.integration
def test_an_unseeded_estimator_in_the_repo_is_found(place: Workspace) -> None:
    made.replace(
        module(place.root, "training/fit.py"),
        "    table, schema = parts.read(rows)\n",
        "    table, schema = parts.read(rows)\n    table = table.sample(frac=0.9)\n",
    )
    made.commit(place.root, "not seeded")
    made.again(place)
    with pytest.raises(ModelError, match="version 2 NOT REPRODUCED"):
        reproduce.run(place, "2", SystemClock())


@pytest.mark.integration
def test_training_that_fails_the_second_time_says_why(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / "snapshot").mkdir()
    with pytest.raises(ModelError, match="training again failed: "):
        reproduce.train_in(place.root, tmp_path / "snapshot", tmp_path / "out")
