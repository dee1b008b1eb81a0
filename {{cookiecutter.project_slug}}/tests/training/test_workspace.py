"""The workspace's places, and its database: all or nothing, and one writer after another."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.workspace import Workspace

TABLE = "CREATE TABLE IF NOT EXISTS one (value INTEGER);"


def test_everything_lies_in_its_own_folder(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "other")
    for path in (place.state, place.runs, place.features, place.artifacts):
        assert path.parent == tmp_path / "workspaces" / "other"
    assert place.broker.parent == place.folder.parent
    assert place.landed == tmp_path / "data" / "landed"


def test_the_current_one_is_dev_or_as_the_environment_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert workspace.current(tmp_path).name == "dev"
    monkeypatch.setenv(workspace.NAME, "test")
    assert workspace.current(tmp_path) == Workspace(tmp_path.resolve(), "test")


def test_runs_are_tracked_in_the_folder_or_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Workspace(tmp_path)
    assert place.tracking_uri == f"sqlite:///{(place.folder / 'mlflow.db').as_posix()}"
    monkeypatch.setenv(workspace.TRACKING, "https://tracking.example")
    assert place.tracking_uri == "https://tracking.example"


def broken_off(connection: sqlite3.Connection) -> None:
    """A transaction that does not come to its end."""
    with workspace.transaction(connection):
        connection.execute("INSERT INTO one VALUES (1)")
        raise KeyboardInterrupt


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    with workspace.database(tmp_path / "deep" / "state.db", TABLE) as connection:
        with pytest.raises(KeyboardInterrupt):
            broken_off(connection)
        with workspace.transaction(connection):
            connection.execute("INSERT INTO one VALUES (2)")
        assert [row["value"] for row in connection.execute("SELECT value FROM one")] == [2]


def test_a_second_writer_waits_and_loses_nothing(tmp_path: Path) -> None:
    def add() -> None:
        with workspace.database(tmp_path / "state.db", TABLE) as connection:
            for _ in range(20):
                with workspace.transaction(connection):
                    most = connection.execute("SELECT coalesce(max(value), 0) FROM one").fetchone()[0]
                    connection.execute("INSERT INTO one VALUES (?)", (most + 1,))

    writers = [threading.Thread(target=add) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with workspace.database(tmp_path / "state.db") as connection:
        found = [row["value"] for row in connection.execute("SELECT value FROM one ORDER BY value")]
    assert found == list(range(1, 61))


def test_a_database_outlives_its_connection_in_write_ahead_mode(tmp_path: Path) -> None:
    with workspace.database(tmp_path / "state.db", TABLE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")
