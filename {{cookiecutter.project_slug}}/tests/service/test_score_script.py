"""The scoring script for Azure's server gives what our server gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import check, handoff
from {{cookiecutter.package_name}}.service import score

from . import made


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    score.LOADED.clear()


def test_it_scores_the_sample_as_it_was_recorded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder.parent))
    score.init()
    found = score.run((folder / handoff.REQUEST).read_text(encoding="utf-8"))
    recorded = handoff.read_json(folder / handoff.RESPONSE)["predictions"]
    assert found["model"] == handoff.sha256(folder / handoff.MODEL)
    assert all(check.same(given, expected) for given, expected in zip(found["predictions"], recorded, strict=True))


def test_without_a_mount_it_takes_the_accepted_model(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = made.accepted(folder, tmp_path / "models")
    monkeypatch.delenv("AZUREML_MODEL_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    score.init()
    assert score.run(json.dumps({"records": [made.RECORD]}))["model"] == kept.current()


def test_a_bad_body_is_refused_by_field(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder))
    score.init()
    with pytest.raises(errors.ModelError, match=r"records\[0\]\.size"):
        score.run(json.dumps({"records": [{**made.RECORD, "size": -1}]}))


def test_it_must_be_told_to_load_first() -> None:
    with pytest.raises(errors.ModelError, match="init"):
        score.run("{}")


@pytest.mark.usefixtures("folder")
def test_two_models_in_the_mount_are_one_too_many(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / handoff.MODEL).write_bytes(b"")
    with pytest.raises(errors.ModelError, match="holds 2 files"):
        score.find(tmp_path)
