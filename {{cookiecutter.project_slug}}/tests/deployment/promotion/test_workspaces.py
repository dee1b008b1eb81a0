"""workspaces.toml is read strictly; its workspaces are made once, and differ only in what may differ."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.deployment.promotion import create, differences, listing, workspaces
from {{cookiecutter.package_name}}.errors import ProjectError

from . import world


def declared(root: Path, text: str = world.WORKSPACES) -> workspaces.Workspaces:
    (root / "workspaces.toml").write_text(text, encoding="utf-8")
    return workspaces.load(root)


# --- the file


def test_the_file_of_this_repo_leads_from_dev_to_prod_through_the_registry(root: Path) -> None:
    found = workspaces.load(root)
    assert found.names == ("dev", "registry", "test", "prod")
    assert found.settings("prod").receives == ("registry",)
    assert found.serving.name == "prod"
    assert found.settings("prod").allows == ()


WRONG = {
    "a key that is none": ("[workspace.dev]\nplatfrom = 'local'\n", "workspace.dev.platfrom", "platform"),
    "a table that is none": ("[workspace.dev]\n[extra]\n", "extra", "may_differ"),
    "a platform that is none": ("[workspace.dev]\nplatform = 'aws'\n", "workspace.dev.platform is 'aws'", "azure"),
    "a mark that is none": (
        "[workspace.dev]\nallows = ['untested']\n",
        "workspace.dev.allows.0 is 'untested'",
        "unlocked",
    ),
    "a name that is none": ("[workspace.Dev]\n", "[workspace.Dev]", "small letters"),
    "from nowhere": ("[workspace.dev]\n[workspace.prod]\nreceives = ['dve']\n", "'dve'", "dev"),
    "from itself": ("[workspace.dev]\nreceives = ['dev']\n", "workspace.dev.receives", "one way"),
    "in a circle": (
        "[workspace.a]\nreceives = ['c']\n[workspace.b]\nreceives = ['a']\n[workspace.c]\nreceives = ['b']\n",
        "workspace.a.receives",
        "one way",
    ),
    "a setting that may differ and is none": ("may_differ = ['color']\n[workspace.dev]\n", "'color'", "description"),
    "one that serves and is none": ("serves = 'prd'\n[workspace.prod]\n", "serves has 'prd'", "prod"),
    "one address twice": (
        "[workspace.dev]\ntracking = 'http://t'\n[workspace.prod]\ntracking = 'http://t'\n",
        "have one tracking address",
        "its own",
    ),
    "no workspace": ("may_differ = []\n", "workspace is missing", "add"),
    "no TOML": ("[workspace.dev\n", "is not TOML", "correct"),
}


@pytest.mark.parametrize(("text", "said", "fix"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_with_key_value_and_fix(tmp_path: Path, text: str, said: str, fix: str) -> None:
    with pytest.raises(ProjectError) as caught:
        declared(tmp_path, text)
    assert said in caught.value.problem
    assert fix in caught.value.fix


def test_no_file_and_no_such_workspace_are_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist"):
        workspaces.load(tmp_path)
    with pytest.raises(ProjectError, match="no workspace 'prd'") as caught:
        declared(tmp_path).place("prd")
    assert "'prod'" in caught.value.fix


# --- where MLflow is


def test_a_tracking_address_comes_from_the_file_with_its_secret_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = declared(tmp_path, "[workspace.prod]\ntracking = 'https://user:${PROD_PASSWORD}@tracking.invalid'\n")
    with pytest.raises(ProjectError, match="PROD_PASSWORD"):
        found.place("prod")
    monkeypatch.setenv("PROD_PASSWORD", "password")
    assert found.place("prod").tracking_uri == "https://user:password@tracking.invalid"
    assert found.place("prod").shown == "https://tracking.invalid"


def test_the_address_in_the_environment_is_the_current_workspaces_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = declared(tmp_path)
    monkeypatch.setenv(workspace.TRACKING, "http://127.0.0.1:1")
    assert found.place("dev").tracking_uri == "http://127.0.0.1:1"
    assert found.place("prod").tracking_uri.startswith("sqlite:///")
    monkeypatch.setenv(workspace.NAME, "prod")
    assert found.place("prod").tracking_uri == "http://127.0.0.1:1"


# --- made


@pytest.fixture
def made(ran: Path, tmp_path: Path) -> workspaces.Workspaces:
    """Workspaces whose databases of MLflow are copies of one that is there: making one takes seconds."""
    found = declared(tmp_path)
    for name in found.names:
        place = found.place(name)
        place.folder.mkdir(parents=True)
        place.database.write_bytes((ran / "workspaces" / "prod" / "mlflow.db").read_bytes())
    return found


def test_created_again_nothing_is_made(made: workspaces.Workspaces) -> None:
    said: list[str] = []
    assert create.run(made, (), said.append) == ["dev", "registry", "prod"]
    before = {path: path.stat().st_mtime_ns for path in made.root.rglob("mlflow.db")}
    assert create.run(made, (), said.append) == []
    assert {path: path.stat().st_mtime_ns for path in made.root.rglob("mlflow.db")} == before
    assert "dev: is there" in said[-3]


def test_only_what_is_named_is_made(made: workspaces.Workspaces) -> None:
    assert create.run(made, ("prod",)) == ["prod"]
    assert not made.place("dev").state.exists()


def test_a_creation_that_breaks_off_leaves_no_half_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = declared(tmp_path, "[workspace.dev]\n")
    copied = shutil.copyfile

    def broken(source: Path, target: Path) -> None:
        copied(source, target)
        raise KeyboardInterrupt

    prepared = workspaces.Place(tmp_path / "scratch", "prepared")
    prepared.folder.mkdir(parents=True)
    prepared.database.write_bytes(b"prepared")
    monkeypatch.setattr(shutil, "copyfile", broken)
    with pytest.raises(KeyboardInterrupt):
        create.make(found.place("dev"), prepared)
    assert not found.place("dev").database.exists()
    monkeypatch.setattr(shutil, "copyfile", copied)
    assert "mlflow.db" in create.make(found.place("dev"), prepared)


def test_a_workspace_on_azure_says_what_makes_its_other_half(tmp_path: Path) -> None:
    found = declared(tmp_path, "[workspace.prod]\nplatform = 'azure'\ntracking = 'http://127.0.0.1:1'\n")
    said: list[str] = []
    create.run(found, (), said.append)
    assert "`mlops infra apply --env prod`" in said[-1]


def test_the_list_shows_versions_and_what_is_not_there(ran: Path) -> None:
    lines = list(listing.lines(workspaces.load(ran), world.CLOCK))
    assert [line.split(":")[0].split()[0] for line in lines if not line.startswith(" ")] == ["dev", "registry", "prod"]
    assert "[candidate]" in lines[1]


def test_a_workspace_that_was_not_made_is_listed_so(tmp_path: Path) -> None:
    (line,) = listing.lines(declared(tmp_path, "[workspace.dev]\n"), world.CLOCK)
    assert "not there yet" in line


# --- held against each other


def test_what_may_differ_is_shown_and_refuses_nothing(made: workspaces.Workspaces) -> None:
    create.run(made, ())
    found = differences.run(made, "dev", "prod")
    assert {it.key: it.allowed for it in found} == {"receives": True}
    differences.refuse(found, "dev", "prod")


def tracked_elsewhere(root: Path) -> None:
    declared(root, world.WORKSPACES.replace("[workspace.prod]", "[workspace.prod]\ntracking = 'http://127.0.0.1:1'"))


def other_form(root: Path) -> None:
    with closing(sqlite3.connect(root / "workspaces" / "prod" / "mlflow.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
        connection.commit()


def no_guard(root: Path) -> None:
    with closing(sqlite3.connect(root / "workspaces" / "prod" / "state.db")) as connection:
        connection.execute("DROP TRIGGER ledger_no_update")
        connection.execute("CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT 1; END")
        connection.commit()


def other_compute(root: Path) -> None:
    for name, size in (("dev", "Standard_DS3_v2"), ("prod", "Standard_NC6")):
        folder = root / "azure" / "infra" / name
        folder.mkdir(parents=True)
        (folder / "compute.yml").write_text(f"name: training\nsize: {size}\n", encoding="utf-8")


UNLIKE = {
    "a setting": (tracked_elsewhere, "tracking"),
    "the form of MLflow's database": (other_form, "mlflow.schema"),
    "a guard of the ledger": (no_guard, "state.ledger_no_update"),
    "a key of the files for Azure": (other_compute, "azure.compute.size"),
}


@pytest.mark.parametrize(("spoil", "key"), UNLIKE.values(), ids=UNLIKE)
def test_what_must_be_equal_and_is_not_is_an_error(made: workspaces.Workspaces, spoil: object, key: str) -> None:
    create.run(made, ())
    assert callable(spoil)
    spoil(made.root)
    found = differences.run(workspaces.load(made.root), "dev", "prod")
    assert [it.key for it in found if not it.allowed] == [key]
    with pytest.raises(differences.DifferenceError, match=key):
        differences.refuse(found, "dev", "prod")


def test_an_allowed_pattern_lets_keys_of_azure_differ(made: workspaces.Workspaces) -> None:
    create.run(made, ())
    other_compute(made.root)
    found = declared(made.root, world.WORKSPACES.replace('"allows"', '"allows", "azure.compute.*"'))
    differences.refuse(differences.run(found, "dev", "prod"), "dev", "prod")


def test_a_workspace_that_is_not_there_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="is not there"):
        differences.run(declared(tmp_path), "dev", "prod")
