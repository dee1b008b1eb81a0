"""Registered versions are found by what people call them, and their files only while they are what was registered."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.training import versions
from {{cookiecutter.package_name}}.training.versions import FOLDER, LEFT_OUT, MODEL, RECORD, RECORDS, Version
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


@pytest.fixture
def first(place: Workspace) -> Version:
    (found,) = made.registered(place).versions()
    return found


def where(place: Workspace, version: Version, name: str) -> Path:
    """The folder `name` of a version, as it lies in the workspace."""
    (found,) = place.artifacts.glob(f"training/*/artifacts/{name}")
    assert str(found.parent) in version.source
    return found


@pytest.mark.parametrize("wanted", ["1", "v1", "candidate", "NAME:1"])
def test_a_version_has_several_names(place: Workspace, first: Version, wanted: str) -> None:
    assert made.registered(place).get(wanted.replace("NAME", versions.name_of())) == first


def test_an_unknown_one_is_refused_with_those_that_there_are(place: Workspace) -> None:
    with pytest.raises(ModelError, match="has no version '7'") as caught:
        made.registered(place).get("7")
    assert caught.value.fix.startswith("there are: 1, candidate;")


def test_before_any_is_registered_that_is_said(tmp_path: Path, place: Workspace) -> None:
    (tmp_path / "none" / "workspaces" / "dev").mkdir(parents=True)
    shutil.copyfile(place.folder / "mlflow.db", tmp_path / "none" / "workspaces" / "dev" / "mlflow.db")
    found = made.registered(Workspace(tmp_path / "none"))
    found.client.delete_registered_model(found.name)
    assert (found.versions(), found.aliases(), found.champion()) == ([], {}, None)
    with pytest.raises(ModelError) as caught:
        found.get("1")
    assert caught.value.fix == "there are: none; or `mlops pipeline run`"


@pytest.mark.parametrize("name", [FOLDER, MODEL, RECORDS, "evaluation", "verdict"])
def test_its_folders_can_be_had(place: Workspace, first: Version, name: str) -> None:
    with made.registered(place).files(first, name) as folder:
        assert any(folder.iterdir())
    assert not folder.exists(), "it is a copy, which is gone afterwards"


SPOILT = {
    "the model": (MODEL, handoff.MODEL),
    "the hand-off's model": (FOLDER, handoff.MODEL),
    "the hand-off's schema": (FOLDER, handoff.SCHEMA),
    "the hand-off's checksums": (FOLDER, handoff.SUMS),
    "the record": (RECORDS, RECORD),
}


@pytest.mark.parametrize(("name", "file"), SPOILT.values(), ids=SPOILT)
def test_what_was_altered_after_it_was_registered_is_not_given_out(
    place: Workspace, first: Version, name: str, file: str
) -> None:
    path = where(place, first, name) / file
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelError), made.registered(place).files(first, name):
        pass


def test_a_hand_off_that_was_altered_with_its_checksums_is_found_too(place: Workspace, first: Version) -> None:
    folder = where(place, first, FOLDER)
    (folder / handoff.RESPONSE).write_text("{}", encoding="utf-8")
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8", newline="\n")
    handoff.verify(folder)
    with pytest.raises(ModelError, match="SHA256SUMS of version 1 is"), made.registered(place).files(first):
        pass


def test_a_version_that_does_not_say_its_digest_is_not_given_out(place: Workspace, first: Version) -> None:
    bare = replace(first, tags={})
    with pytest.raises(ModelError, match="registered was none"), made.registered(place).files(bare):
        pass


def test_files_that_are_gone_are_named(place: Workspace, first: Version) -> None:
    shutil.rmtree(place.artifacts)
    with pytest.raises(ModelError, match="the files of version 1 cannot be had"), made.registered(place).files(first):
        pass


MARKS = {
    "committed, locked": ({"uncommitted": "0", "unlocked": "0", "champion": "none"}, []),
    "not committed": ({"uncommitted": "2", "unlocked": "0"}, ["code not committed"]),
    "not locked": ({"uncommitted": "0", "unlocked": "1"}, ["libraries not locked"]),
    "not compared": ({"uncommitted": "0", "unlocked": "0", "champion": LEFT_OUT}, ["champion left out"]),
    "says nothing": ({}, ["code not committed", "libraries not locked"]),
}


@pytest.mark.parametrize(("tags", "marks"), MARKS.values(), ids=MARKS)
def test_what_somebody_allowed_is_marked(tags: dict[str, str], marks: list[str]) -> None:
    assert Version("m", "1", "", tags).marks == marks
