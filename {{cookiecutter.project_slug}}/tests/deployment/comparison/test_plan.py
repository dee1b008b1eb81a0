"""`release.toml` is read strictly, and says which stages there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.deployment.comparison import plan
from {{cookiecutter.package_name}}.errors import ProjectError

WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a misspelt table": ({"shadows": {}}, "shadows = {} is not a known key", "did you mean 'shadow'?"),
    "a misspelt key": (
        {"ramp": {"percents": [100]}},
        "ramp.percents = [100] is not a known key",
        "did you mean 'percent'?",
    ),
    "a text for a truth": ({"approval": "maybe"}, "approval is 'maybe'", "valid boolean"),
    "more than can be mirrored": ({"shadow": {"percent": 60}}, "shadow.percent is 60", "less than or equal to 50"),
    "no certainty": ({"test": {"alpha": 0.7}}, "test.alpha is 0.7", "less than 0.5"),
    "a share as a percentage": ({"test": {"margin": 5}}, "test.margin is 5", "less than or equal to 1"),
    "a length without unit": ({"test": {"longest": 14}}, "test.longest is 14", "such as '2h'"),
    "too few pairs": ({"shadow": {"pairs": 3}}, "shadow.pairs is 3", "greater than or equal to 20"),
    "an empty ramp": ({"ramp": {"percent": []}}, "ramp.percent is []", "at least 1 item"),
    "a ramp that falls": (
        {"ramp": {"percent": [50, 25, 100]}},
        "ramp.percent is [50, 25, 100]",
        "rise from step to step",
    ),
    "a ramp that ends early": ({"ramp": {"percent": [5, 50]}}, "ramp.percent is [5, 50]", "end at 100"),
    "a step of nothing": ({"ramp": {"percent": [0, 100]}}, "ramp.percent.0 is 0", "greater than or equal to 1"),
    "nothing that compares": (
        {"shadow": {"percent": 0}, "ramp": {"percent": [100]}},
        "no step compares the two",
        "set shadow.percent",
    ),
    "less than the fewest": ({"test": {"rows": 250}}, "test.rows is 250", "more than shadow.pairs"),
    "a tail below the median": ({"test": {"clip": 0.2}}, "test.clip is 0.2", "greater than or equal to 0.5"),
    "a faster service": ({"guardrails": {"latency": 0.9}}, "guardrails.latency is 0.9", "greater than or equal to 1"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_with_what_to_write_instead(name: str) -> None:
    raw, problem, fix = WRONG[name]
    with pytest.raises(ProjectError) as error:
        plan.parse(raw)
    assert problem in error.value.problem
    assert fix in f"{error.value.problem} {error.value.fix}"


def test_every_wrong_key_is_told_at_once() -> None:
    with pytest.raises(ProjectError) as error:
        plan.parse({"approval": "maybe", "test": {"alpha": 2}})
    assert error.value.problem.count("release.toml: ") == 2


def test_the_repo_has_a_plan_that_can_be_read(root: Path) -> None:
    assert plan.read(root / plan.FILE).stages


def test_a_plan_that_is_absent_or_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist"):
        plan.read(tmp_path / "release.toml")
    (tmp_path / "release.toml").write_text("approval = maybe", encoding="utf-8")
    with pytest.raises(ProjectError, match="is not TOML"):
        plan.read(tmp_path / "release.toml")


@pytest.mark.parametrize(
    ("raw", "stages"),
    [
        ({}, ["shadow 50 % proves", "ramp 5 %", "ramp 25 %", "ramp 50 %", "ramp 100 %"]),
        ({"shadow": {"percent": 0}}, ["ramp 5 %", "ramp 25 %", "ramp 50 % proves", "ramp 100 %"]),
        ({"ramp": {"percent": [100]}}, ["shadow 50 % proves", "ramp 100 %"]),
    ],
    ids=["shadow and ramp", "ramp alone", "shadow alone"],
)
def test_one_stage_proves(raw: dict[str, Any], stages: list[str]) -> None:
    found = [f"{it.name}{' proves' if it.proves else ''}" for it in plan.parse(raw).stages]
    assert found == stages
