"""Models, environments and data go to Azure's registry through the real SDK: whole, once, and only those that may."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.infra.target import InfraError
from {{cookiecutter.package_name}}.deployment.promotion import azure, workspaces
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.training.azure import AzureError
from {{cookiecutter.package_name}}.training.registry import name_of
from {{cookiecutter.package_name}}.training.registry_azure import Registry

from ..promotion import world
from .control_plane import STORE, WORKSPACE, Plane

ALSO = ("environment:training:3", "data:snapshot:7")


@pytest.fixture
def repo(root: Path, tmp_path: Path) -> Path:
    """A repo whose model was trained, and whose workspaces are on Azure."""
    copy = world.copied(root, tmp_path / "repo")
    text = world.WORKSPACES
    for name in ("dev", "registry", "prod"):
        text = text.replace(f"[workspace.{name}]", f"[workspace.{name}]\nplatform = 'azure'")
    (copy / "workspaces.toml").write_text(text, encoding="utf-8")
    return copy


@pytest.fixture
def filled(repo: Path, plane: Plane) -> Plane:
    """A workspace with that version, tested, its environment, and its data."""
    (version,) = world.registry(repo, "dev").versions()
    base = world.artifacts(repo, "dev")
    Registry(repo).register(None, version.tags, {name: base / name for name in ("model", "handoff", "record")})
    examined(repo)
    about = {"image": "image:1", "condaFile": "{}", "osType": "Linux"}
    plane.put(f"{WORKSPACE}/environments/training/versions/3", {"properties": about})
    place = f"azureml:/{WORKSPACE}/datastores/workspaceblobstore/paths/data/1"
    plane.put(f"{WORKSPACE}/data/snapshot/versions/7", {"properties": {"dataType": "uri_folder", "dataUri": place}})
    plane.calls.clear()
    return plane


def examined(repo: Path) -> bool:
    made, _ = azure.test(workspaces.load(repo).place("dev"), "1", world.CLOCK, "tester", lambda _: None)
    return made.passed


def share(repo: Path, *also: str, to: str = "registry", version: str = "1") -> list[str]:
    return azure.promote(repo, version, to, also)


def blob(plane: Plane, end: str, store: str = STORE) -> str:
    (name,) = [it for it in plane.blobs if it.startswith(f"/{store}/") and it.endswith(end)]
    return name


def test_a_version_is_shared_with_what_it_needs_and_only_once(repo: Path, filled: Plane) -> None:
    addresses = share(repo, *ALSO)
    assert addresses == [
        f"azureml://registries/shared-registry/models/{name_of()}/versions/1",
        "azureml://registries/shared-registry/environments/training/versions/3",
        "azureml://registries/shared-registry/data/snapshot/versions/7",
    ]
    ours, theirs = (filled.blobs[blob(filled, "handoff/model.skops", store)] for store in (STORE, "shared"))
    assert ours == theirs
    assert [path.rpartition("/")[2] for path in filled.written] == ["import"] * 3
    assert share(repo, *ALSO) == addresses
    assert len(filled.written) == 3


def test_the_next_workspace_reads_from_the_registry_and_copies_nothing(repo: Path, filled: Plane) -> None:
    with pytest.raises(ModelError, match="the registry has no model"):
        share(repo, to="prod")
    share(repo)
    before = len(filled.written)
    assert share(repo, to="prod")[0].endswith("/versions/1")
    assert len(filled.written) == before


def test_the_tests_outcome_is_told_by_tags(repo: Path, filled: Plane) -> None:
    assert Registry(repo).get("1").tags["tests"] == "passed"
    (repo / "modeltests.toml").write_text("[size]\nmegabytes = 0.000001\n", encoding="utf-8")
    assert not examined(repo)
    assert Registry(repo).get("1").tags["tests"] == "failed"
    assert filled.unknown == []


def retag(**tags: str) -> Callable[[Path, Plane], None]:
    return lambda repo, _: Registry(repo).tag("1", tags)


def alter(name: str) -> Callable[[Path, Plane], None]:
    def spoil(_: Path, plane: Plane) -> None:
        plane.blobs[blob(plane, name)] = b"another"

    return spoil


def lose_record(_: Path, plane: Plane) -> None:
    del plane.blobs[blob(plane, "record/record.json")]


def new_limits(repo: Path, _: Plane) -> None:
    (repo / "modeltests.toml").write_text(world.LIMITS + "[size]\nmegabytes = 9\n", encoding="utf-8")


REFUSED: dict[str, tuple[Callable[[Path, Plane], None], str]] = {
    "one that leads nowhere": (retag(snapshot=""), "without snapshot"),
    "one that the gate did not pass": (retag(gate="refused"), "the gate did not pass"),
    "one without a test report": (retag(tests=""), "has no test report"),
    "one that failed its tests": (retag(tests="failed"), "no test report that passed: failed"),
    "one of other tests": (new_limits, "limits were changed"),
    "another model": (alter("handoff/model.skops"), "checksum differs"),
    "another model for MLflow": (alter("model/model.skops"), "model/model.skops is"),
    "another signature": (alter("model/MLmodel"), "all files since the tests"),
    "another record": (alter("record/record.json"), "record/record.json is"),
    "no record": (lose_record, "holds 0 records"),
}


@pytest.mark.parametrize(("spoil", "said"), REFUSED.values(), ids=REFUSED)
def test_a_doubtful_version_is_not_shared(
    repo: Path, filled: Plane, spoil: Callable[[Path, Plane], None], said: str
) -> None:
    spoil(repo, filled)
    with pytest.raises(ModelError, match=said):
        share(repo)
    assert not any(path.endswith("/import") for path in filled.written)


def test_another_content_under_the_same_number_is_told(repo: Path, filled: Plane) -> None:
    share(repo)
    filled.blobs[blob(filled, "model/MLmodel", "shared")] = b"another"
    for to in ("registry", "prod"):
        with pytest.raises(ModelError, match="all files since the tests"):
            share(repo, to=to)


def test_another_environment_under_the_same_number_is_told(repo: Path, filled: Plane) -> None:
    share(repo, *ALSO)
    (key,) = [it for it in filled.kept if it.endswith("/registries/shared-registry/environments/training/versions/3")]
    filled.kept[key]["properties"]["image"] = "image:2"
    with pytest.raises(ModelError, match="environment training:3 in registry shared-registry is not the one"):
        share(repo, *ALSO)


@pytest.mark.parametrize("text", ["training:3", "image:training:3", "environment:training", "data::1"])
def test_an_asset_that_is_not_so_written_is_told(repo: Path, plane: Plane, text: str) -> None:
    with pytest.raises(InfraError, match="names no asset"):
        share(repo, text)
    assert plane.written == []


@pytest.mark.usefixtures("filled")
def test_a_version_that_is_not_there_is_told(repo: Path) -> None:
    with pytest.raises(ModelError, match="has no model"):
        share(repo, version="2")


def test_what_azure_refuses_is_told_in_its_words(repo: Path, filled: Plane) -> None:
    filled.forbids = "the identity has no role in the registry"
    with pytest.raises(AzureError, match="has no role in the registry"):
        share(repo)


def test_the_commands_take_the_way_that_workspaces_toml_names(
    repo: Path, filled: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo)

    def run(*words: str) -> Any:
        return CliRunner().invoke(cli.main, list(words))

    assert "17 of 17 tests" in run("model", "test", "1").output
    assert "prod receives from registry, not from dev" in run("promote", "1", "--from", "dev", "--to", "prod").output
    assert "azureml://registries/" in run("promote", "1", "--from", "dev", "--to", "registry").output
    assert run("promote", "1", "--from", "registry", "--to", "prod").exit_code == 0
    assert sum(path.endswith("/import") for path in filled.written) == 1


def test_the_files_of_a_version_are_those_that_were_registered(repo: Path, filled: Plane, tmp_path: Path) -> None:
    with azure.fetched(Registry(repo).client, azure.Asset("model", name_of(), "1")) as folder:
        shutil.copytree(folder, tmp_path / "version")
    handoff.verify(tmp_path / "version" / "handoff")
    assert {path.name for path in (tmp_path / "version").iterdir()} == {"files.json", "handoff", "model", "record"}
    assert filled.unknown == []
