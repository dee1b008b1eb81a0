"""The commands about registered versions: what there is, where it comes from, who moved it, and releasing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.training import registry
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


def mlops(*words: str) -> Result:
    return CliRunner().invoke(cli.main, words)


def said(*words: str) -> str:
    """What a command that goes well says."""
    result = mlops(*words)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_list_has_figure_run_aliases_and_marks(place: Workspace) -> None:
    (version,) = made.registered(place).versions()
    line = said("registry", "list").strip()
    assert line.startswith(f"1  {version.sha256[:12]}  mae=")
    assert line.endswith(f"run {version.tags['run']}  [candidate]")
    made.registered(place).client.set_model_version_tag(version.name, "1", "unlocked", "2")
    assert said("registry", "list").strip().endswith("[candidate]  (libraries not locked)")


def test_one_is_shown_with_all_that_leads_back(place: Workspace) -> None:
    text = said("registry", "show", "candidate")
    assert text.startswith(f"{registry.name_of()} version 1, candidate\n")
    assert all(f"  {name}: " in text for name in registry.NEEDED)
    assert f"  files: {place.artifacts.as_uri()}/training/" in text


@pytest.mark.usefixtures("place")
def test_an_unknown_one_is_an_error() -> None:
    for words in (("registry", "show"), ("release",), ("reproduce",)):
        result = mlops(*words, "7")
        assert result.exit_code == 1
        assert "has no version '7'" in result.output
        assert "fix: there are: 1, candidate" in result.output


def test_a_release_its_repetition_and_the_way_back(place: Workspace) -> None:
    assert "is the one that `mlops serve` takes from now on" in said(
        "release", "1", "--by", "tester", "--reason", "good"
    )
    assert "was released already; nothing changed" in said("release", "1")
    made.again(place, fresh=True)
    assert said("release", "candidate").rstrip().endswith("in the place of version 1")
    assert "version 1 (model " in said("release", "--rollback", "--reason", "slow")
    lines = said("registry", "ledger").splitlines()
    assert "tester: release champion -> 1 (good)" in lines[1]
    assert "rollback champion -> 1 from 2 (slow)" in lines[-2]
    assert lines[-1] == "5 entries; the chain holds, and every alias stands where the last entry put it"
    result = mlops("release", "--rollback")
    assert (result.exit_code, "no version to go back to" in result.output) == (1, True)


@pytest.mark.parametrize("words", [(), ("1", "--rollback")])
def test_a_release_is_of_a_version_or_back(words: tuple[str, ...]) -> None:
    result = mlops("release", *words)
    assert result.exit_code == 2
    assert "name a VERSION, or say --rollback" in result.output


def test_an_alias_that_was_moved_by_hand_turns_the_ledger_red_until_it_is_put_back(place: Workspace) -> None:
    known = made.registered(place)
    known.client.set_registered_model_alias(known.name, registry.CHAMPION, "1")
    result = mlops("registry", "ledger")
    assert result.exit_code == 1
    assert "alias 'champion' stands at version 1, the ledger says none" in result.output
    assert "fix: someone moved it by hand: `mlops registry restore`" in result.output
    assert said("registry", "restore").splitlines() == [
        "champion: 1 -> none",
        "1 aliases moved; all stand where the ledger has them",
    ]
    assert said("registry", "ledger").startswith("   1  ")


def test_a_changed_entry_turns_the_ledger_red(place: Workspace) -> None:
    with closing(sqlite3.connect(place.state)) as connection, connection:
        connection.executescript("DROP TRIGGER ledger_no_update; UPDATE ledger SET reason = 'another run';")
    result = mlops("registry", "ledger")
    assert result.exit_code == 1
    assert "entry 1 of the ledger is not as it was written" in result.output


def test_where_nothing_is_registered_that_is_said(place: Workspace) -> None:
    known = made.registered(place)
    known.client.delete_registered_model(known.name)
    place.state.unlink()
    assert said("registry", "list") == "nothing is registered yet; `mlops pipeline run` does it\n"
    assert said("registry", "ledger").startswith("0 entries")


@pytest.mark.integration
def test_reproducing_says_what_it_has_proved(place: Workspace) -> None:
    lines = said("reproduce", "candidate").splitlines()
    assert [line.partition(":")[0] for line in lines[:2]] == ["data", "code"]
    assert lines[2].startswith("version 1 reproduced: mae ")
    assert lines[2].endswith("predictions differ by at most 0")
    assert place.root.joinpath("workspaces").is_dir()
    assert [it.name for it in place.folder.parent.iterdir() if it.is_dir()] == ["dev"], "it leaves no workspace behind"
