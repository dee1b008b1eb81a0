"""A repo whose pipeline ran once and whose model passed its tests, made once for all tests of promotion and lineage."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from training import made

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.clock import SimulatedClock, SystemClock
from {{cookiecutter.package_name}}.deployment.promotion import create, testing, workspaces
from {{cookiecutter.package_name}}.deployment.promotion.workspaces import Place
from {{cookiecutter.package_name}}.training import run
from {{cookiecutter.package_name}}.training.registry import Registry
from {{cookiecutter.package_name}}.workspace import Workspace

OF_LIBRARIES = (
    "ignore:The ``noload`` loader:DeprecationWarning",  # what MLflow asks of SQLAlchemy; not ours to mend
    "ignore:Operation with range is deprecated:DeprecationWarning",  # what MLflow asks of pandas
)
OF_THE_PERSON = (workspace.NAME, workspace.TRACKING, "MLFLOW_RUN_ID", "MLOPS_PLATFORM")
CLOCK = SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
# the columns in which MLflow's database holds addresses of files
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
UNUSED = (".git", "src", "azure", "2???????T*", "reuse", "hooks", "__pycache__")  # by promotion and lineage
WORKSPACES = """
may_differ = ["description", "receives", "allows"]
[workspace.dev]
[workspace.registry]
receives = ["dev"]
[workspace.prod]
receives = ["registry"]
"""
LIMITS = """
[latency]
median = 100.0
p95 = 400.0
requests = 20
rounds = 3
[slices]
rows = 20
[directions]
minutes = { km = "increasing" }
"""


def expect_warnings(items: list[pytest.Item], folder: Path) -> None:
    """Warnings inside of MLflow are not ours; every other one is an error in the tests of `folder` too."""
    for item in items:
        if folder in item.path.parents:
            for warning in OF_LIBRARIES:
                item.add_marker(pytest.mark.filterwarnings(warning))


@cache
def ran(template: Path) -> Path:
    """The repo. Never change it: `copied` gives one to spoil."""
    parent = Path(mkdtemp(prefix="promotion-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    root = made.repo(parent / "repo", template)
    (root / "workspaces.toml").write_text(WORKSPACES, encoding="utf-8")
    (root / "modeltests.toml").write_text(LIMITS, encoding="utf-8")
    made.commit(root, "first")
    create.run(workspaces.load(root), ())
    before = {name: os.environ.pop(name, None) for name in (workspace.NAME, workspace.TRACKING)}
    here = Path.cwd()
    os.chdir(root)
    try:
        run.start(Workspace(root), "training", run.Options(), SystemClock(), lambda _: None)
        report, folder = testing.run(place(root, "dev"), "1", CLOCK, "tester")
        testing.require(report, folder)
    finally:
        os.chdir(here)
        os.environ.update({name: text for name, text in before.items() if text is not None})
    return root


def copied(template: Path, target: Path) -> Path:
    """A copy of that repo in `target`."""
    return duplicate(ran(template), target)


def duplicate(source: Path, target: Path) -> Path:
    """A copy of a repo, whose addresses lead to its own files."""
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(*UNUSED))
    commits = source / ".git"
    known = commits.read_text(encoding="utf-8") if commits.is_file() else f"gitdir: {commits}\n"
    (target / ".git").write_text(known, encoding="utf-8")  # the same commits, which no test writes to
    for database in (target / "workspaces").glob("*/mlflow.db"):
        with closing(sqlite3.connect(database)) as connection:
            for table, column in ADDRESSES:
                words = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608
                connection.execute(words, (source.as_uri(), target.as_uri()))
            connection.commit()
    return target


def without_commits(root: Path) -> None:
    """The same files in a repo that holds none of the commits."""
    (root / ".git").unlink()
    made.git(root, "init", "--quiet")


def place(root: Path, name: str) -> Place:
    return workspaces.load(root).place(name)


def registry(root: Path, name: str) -> Registry:
    return Registry(place(root, name), CLOCK)


def artifacts(root: Path, name: str) -> Path:
    """Where the files of the one version of a workspace lie."""
    (found,) = (path.parent for path in (root / "workspaces" / name / "artifacts").rglob("handoff") if path.is_dir())
    return found
