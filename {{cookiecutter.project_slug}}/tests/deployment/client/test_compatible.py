"""Which changes break callers, and that none of them passes unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.client import compatible, contract
from {{cookiecutter.package_name}}.deployment.client.contract import ContractError, Input
from {{cookiecutter.package_name}}.model import handoff

from . import made

KM, ZONE = Input(name="km", kind="numeric", min=0), Input(name="zone", kind="categorical", nullable=True)
NEW = Input(name="rain", kind="numeric")
CHANGES: dict[str, tuple[bool, tuple[Input, ...], dict[str, Any], str]] = {
    "an input is gone": (True, (KM,), {}, "zone is no input any more"),
    "an input is asked for": (True, (KM, ZONE, NEW), {}, "rain is new and must be sent"),
    "an input may be sent": (
        False,
        (KM, ZONE, NEW.model_copy(update={"optional": True})),
        {},
        "rain is new and may be sent",
    ),
    "a kind": (True, (Input(name="km", kind="categorical"), ZONE), {}, "km is categorical, and no longer numeric"),
    "no longer null": (True, (KM, Input(name="zone", kind="categorical")), {}, "zone may no longer be null"),
    "null is taken": (False, (KM.model_copy(update={"nullable": True}), ZONE), {}, "km may be null"),
    "a higher least": (
        True,
        (KM.model_copy(update={"min": 1.0}), ZONE),
        {},
        "the least number that is taken was 0, and is 1",
    ),
    "a lower least": (False, (KM.model_copy(update={"min": -1.0}), ZONE), {}, "was 0, and is -1"),
    "no least": (False, (KM.model_copy(update={"min": None}), ZONE), {}, "was 0, and is unbounded"),
    "a greatest": (True, (KM.model_copy(update={"max": 9.0}), ZONE), {}, "was unbounded, and is 9"),
    "may be left out": (False, (KM.model_copy(update={"optional": True}), ZONE), {}, "km may be left out"),
    "another target": (True, (KM, ZONE), {"target": "seconds"}, "seconds is predicted, and no longer minutes"),
    "another task": (True, (KM, ZONE), {"task": "binary"}, "the answer is a binary, and no longer a regression"),
    "other classes": (True, (KM, ZONE), {"classes": ("a", "b")}, "the classes are others: with a, b"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_for_what_it_is(name: str) -> None:
    breaking, inputs, others, words = CHANGES[name]
    old, new = made.contract_of(KM, ZONE), made.contract_of(*inputs, **others)
    (found,) = compatible.changes(old, new)
    assert found.breaking == breaking
    assert words in found.what
    if not breaking:
        assert compatible.check(old, new) == [found]
        return
    with pytest.raises(ContractError, match="would break"):
        compatible.check(old, new)
    assert compatible.check(old, new.model_copy(update={"major": 2})) == [found]


def test_a_breaking_change_turned_round_is_one_too_or_harmless() -> None:
    """What may be left out, and then must be sent."""
    old, new = made.contract_of(KM.model_copy(update={"optional": True}), ZONE), made.contract_of(KM, ZONE)
    assert [it.breaking for it in compatible.changes(old, new)] == [True]


def test_the_order_of_inputs_and_classes_is_nothing_that_callers_see() -> None:
    old = made.contract_of(KM, ZONE, task="binary", classes=("a", "b"))
    new = made.contract_of(ZONE, KM, task="binary", classes=("b", "a"))
    assert compatible.changes(old, new) == []


def test_two_schemas_of_models_can_be_compared(tmp_path: Path) -> None:
    paths = []
    for name, names in (("old", made.PLAIN), ("new", ("size", "warm", "place", "closed"))):
        paths.append(tmp_path / f"{name}.json")
        handoff.write_json(paths[-1], {"format": 1, "schema": made.schema("regression", names).model_dump(mode="json")})
    ran = CliRunner().invoke(cli.main, ["client", "compatible", *map(str, paths)])
    assert ran.exit_code == 1
    assert "open is no input any more" in ran.output
    assert "closed is new and must be sent" in ran.output
    same = CliRunner().invoke(cli.main, ["client", "compatible", str(paths[0]), str(paths[0])])
    assert (same.exit_code, same.output) == (0, "nothing changes for callers\n")


def test_a_raised_version_lets_a_breaking_change_pass_and_tells_it(tmp_path: Path) -> None:
    old, new = made.contract_of(KM, ZONE), made.contract_of(KM, major=2)
    for name, it in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(it.text, encoding="utf-8")
    ran = CliRunner().invoke(cli.main, ["client", "compatible", str(tmp_path / "old.json"), str(tmp_path / "new.json")])
    assert ran.exit_code == 0, ran.output
    assert "breaking: zone is no input any more" in ran.output
    assert "1.0 -> 2.0" in ran.output


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"inputs": 3}', '{"format": 1, "schema": {}}'])
def test_what_is_no_contract_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "contract.json").write_text(content, encoding="utf-8")
    with pytest.raises(Exception, match=r"contract|schema|format") as error:
        contract.read(tmp_path / "contract.json")
    assert error.type.__name__ in ("ContractError", "ModelError")
    with pytest.raises(ContractError, match="does not exist"):
        contract.read(tmp_path / "none.json")
