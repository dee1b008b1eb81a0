"""Databases: what a URL holds stays secret, what is stored oddly is read all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.data import database
from {{cookiecutter.package_name}}.errors import DataError, ProjectError

from . import world

SECRET = "s3cr3t-w0rd"  # noqa: S105  # pragma: allowlist secret


@pytest.fixture
def base(tmp_path: Path) -> Path:
    world.insert(tmp_path / "rides.db", world.rides(50))
    return tmp_path


def test_credentials_are_in_no_file_and_no_message(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (base / SECRET).mkdir()
    (base / "rides.db").rename(base / SECRET / "rides.db")
    monkeypatch.setenv("RIDES_PASSWORD", SECRET)
    done = world.take(base, world.settings(url="sqlite:///${RIDES_PASSWORD}/rides.db"))
    assert done.new == 50
    assert SECRET not in done.sentence()
    assert all(SECRET.encode() not in content for content in world.files(base / "landed").values())


def test_the_environment_overrides_the_url(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_SOURCE_URL", "sqlite:///rides.db")
    assert world.take(base, world.settings(url="sqlite:///elsewhere.db")).new == 50


@pytest.mark.parametrize("url", [f"postgresql://me:{SECRET}@127.0.0.1:1/rides", f"nonsense://me:{SECRET}@host/rides"])
def test_a_failed_connection_does_not_tell_the_password(base: Path, url: str) -> None:
    with pytest.raises(DataError) as error:
        world.take(base, world.settings(url=url))
    assert SECRET not in str(error.value)


def test_a_drivers_message_is_scrubbed() -> None:
    url = f"postgresql://me:{SECRET}@host/db?sslpassword=other-word"
    found = database.scrubbed(f"cannot reach {url} with {SECRET} and other-word", url)
    assert SECRET not in found
    assert "other-word" not in found


def test_an_unset_variable_is_named(base: Path) -> None:
    with pytest.raises(ProjectError, match="RIDES_PASSWORD"):
        world.take(base, world.settings(url="postgresql://me:${RIDES_PASSWORD}@host/rides"))


def test_a_missing_sqlite_file_is_not_made(base: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        world.take(base, world.settings(url="sqlite:///other.db"))
    assert not (base / "other.db").exists()


def test_a_wrong_table_is_named_with_those_that_are_there(base: Path) -> None:
    with pytest.raises(DataError, match="one of rides"):
        world.take(base, world.settings(table="trips"))


@pytest.mark.parametrize("shape", ["T", ".000000", "Z", "+00:00"])
def test_every_spelling_of_a_time_in_sqlite_is_read_once(base: Path, shape: str) -> None:
    spelt = "replace(updated_at, ' ', 'T')" if shape == "T" else f"updated_at || '{shape}'"
    world.take(base, world.settings(), batch_rows=20)
    world.change(base / "rides.db", f"UPDATE rides SET updated_at = {spelt}")  # noqa: S608
    done = world.take(base, world.settings())
    assert (done.new, done.changed) == (0, 0)
    last = world.rides(1, first=900).assign(updated_at="2025-04-01T00:00:00")
    world.insert(base / "rides.db", last)
    assert world.take(base, world.settings()).new == 1
    assert world.take(base, world.settings()).new == 0


def test_a_watermark_may_be_a_number_that_grows(base: Path) -> None:
    own = world.settings(watermark="id")
    world.take(base, own, batch_rows=20)
    world.insert(base / "rides.db", world.rides(10, first=51))
    done = world.take(base, own)
    assert (done.new, done.known) == (10, 1)


def test_a_view_is_read_like_a_table(base: Path) -> None:
    world.change(base / "rides.db", "CREATE VIEW seen AS SELECT * FROM rides WHERE id <= 30")
    assert world.take(base, world.settings(table="seen")).new == 30
