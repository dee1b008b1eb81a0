"""A repo of its own for each test that runs a pipeline, and one that was run once for those that only look."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.training import run
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


HERE = Path(__file__).parent
OF_LIBRARIES = (
    "ignore:The ``noload`` loader:DeprecationWarning",  # what MLflow asks of SQLAlchemy; not ours to mend
    "ignore:Operation with range is deprecated:DeprecationWarning",  # what MLflow asks of pandas
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings inside of MLflow are not ours; every other one is an error here too."""
    for item in items:
        if HERE in item.path.parents:
            for warning in OF_LIBRARIES:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(autouse=True)
def no_workspace_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (workspace.NAME, workspace.TRACKING, "MLFLOW_RUN_ID", "MLOPS_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def ran(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed repo whose pipeline ran once. Copy it before you change anything: `fresh` does."""
    made_in = made.repo(tmp_path_factory.mktemp("ran") / "repo", root)
    made.commit(made_in, "first")
    before = os.environ.pop("MLFLOW_TRACKING_URI", None)
    run.start(Workspace(made_in), "training", run.Options(), SystemClock(), lambda _: None)
    if before is not None:
        os.environ["MLFLOW_TRACKING_URI"] = before
    return made_in


@pytest.fixture
def place(ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace of a copy of that repo, in which the test stands. MLflow's addresses still lead to the first."""
    copy = shutil.copytree(ran, tmp_path / "repo", symlinks=True)
    monkeypatch.chdir(copy)
    yield Workspace(copy)
