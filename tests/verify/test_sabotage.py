"""Every capability has a sabotage, and its probe turns red under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladder.verify import contract
from ladder.verify.contract import Statement

from ..conftest import Rendered
from . import faults, sabotages

CAPABILITIES = contract.load().capabilities


def test_every_capability_has_one_and_nothing_else_has() -> None:
    assert sabotages.SABOTAGES.keys() == {it.id for it in CAPABILITIES}


@pytest.mark.parametrize("it", CAPABILITIES, ids=lambda it: it.id)
def test_the_probe_turns_red(it: Statement, rendered: Rendered, copies: Path) -> None:
    caught = sabotages.sabotaged(rendered(4), it, copies)
    assert caught.red, f"{caught.before.verdict} before; {caught.line}"


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sabotaged")


def test_a_copy_is_fresh_after_a_sabotage(rendered: Rendered, tmp_path: Path) -> None:
    copy, healthy = tmp_path / "copy", rendered(1)
    sabotages.fresh(copy, healthy)
    faults.tracked(copy)
    (copy / "Makefile").write_text("all:\n", encoding="utf-8")
    (copy / "README.md").unlink()
    sabotages.fresh(copy, healthy)
    assert not (copy / ".git").exists()
    assert not (copy / ".env").exists()
    assert (copy / "Makefile").read_bytes() == (healthy / "Makefile").read_bytes()
    assert (copy / "README.md").exists()
