"""Registration on Azure by its real library: versions and tags, and what can be kept of the local promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.training import (
    azure,
    pipeline,
    registries,
    registry,
    registry_azure,
    versions,
)
from {{cookiecutter.package_name}}.training.registry_azure import Registry

from . import fake_azure


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_azure.Azure]:
    found = fake_azure.Azure()
    fake_azure.intercept(found, monkeypatch)
    yield found
    assert found.unknown == []


@pytest.fixture
def there(fake: fake_azure.Azure, tmp_path: Path) -> Registry:
    return Registry(tmp_path, fake.client(azure.sdk()))


def tags(digest: str) -> dict[str, str]:
    return {**dict.fromkeys(registry.NEEDED, "1"), "model_sha256": digest}


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    out = {}
    for name in (versions.MODEL, versions.FOLDER, versions.RECORDS):
        out[name] = tmp_path / "made" / name
        out[name].mkdir(parents=True)
        (out[name] / f"{name}.txt").write_text(name, encoding="utf-8")
    return out


def test_a_version_has_its_files_its_tags_and_the_next_number(
    there: Registry, fake: fake_azure.Azure, folders: dict[str, Path]
) -> None:
    first, second = (there.register(None, tags(digest), folders) for digest in ("aa", "bb"))
    assert (first.number, second.number) == ("1", "2")
    assert first.name == versions.name_of()
    assert {**tags("aa"), "champion": "no"} == there.get("1").tags
    files = {path.rpartition("/version/")[2] for path in fake.uploaded()}
    assert {"model/model.txt", "handoff/handoff.txt", "record/record.txt", "files.json"} <= files
    assert first.handoff.startswith("azureml://")
    assert first.handoff.endswith("/handoff")


def test_the_same_model_is_one_version(there: Registry, folders: dict[str, Path]) -> None:
    assert there.register(None, tags("aa"), folders).number == there.register(None, tags("aa"), folders).number
    assert len(there.versions()) == 1


def test_a_version_that_leads_nowhere_is_refused(
    there: Registry, fake: fake_azure.Azure, folders: dict[str, Path]
) -> None:
    lacking = tags("aa")
    del lacking["snapshot"]
    with pytest.raises(ModelError, match="without snapshot"):
        there.register(None, lacking, folders)
    assert fake.sent("/models/") == []


def test_there_is_one_champion_and_it_moves(there: Registry, folders: dict[str, Path]) -> None:
    first, second = (there.register(None, tags(digest), folders) for digest in ("aa", "bb"))
    assert there.champion() is None
    assert there.promote(first)
    assert not there.promote(first), "nothing was to change"
    assert there.promote(second)
    assert [it.tags["champion"] for it in there.versions()] == ["no", "yes"]
    assert there.get("champion").number == "2"
    assert there.promote(first), "and back"
    assert there.get("champion").number == "1"
    assert there.get("2").tags["snapshot"] == "1", "the other tags stay"


def test_a_promotion_that_was_broken_off_leaves_a_champion(there: Registry, folders: dict[str, Path]) -> None:
    for digest in ("aa", "bb"):
        there.tag(there.register(None, tags(digest), folders).number, {"champion": "yes"})
    assert there.get("champion").number == "2"


def test_what_is_not_there_is_said_with_what_is(there: Registry, folders: dict[str, Path]) -> None:
    assert there.versions() == []
    with pytest.raises(ModelError, match="no version 'champion'"):
        there.get("champion")
    there.register(None, tags("aa"), folders)
    with pytest.raises(ModelError) as caught:
        there.get("7")
    assert caught.value.fix == "there are 1"


def test_what_azure_refuses_is_told(there: Registry, fake: fake_azure.Azure, folders: dict[str, Path]) -> None:
    fake.refuses = "/versions/1"
    with pytest.raises(azure.AzureError, match="the quota is used up"):
        there.register(None, tags("aa"), folders)


def test_a_step_registers_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZUREML_ROOT_RUN_ID", raising=False)
    assert isinstance(registries.here(tmp_path, SystemClock()), registry.Registry)
    monkeypatch.setenv("AZUREML_ROOT_RUN_ID", "job")
    monkeypatch.setattr(azure, "connect", lambda root: f"client of {root.name}")
    found = registries.here(tmp_path, SystemClock())
    assert isinstance(found, registry_azure.Registry)
    assert found.client == f"client of {tmp_path.name}"


def test_the_champion_on_azure_is_the_one_to_beat(there: Registry, folders: dict[str, Path], root: Path) -> None:
    found = pipeline.load(root / "azure" / "pipelines" / "training.yml")
    assert azure.given(found, root, {}, there.client) == {}
    first = there.register(None, tags("aa"), folders)
    there.promote(first)
    assert azure.given(found, root, {}, there.client) == {"champion": there.get("1").handoff}
    assert azure.given(found, root, {"champion": "none"}, there.client) == {}
