"""What was left before is found by all that it depended on, and used only while it is what it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.training import reuse
from {{cookiecutter.package_name}}.training.pipeline import Component, Step
from {{cookiecutter.package_name}}.training.reuse import Left, Reuse


@pytest.fixture
def step(tmp_path: Path) -> Step:
    (tmp_path / "train.yml").write_text("command: train", encoding="utf-8")
    known = Component(tmp_path / "train.yml", "train", "1", "train", tmp_path, {}, {}, {"A": "1"}, deterministic=True)
    return Step("train", known, {}, {}, {"B": "2"})


BEFORE: dict[str, Any] = {
    "values": {"rows": "/one", "depth": "3"},
    "digests": {"rows": "aa"},
    "code": "c",
    "environment": "e",
}
OTHER: dict[str, dict[str, Any]] = {
    "a number": {"values": {"rows": "/one", "depth": "4"}},
    "another input": {"values": {"rows": "/one", "depth": "3", "width": "1"}},
    "a file's content": {"digests": {"rows": "bb"}},
    "the code": {"code": "d"},
    "the libraries": {"environment": "f"},
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_what_decides_about_a_step_decides_about_its_fingerprint(step: Step, change: dict[str, Any]) -> None:
    assert reuse.fingerprint(step, **{**BEFORE, **change}) != reuse.fingerprint(step, **BEFORE)


def test_the_place_of_an_equal_file_does_not_count(step: Step) -> None:
    moved = {**BEFORE, "values": {"rows": "/elsewhere", "depth": "3"}}
    assert reuse.fingerprint(step, **moved) == reuse.fingerprint(step, **BEFORE)


def test_the_component_s_file_and_variables_count(step: Step) -> None:
    before = reuse.fingerprint(step, **BEFORE)
    assert reuse.fingerprint(replace(step, variables={"B": "3"}), **BEFORE) != before
    step.component.path.write_text("command: train --more", encoding="utf-8")
    assert reuse.fingerprint(step, **BEFORE) != before


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Reuse, Left]:
    """A folder that a step has left."""
    out = tmp_path / "out"
    (out / "deep").mkdir(parents=True)
    (out / "deep" / "rows.txt").write_text("1", encoding="utf-8")
    index, left = Reuse(tmp_path / "reuse"), Left("r1", {"rows": out}, {"rows": reuse.of_path(out)}, tmp_path / "notes")
    index.keep("print", left)
    return index, left


def test_what_was_kept_is_found(kept: tuple[Reuse, Left]) -> None:
    index, left = kept
    assert index.find("print") == (left, "")
    assert index.find("another") == (None, "")


def changed(folder: Path) -> None:
    (folder / "deep" / "rows.txt").write_text("2", encoding="utf-8")


def renamed(folder: Path) -> None:
    (folder / "deep" / "rows.txt").rename(folder / "deep" / "other.txt")


def grown(folder: Path) -> None:
    (folder / "more.txt").write_text("", encoding="utf-8")


@pytest.mark.parametrize("spoil", [changed, renamed, grown])
def test_what_was_changed_since_is_not_used(kept: tuple[Reuse, Left], spoil: Any) -> None:
    index, left = kept
    spoil(left.outputs["rows"])
    assert index.find("print") == (None, "rows of run r1 was changed since")


def test_what_is_gone_is_not_used(kept: tuple[Reuse, Left]) -> None:
    index, left = kept
    left.outputs["rows"].rename(left.outputs["rows"].with_name("away"))
    assert index.find("print") == (None, "rows of run r1 is gone")
