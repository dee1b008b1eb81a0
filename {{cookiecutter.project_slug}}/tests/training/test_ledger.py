"""The ledger is append-only, and says so where somebody did otherwise."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.training import ledger

AT = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A ledger in which version 1, then version 2 was released."""
    with workspace.database(tmp_path / "state.db", ledger.TABLES) as connection:
        for version in ("1", "2"):
            write(connection, version)
        yield connection


def write(
    connection: sqlite3.Connection, version: str, alias: str = "champion", action: str = "release"
) -> ledger.Entry:
    with workspace.transaction(connection):
        return ledger.append(
            connection,
            at=AT,
            by="tester",
            action=action,
            model="m",
            alias=alias,
            version=version,
            sha256=version * 64,
            reason="why",
        )


def test_entries_follow_one_another(book: sqlite3.Connection) -> None:
    first, second = ledger.verify(book)
    assert (first.previous, second.previous) == ("", "1")
    assert (first.before, second.before) == (ledger.FIRST, first.hash)
    assert ledger.standing(book, "m") == {"champion": "2"}
    assert ledger.standing(book, "another") == {}


def test_what_was_written_waits_until_it_is_carried_out(book: sqlite3.Connection) -> None:
    first, second = ledger.waiting(book)
    ledger.done(book, first)
    assert ledger.waiting(book) == [second]


def test_only_a_registration_makes_a_version_known(book: sqlite3.Connection) -> None:
    assert not ledger.registered(book, "m", "1")
    write(book, "1", "candidate", "register")
    assert ledger.registered(book, "m", "1")
    assert not ledger.registered(book, "another", "1")


@pytest.mark.parametrize("statement", ["UPDATE ledger SET by = 'me'", "DELETE FROM ledger WHERE seq = 1"])
def test_the_database_itself_refuses_to_change_or_remove(book: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        book.execute(statement)


SABOTAGES = {
    "a name changed": "UPDATE ledger SET by = 'somebody else' WHERE seq = 1",
    "a version changed": "UPDATE ledger SET version = '1' WHERE seq = 2",
    "a reason emptied": "UPDATE ledger SET reason = '' WHERE seq = 2",
    "the first taken out": "DELETE FROM ledger WHERE seq = 1",
    "one in the middle taken out": "DELETE FROM ledger WHERE seq = 2",
    "the numbers closed up after it": "DELETE FROM ledger WHERE seq = 2; UPDATE ledger SET seq = 2 WHERE seq = 3",
    "a hash made up": "UPDATE ledger SET hash = before WHERE seq = 3",
}


@pytest.mark.parametrize("statement", SABOTAGES.values(), ids=SABOTAGES)
def test_who_goes_around_the_database_s_guard_is_found(book: sqlite3.Connection, statement: str) -> None:
    write(book, "3")
    assert len(ledger.verify(book)) == 3
    book.executescript(f"DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete; {statement};")
    with pytest.raises(ModelError, match="is not as it was written"):
        ledger.verify(book)


def test_who_makes_up_the_hash_as_well_is_found_by_the_entry_that_follows(book: sqlite3.Connection) -> None:
    write(book, "3")
    forged = replace(ledger.entries(book)[1], by="somebody else").sealed()
    book.executescript("DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete;")
    book.execute("UPDATE ledger SET by = ?, hash = ? WHERE seq = 2", (forged.by, forged.hash))
    with pytest.raises(ModelError, match="entry 3 of the ledger is not as it was written"):
        ledger.verify(book)
