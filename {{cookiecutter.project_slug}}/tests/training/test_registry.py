"""The registry: a version must lead back, is registered once, and nothing is moved past the ledger unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.training import ledger, mlflows, registry
from {{cookiecutter.package_name}}.training.registry import CHAMPION, Registry, Version
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


@pytest.fixture
def known(place: Workspace) -> Registry:
    """The registry in which version 1 is registered."""
    return made.registered(place)


@pytest.fixture
def two(known: Registry, place: Workspace) -> Registry:
    """The same with a second version, made of the first one's files; version 1 is released."""
    known.promote(known.get("1"), by="tester", reason="the first", action="release")
    register(known, place, model_sha256="ab" * 32)
    return known


def register(known: Registry, place: Workspace, **changes: str) -> Version:
    """Register a version like the first, with other tags."""
    run = mlflows.start(place, "training", "another", {})
    return known.register(run, {**known.get("1").tags, **changes}, {registry.MODEL: made.folders(place).model})


# --- a version must lead back


@pytest.mark.parametrize("name", registry.NEEDED)
def test_each_tag_that_leads_back_is_asked_for(name: str) -> None:
    tags = dict.fromkeys(registry.NEEDED, "known")
    registry.require(tags)
    for lacking in ({**tags, name: ""}, {it: text for it, text in tags.items() if it != name}):
        with pytest.raises(ModelError, match=f"a version without {name} "):
            registry.require(lacking)


def test_a_version_that_does_not_lead_back_is_not_registered(known: Registry, place: Workspace) -> None:
    with pytest.raises(ModelError, match="a version without commit "):
        register(known, place, model_sha256="ab" * 32, commit="")
    assert len(known.versions()) == 1
    assert len(known.history()) == 1


def test_a_registered_version_has_its_tags_its_alias_its_entry_and_its_event(two: Registry, place: Workspace) -> None:
    version = two.get("2")
    assert (version.aliases, version.sha256) == (("candidate",), "ab" * 32)
    entry = two.history()[-1]
    assert (entry.action, entry.alias, entry.version, entry.previous) == ("register", "candidate", "2", "1")
    assert entry.sha256 == version.sha256
    assert [it for it in made.told(place) if it[0] == "ModelRegistered"] == [
        ("ModelRegistered", "1"),
        ("ModelRegistered", "2"),
    ]


def test_the_same_model_is_registered_once(known: Registry, place: Workspace) -> None:
    before = made.told(place)
    assert register(known, place, run="another").number == "1"
    assert len(known.versions()) == len(known.history()) == 1
    assert made.told(place) == before


# --- promotion


def test_a_promotion_is_one_entry_one_event_and_the_alias(two: Registry, place: Workspace) -> None:
    said = {"by": "tester", "reason": "better", "action": "release"}
    assert two.promote(two.get("2"), **said)
    assert not two.promote(two.get("2"), **said)
    assert two.aliases() == {"candidate": "2", "champion": "2"}
    assert two.champion() == two.get("2")
    assert (two.history()[-1].by, two.history()[-1].reason, two.history()[-1].previous) == ("tester", "better", "1")
    name = registry.name_of()
    assert [text for kind, text in made.told(place) if kind == "ModelDeployed"] == [f"{name}:1", f"{name}:2"]


def test_going_back_and_forth_is_told_each_time(two: Registry, place: Workspace) -> None:
    for number in ("2", "1", "2"):
        two.promote(two.get(number), by="tester", reason="", action="release")
    assert sum(kind == "ModelDeployed" for kind, _ in made.told(place)) == 4


# --- what a crash may leave


def left(monkeypatch: pytest.MonkeyPatch, method: str, work: Callable[[], object]) -> None:
    """Do `work` in a process that dies when it comes to `method`."""

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Registry, method, die)
        with pytest.raises(KeyboardInterrupt):
            work()


def test_a_version_that_has_no_entry_yet_gets_one(
    known: Registry, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(monkeypatch, "announce", lambda: register(known, place, model_sha256="ab" * 32))
    assert len(known.versions()) == 2
    assert ("ModelRegistered", "2") not in made.told(place)
    for _ in range(2):
        assert [it.version for it in known.history()] == ["1", "2"]
    assert known.aliases() == {"candidate": "2"}
    assert made.told(place).count(("ModelRegistered", "2")) == 1


def test_an_alias_that_was_not_moved_yet_is_moved(two: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    second = two.get("2")
    left(monkeypatch, "settle", lambda: two.promote(second, by="tester", reason="", action="release"))
    assert two.aliases()[CHAMPION] == "1"
    assert two.history()[-1].version == "2"
    assert two.aliases()[CHAMPION] == "2"


def test_what_could_not_be_carried_out_is_tried_again(two: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("no connection")

    with monkeypatch.context() as patch:
        patch.setattr(two.client, "set_registered_model_alias", broken)
        with pytest.raises(mlflows.TrackingError, match="cannot move an alias"):
            two.promote(two.get("2"), by="tester", reason="", action="release")
    two.history()
    assert two.aliases()[CHAMPION] == "2"


# --- what was done past the ledger


def moved(known: Registry) -> None:
    known.client.set_registered_model_alias(known.name, CHAMPION, "2")


def taken_away(known: Registry) -> None:
    known.client.delete_registered_model_alias(known.name, CHAMPION)


def invented(known: Registry) -> None:
    known.client.set_registered_model_alias(known.name, "production", "1")


@pytest.mark.parametrize(
    ("sabotage", "said"),
    [
        (moved, "alias 'champion' stands at version 2, the ledger says 1"),
        (taken_away, "alias 'champion' stands at version none, the ledger says 1"),
        (invented, "alias 'production' stands at version 1, the ledger says none"),
    ],
)
def test_an_alias_that_was_moved_by_hand_is_found_and_can_be_put_back(
    two: Registry, sabotage: Callable[[Registry], None], said: str
) -> None:
    sabotage(two)
    with pytest.raises(ModelError, match=said):
        two.history()
    assert len(two.restore()) == 1
    assert two.history()[-1].version == "2"
    assert two.restore() == []


def test_a_version_that_was_made_by_hand_is_found(two: Registry) -> None:
    first = two.get("1")
    two.client.create_model_version(two.name, first.source, tags={**first.tags, "model_sha256": "cd" * 32})
    with pytest.raises(ModelError, match="version 3 was not registered by the pipeline"):
        two.history()
    two.client.delete_model_version(two.name, "3")
    assert len(two.history()) == 3


def test_a_digest_that_was_changed_in_mlflow_is_found(two: Registry) -> None:
    two.client.set_model_version_tag(two.name, "1", "model_sha256", "cd" * 32)
    with pytest.raises(ModelError, match="version 1 says that its model is cdcdcdcdcdcd"):
        two.history()


def spoil(place: Workspace, statements: str) -> None:
    """Write into the ledger as somebody would who knows how."""
    with closing(sqlite3.connect(place.state)) as connection, connection:
        connection.executescript(f"DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete; {statements};")


LEDGER = {
    "an entry changed": ("UPDATE ledger SET by = 'somebody else' WHERE seq = 2", "is not as it was written"),
    "an entry removed": ("DELETE FROM ledger WHERE seq = 2", "is not as it was written"),
    "the last release removed": ("DELETE FROM ledger WHERE seq >= 2", "version 2 was not registered by the pipeline"),
    "the last registration removed": (
        "DELETE FROM ledger WHERE seq = 3",
        "version 2 was not registered by the pipeline",
    ),
    "all of it removed": ("DELETE FROM ledger", "version 1 was not registered by the pipeline"),
}


@pytest.mark.parametrize(("statements", "said"), LEDGER.values(), ids=LEDGER)
def test_a_ledger_that_was_written_into_is_found(two: Registry, place: Workspace, statements: str, said: str) -> None:
    spoil(place, statements)
    with pytest.raises(ModelError, match=said):
        two.history()


def test_a_release_that_was_taken_off_the_end_is_found_by_its_alias(two: Registry, place: Workspace) -> None:
    two.promote(two.get("2"), by="tester", reason="", action="release")
    spoil(place, "DELETE FROM ledger WHERE seq = 4")
    with pytest.raises(ModelError, match="alias 'champion' stands at version 2, the ledger says 1"):
        two.history()


def test_a_broken_ledger_moves_no_alias(two: Registry, place: Workspace) -> None:
    moved(two)
    spoil(place, "UPDATE ledger SET version = '2' WHERE seq = 2")
    with pytest.raises(ModelError, match="is not as it was written"):
        two.restore()
    assert two.aliases()[CHAMPION] == "2"


def test_events_and_entries_are_dated_by_the_clock(two: Registry) -> None:
    with two.state() as connection:
        found: list[Any] = ledger.entries(connection)
    assert all(it.at.endswith("+00:00") for it in found)
