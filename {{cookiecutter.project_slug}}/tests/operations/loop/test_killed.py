"""A loop that is killed goes on where it was: one retraining, one release. Thirty kills: `make bench`."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.operations.retraining import asked

from . import crash

pytestmark = pytest.mark.integration


def test_a_killed_loop_answers_a_signal_once(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    found = crash.run(root, tmp_path, kills=3)
    assert found.wrong == []
    assert found.failed == 0
    assert found.requests > 100
    assert (found.signals, found.kills) == (1, 3)


def test_the_engine_sees_a_signal_that_is_lost(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setattr(crash, "LONGEST", 5.0)
    monkeypatch.setattr(asked, "history", lambda *_: [])
    found = crash.run(root, tmp_path, kills=1)
    assert found.wrong
    assert "it is not settled" in found.wrong[0]
