"""The order of the steps: what is asked before callers, and where a person is."""

from __future__ import annotations

from {{cookiecutter.package_name}}.deployment.comparison import plan
from {{cookiecutter.package_name}}.deployment.release import order


def test_a_person_is_asked_after_the_shadow_and_before_the_first_caller() -> None:
    assert order.names(plan.parse({"ramp": {"percent": [5, 100]}})) == (
        *("test", "share", "promote", "deploy", "check"),
        *("to shadow 50 %", "shadow 50 %"),
        "approve",
        *("to ramp 5 %", "ramp 5 %", "to ramp 100 %", "ramp 100 %"),
        "finish",
    )


def test_without_a_shadow_a_person_is_asked_before_the_ramp() -> None:
    names = order.names(plan.parse({"shadow": {"percent": 0}, "ramp": {"percent": [50, 100]}}))
    assert names.index("approve") == names.index("check") + 1
    assert names[names.index("approve") + 1] == "to ramp 50 %"
