"""`mlops features ...` as people and cron run it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.data import lock
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.features import definitions, filler, join, publish
from {{cookiecutter.package_name}}.workspace import NAME

from . import world

AT = "2025-03-07"


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repo with landed trips, in which the test stands."""
    for name in (NAME, filler.STORE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(definitions, "feature_sets", world.sets)
    Path("project.toml").write_text(world.TOML, encoding="utf-8")
    world.land(tmp_path / "data" / "landed", world.trips(200))
    return tmp_path


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli.main, ["features", *words])
    assert done.exit_code == code, done.output
    return done


def test_a_day_at_work(base: Path) -> None:
    assert "pace_3h: avg(label / NULLIF(distance, 0)) over 3h" in run("list").output
    first = run("materialise", "--at", AT).output
    assert "traffic day=2025-03-03: " in first
    assert "traffic: 4 of 4 intervals computed" in first
    assert "traffic: 3 entities online\ncity: 1 entities online\n" in first
    again = run("materialise", "--at", AT).output
    assert "traffic: 0 of 4 intervals computed, 0 rows" in again
    assert "traffic, version 1: " in run("status", "--at", AT, "--exit-code").output
    assert "pace_3h = " in run("get", "north", "--at", AT).output
    assert "city of whole_table" in run("get", "--set", "city", "--at", AT).output
    assert "are equal" in run("skew", "--rows", "10").output
    assert (base / "workspaces" / "dev" / "features" / "online.json").is_file()


@pytest.mark.usefixtures("base")
def test_old_data_has_no_values_for_today_and_says_so() -> None:
    assert (
        "0 entities online; none is younger than its ttl, servers get null (old data? see --at)"
        in run("materialise").output
    )
    assert "  STALE: " in run("status").output
    assert "--at" in run("get", "north", code=1).stderr
    run("status", "--exit-code", code=3)


def test_values_may_stay_offline(base: Path) -> None:
    assert "online" not in run("materialise", "--no-online").output
    assert not (base / "workspaces" / "dev" / "features" / "online.json").exists()


@pytest.mark.usefixtures("base")
def test_a_definition_that_is_retired_is_listed_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "feature_sets", lambda _: (world.traffic(retired=True),))
    assert "traffic, version 1, retired: by zone, known after 2h, kept 30h" in run("list").output


def test_the_store_is_the_named_one_else_that_of_the_environment(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(filler.STORE, str(base / "mounted"))
    run("materialise", "--no-online")
    run("materialise", "--no-online", "--store", "named")
    assert (base / "mounted" / "features.db").is_file()
    assert (base / "named" / "features.db").is_file()
    assert not (base / "workspaces").exists()


WRONG = {
    "nothing materialised": (["status"], "features holds no materialised features", "mlops features materialise"),
    "nothing to compare": (["skew"], "features holds no materialised features", "mlops features materialise"),
    "nothing online": (["get", "north"], "online.json holds nothing of 'traffic'", "mlops features materialise"),
    "nothing landed": (["materialise", "--root", "nowhere"], "nowhere holds no landed rows", "mlops ingest"),
    "no such set": (["get", "--set", "trafic"], "no feature set 'trafic'", "'traffic'"),
    "no cloud path": (["export", "--source", "data"], "--source is 'data'", "abfss://"),
    "no export": (["export", "--check"], "does not exist", "mlops features export"),
}


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize(("words", "problem", "fix"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_done_is_told_with_the_next_step(words: list[str], problem: str, fix: str) -> None:
    told = run(*words, code=1).stderr
    assert told.startswith("error: ")
    assert problem in told.partition("\n  fix: ")[0]
    assert fix in told.partition("\n  fix: ")[2]
    assert "Traceback" not in told


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("words", [["skew", "--rows", "0"], ["status", "--at", "soon"], ["materialize"]])
def test_wrong_options_are_refused(words: list[str]) -> None:
    run(*words, code=2)


def test_a_second_run_at_once_is_refused(base: Path) -> None:
    with lock.held(base / "workspaces" / "dev" / "features"):
        assert "another run holds" in run("materialise", code=1).stderr


@pytest.mark.usefixtures("base")
def test_the_lock_is_held_until_the_values_are_online(monkeypatch: pytest.MonkeyPatch) -> None:
    own, held = publish.run, list[bool]()

    def looking(*given: object) -> object:
        try:
            with lock.held(filler.store()):
                held.append(False)
        except DataError:
            held.append(True)
        return own(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(publish, "run", looking)
    run("materialise")
    assert held == [True]


@pytest.mark.usefixtures("base")
def test_skew_fails_where_training_and_serving_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    run("materialise")
    own = publish.newest
    monkeypatch.setattr(publish, "newest", lambda store, found, now: own(store, found, now + world.HOUR))
    done = run("skew", "--rows", "10", code=1)
    assert " in training, " in done.stdout
    assert "values differ between training and serving" in done.stderr
    assert join.MATCHED not in done.stdout


def test_the_export_is_checked_against_the_definitions(base: Path) -> None:
    source = ["--source", "abfss://a@b.dfs.core.windows.net/c/*/*.parquet"]
    written = run("export", "--out", "az", *source).output.split()
    assert len(written) == 8
    assert all((base / path).is_file() for path in written)
    assert "az is what" in run("export", "--out", "az", *source, "--check").output
    assert "CONTAINER@ACCOUNT" in run("export", "--out", "other").stderr
    run("export", "--out", "az", "--check", code=1)
