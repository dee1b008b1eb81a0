"""Look-ups: what servers get, how old it may be, and a store that changes under them."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.features import online, publish, retrieval
from {{cookiecutter.package_name}}.features.featureset import FeatureError
from {{cookiecutter.package_name}}.features.online import Online

from . import world

WANTED = retrieval.wanted(world.traffic())
NOON = datetime(2025, 3, 5, 12)


def write(store: Path, digest: str = WANTED.digest, pace: float = 2.5) -> Path:
    """A store with one entity, without a materialisation."""
    about = (digest, "traffic", "1", "[]", NOON.isoformat(), "9999", 1)
    publish.write(store, [about], [(digest, "north", NOON.isoformat(), json.dumps([pace, 7.0]))])
    return store


def stored(store: Path) -> list[Path]:
    return list(store.glob("online-*.db"))


def test_the_newest_values_come_by_name_with_their_time(tmp_path: Path) -> None:
    with closing(Online(write(tmp_path))) as values:
        found = values.get(WANTED, "north")
        assert found == online.Value(NOON, {"pace_3h": 2.5, "trips_1d": 7.0})
        assert values.get(WANTED, "south") is None
        assert values.holds(WANTED) == NOON
        assert values.entities(WANTED, 9) == ["north"]
        assert values.entities(WANTED, 0) == []


def test_a_value_of_another_definition_is_not_taken(tmp_path: Path) -> None:
    with closing(Online(write(tmp_path, world.traffic(version="2").digest))) as values:
        assert values.get(WANTED, "north") is None
        assert values.holds(WANTED) is None


def test_a_value_past_its_time_to_live_is_none(tmp_path: Path) -> None:
    with closing(Online(write(tmp_path))) as values:
        assert values.fresh(WANTED, "north", NOON + world.TTL) is not None
        assert values.fresh(WANTED, "north", NOON + world.TTL + world.MICROSECOND) is None
        assert values.get(WANTED, "north") is not None


def test_a_store_may_come_change_go_and_be_made_anew_while_it_is_open(tmp_path: Path) -> None:
    with closing(Online(tmp_path / "store")) as values:
        assert values.get(WANTED, "north") is None
        write(tmp_path / "store")
        assert values.fresh(WANTED, "north", NOON) is not None
        write(tmp_path / "store", pace=3.5)
        assert pace(values) == 3.5
        (tmp_path / "store" / online.POINTER).unlink()
        assert values.get(WANTED, "north") is None
        write(tmp_path / "store", pace=4.5)
        assert pace(values) == 4.5
        assert len(stored(tmp_path / "store")) == 1


def pace(values: Online) -> float | None:
    found = values.get(WANTED, "north")
    assert found is not None
    return found.features["pace_3h"]


POINTERS = {
    "a text": b"this is no pointer",
    "empty": b"",
    "another format": b'{"format": 2, "file": "x"}',
    "a list": b"[]",
    "no file": b'{"format": 1}',
    "a file that is gone": b'{"format": 1, "file": "online-0.db"}',
}


@pytest.mark.parametrize("content", POINTERS.values(), ids=POINTERS)
def test_a_pointer_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / online.POINTER).write_bytes(content)
    with (
        closing(Online(tmp_path)) as values,
        pytest.raises(FeatureError, match=r"online\.json cannot be read") as caught,
    ):
        values.get(WANTED, "north")
    assert "mlops features materialise" in caught.value.fix


@pytest.mark.parametrize("content", [b"this is no database, but a text" * 100, b""], ids=["a text", "empty"])
def test_a_file_that_is_no_store_is_named(tmp_path: Path, content: bytes) -> None:
    stored(write(tmp_path))[0].write_bytes(content)
    with closing(Online(tmp_path)) as values, pytest.raises(FeatureError, match=r"online\.json cannot be read"):
        values.get(WANTED, "north")


def test_a_file_that_is_replaced_while_it_is_opened_is_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    own, calls = sqlite3.connect, list[str]()

    def replaced(address: str, **named: Any) -> sqlite3.Connection:
        if address != ":memory:":
            calls.append(address)
            if len(calls) == 1:
                write(tmp_path, pace=3.5)
        found: sqlite3.Connection = own(address, **named)
        return found

    with closing(Online(tmp_path)) as values:
        monkeypatch.setattr(sqlite3, "connect", replaced)
        assert pace(values) == 3.5
    assert len(calls) == 2


def test_servers_need_not_and_cannot_write(tmp_path: Path) -> None:
    write(tmp_path)
    before = world.content(tmp_path)
    with closing(Online(tmp_path)) as values:
        assert values.get(WANTED, "north") is not None
        with pytest.raises(FeatureError, match="readonly"):
            values.rows("DELETE FROM newest")
        assert world.content(tmp_path) == before, "no file of SQLite's own lies beside it"


def test_many_threads_ask_at_once(tmp_path: Path) -> None:
    wrong: list[object] = []
    with closing(Online(write(tmp_path))) as values:

        def ask() -> None:
            for _ in range(200):
                found = values.get(WANTED, "north")
                if found is None or found.features["trips_1d"] != 7.0:
                    wrong.append(found)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(20):
            write(tmp_path, pace=float(number))
        for thread in threads:
            thread.join()
    assert wrong == []


ZONES = [NOON, NOON.replace(tzinfo=UTC), NOON.replace(hour=14, tzinfo=timezone(timedelta(hours=2)))]


@pytest.mark.parametrize("at", ZONES)
def test_a_time_is_utc_whatever_it_says(at: datetime) -> None:
    assert online.naive(at) == NOON
