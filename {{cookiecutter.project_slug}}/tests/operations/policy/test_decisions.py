"""A decision stands with everything that it was made of, and can be made again from that alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.operations.policy import clauses, decisions
from {{cookiecutter.package_name}}.operations.policy.decisions import DecisionError
from {{cookiecutter.package_name}}.operations.policy.rules import Policy

from .made import evidence


def altered(world: World, sql: str, *values: str) -> None:
    """Somebody who may write into the file does so."""
    with closing(sqlite3.connect(world.prod.folder / decisions.FILE)) as connection, connection:
        connection.execute("DROP TRIGGER decision_no_update")
        connection.execute("DROP TRIGGER decision_no_delete")
        connection.execute(sql, values)


def three(world: World) -> None:
    for changed in ({"quarantined": 50}, {}, {"release": "r2", "lineage__problems": ["gone"]}):
        decisions.record(world.prod, Policy(), evidence(**changed))


def test_what_was_decided_is_written_once(world: World) -> None:
    first, new = decisions.record(world.prod, Policy(), evidence(quarantined=50))
    assert (first.decision, new) == ("wait", True)
    again, new = decisions.record(world.prod, Policy(), evidence(quarantined=70))
    assert (again, new) == (first, False), "only figures moved"
    later, new = decisions.record(world.prod, Policy(), evidence())
    assert (later.number, later.decision, new) == (2, "promote", True)
    assert len(later.asked) == len(clauses.CLAUSES)


def test_decisions_are_made_again_from_their_records(world: World) -> None:
    three(world)
    assert [it.decision for it in decisions.again(world.prod)] == ["wait", "promote", "take back"]
    assert [it.number for it in decisions.again(world.prod, 2)] == [2]
    with pytest.raises(DecisionError, match="no decision 9"):
        decisions.again(world.prod, 9)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE decision SET decision = 'promote' WHERE number = 3",
        "UPDATE decision SET evidence = replace(evidence, '\"rows\": 400', '\"rows\": 900') WHERE number = 1",
        "DELETE FROM decision WHERE number = 2",
    ],
)
def test_an_altered_record_is_seen(world: World, sql: str) -> None:
    three(world)
    altered(world, sql)
    with pytest.raises(DecisionError, match="is not as it was written"):
        decisions.again(world.prod)


def test_a_record_whose_hash_was_made_to_fit_is_seen_by_the_clauses(world: World) -> None:
    decisions.record(world.prod, Policy(), evidence(lineage__problems=["gone"]))
    (it,) = decisions.history(world.prod)
    assert it.decision == "take back"
    forged = replace(it, evidence=decisions.written(evidence())).sealed()
    altered(world, "UPDATE decision SET evidence = ?, hash = ?", forged.evidence, forged.hash)
    with pytest.raises(DecisionError, match="would be another one today: decision, why, clauses"):
        decisions.again(world.prod)


def test_other_clauses_would_decide_otherwise(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    three(world)
    monkeypatch.setitem(clauses.CLAUSES, "lineage", (lambda *_: (True, "never mind"), "take back"))
    with pytest.raises(DecisionError, match="would be another one today"):
        decisions.again(world.prod)


def test_nobody_changes_a_row(world: World) -> None:
    three(world)
    with closing(sqlite3.connect(world.prod.folder / decisions.FILE)) as connection:
        for sql in ("UPDATE decision SET why = ''", "DELETE FROM decision"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(sql)
