"""`maturity.toml` is read strictly."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ladder import template
from ladder.verify import contract
from ladder.verify.contract import ContractError
from ladder.verify.gaps import CI, PACKAGE
from ladder.verify.probes import PROBES
from ladder.verify.probes.azure import AZURE
from ladder.verify.running.looks import LOOKS

CAPABILITY: dict[str, Any] = {
    "id": "L1.T1", "level": 1, "column": "technology", "kind": "capability", "text": "It builds.",
    "looked_at": "The build.", "probe": "builds_run_in_ci", "sabotage": "It does not.", "files": ["Makefile"],
}  # fmt: skip
DEFICIT: dict[str, Any] = {
    "id": "L0.T1", "level": 0, "column": "technology", "kind": "deficit", "text": "By hand.", "cured_by": ["L1.T1"],
}  # fmt: skip


def test_it_has_every_statement_of_the_model() -> None:
    found = contract.load()
    assert Counter(it.kind for it in found.statements) == {
        "capability": 65,
        "deficit": 21,
        "organisation": 17,
        "neutral": 2,
    }
    columns = Counter((it.level, it.column) for it in found.statements)
    assert [columns[level, "highlight"] for level in range(5)] == [3] * 5
    assert [columns[level, "technology"] for level in range(5)] == [5, 3, 7, 4, 5]
    assert [columns[level, "people"] for level in range(5)] == [3] * 5
    assert [columns[level, "creation"] for level in range(5)] == [4, 4, 4, 4, 5]
    assert [columns[level, "release"] for level in range(5)] == [3] * 5
    assert [columns[level, "integration"] for level in range(5)] == [2, 4, 3, 3, 3]


def test_what_it_names_is_there() -> None:
    paths = {path.replace(PACKAGE, "src/*/") for row in template.table() for path in row["paths"]} | {CI}
    for it in contract.load().statements:
        assert not it.probe or it.probe in PROBES
        assert not it.azure or it.azure in AZURE
        assert set(it.files) <= paths, f"{it.id} names a path that levels.toml has not"
    assert {it.probe for it in contract.load().capabilities} == set(PROBES)


def test_what_is_run_is_about_capabilities() -> None:
    known = {it.id for it in contract.load().capabilities}
    assert {name for look in LOOKS for name in look.ids} <= known
    names = [look.name for look in LOOKS]
    assert len(set(names)) == len(names)
    for number, look in enumerate(LOOKS):
        assert set(look.needs) <= set(names[:number]), f"{look.name} stands on a later look"


def test_a_deficit_is_due_with_the_last_of_its_cures() -> None:
    later = {**CAPABILITY, "id": "L3.R1", "level": 3, "column": "release"}
    found = contract.parse([{**DEFICIT, "cured_by": ["L1.T1", "L3.R1"]}, CAPABILITY, later])
    assert [it.due for it in found.statements] == [3, 1, 3]


def without(row: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != key}


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([without(CAPABILITY, "sabotage")], "L1.T1: a capability without sabotage"),
        ([without(CAPABILITY, "probe")], "a capability without probe"),
        ([{**CAPABILITY, "sabotage": ""}], "sabotage is empty"),
        ([{**CAPABILITY, "colour": "red"}], "colour is no key of a capability"),
        ([{**CAPABILITY, "cured_by": ["L1.T1"]}], "cured_by is no key of a capability"),
        ([{**CAPABILITY, "kind": "wish"}], "kind 'wish' is none of"),
        ([{**CAPABILITY, "id": "T1"}], "an id is written L2.T1"),
        ([{**CAPABILITY, "level": 2}], "are not those of the id"),
        ([{**CAPABILITY, "column": "people"}], "are not those of the id"),
        ([{**CAPABILITY, "id": "L7.T1", "level": 7}], "level 7 is none of the model's"),
        ([{**CAPABILITY, "files": "Makefile"}], "files is 'Makefile'"),
        ([{**CAPABILITY, "text": 3}], "text is 3"),
        ([CAPABILITY, CAPABILITY], "L1.T1 is there twice"),
        ([DEFICIT], "cured_by names L1.T1, which is no capability"),
        ([{**DEFICIT, "id": "L1.T2", "level": 1}, CAPABILITY], "L1.T1 cures it on its own level or below"),
    ],
)
def test_a_wrong_entry_is_refused(rows: list[dict[str, Any]], wrong: str) -> None:
    with pytest.raises(ContractError, match=wrong):
        contract.parse(rows)


@pytest.mark.parametrize(("text", "wrong"), [("[[statement", "is not TOML"), ("[other]\n", "other is no key of it")])
def test_a_file_that_is_none_is_refused(text: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / "maturity.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=wrong):
        contract.load(tmp_path / "maturity.toml")
