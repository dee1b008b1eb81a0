"""docs/maturity.md is what the contract makes of it."""

from __future__ import annotations

import subprocess
import sys

from ladder.verify import contract, pages

from ..emission import REPO


def test_the_page_is_what_the_contract_says() -> None:
    text = (REPO / "docs" / "maturity.md").read_text(encoding="utf-8")
    assert text == pages.markdown(contract.load()), "python -m ladder.verify.pages > docs/maturity.md"


def test_it_has_a_section_for_each_level_and_a_row_for_each_statement() -> None:
    text = pages.markdown(contract.load())
    assert next(line for line in text.splitlines() if line.startswith("## ")) == "## Level 0: No MLOps"
    assert sum(line.startswith("## ") for line in text.splitlines()) == 5
    for it in contract.load().statements:
        assert f"| {it.id} | {it.text} | {it.kind} |" in text


def test_the_command_prints_it() -> None:
    ran = subprocess.run([sys.executable, "-m", "ladder.verify.pages"], capture_output=True, text=True, check=True)
    assert ran.stdout == pages.markdown(contract.load())
