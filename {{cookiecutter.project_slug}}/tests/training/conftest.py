"""A repo of its own for each test that runs a pipeline, and one that was run once for those that only look."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.training import tracking
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
def no_workspace_of_the_person(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (workspace.NAME, workspace.TRACKING, "MLFLOW_RUN_ID", "MLOPS_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    # what a step says goes to no MLflow but the test's own
    monkeypatch.setenv(tracking.NOTES, str(tmp_path / "notes.json"))


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where a step that is called by itself leaves what it has to say."""
    return tmp_path / "notes.json"


@pytest.fixture(scope="session")
def ran(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed repo whose pipeline ran once. Copy it before you change anything: `fresh` does."""
    made_in = made.repo(tmp_path_factory.mktemp("ran") / "repo", root)
    made.commit(made_in, "first")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(workspace.TRACKING, raising=False)
        made.again(Workspace(made_in))
    return made_in


@pytest.fixture
def place(ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace of a copy of that repo, in which the test stands."""
    copy = shutil.copytree(ran, tmp_path / "repo", symlinks=True)
    made.moved(ran, copy)
    monkeypatch.chdir(copy)
    return Workspace(copy)
