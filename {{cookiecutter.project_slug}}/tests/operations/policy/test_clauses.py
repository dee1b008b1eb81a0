"""Each clause has the last word where its own figure is bad, and only then."""

from __future__ import annotations

from typing import Any

import pytest

from {{cookiecutter.package_name}}.operations.policy import clauses, rules
from {{cookiecutter.package_name}}.operations.policy.rules import Policy

from .made import evidence

SLICE = [{"column": "zone", "value": "a", "rows": 400, "model": 4.0, "baseline": 3.5}]
OFTEN = [f"2026-02-{day:02d}T09:00:00+00:00" for day in range(10, 16)]
BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("shadow", {"shadow__low": 0.0}, "take back"),
    ("shadow", {"shadow__low": None}, "take back"),
    ("shadow", {"shadow__decision": "stop as equal"}, "take back"),
    ("shadow", {"shadow": None}, "take back"),
    ("offline", {"offline__low": -0.1}, "take back"),
    ("slices", {"offline__slices": SLICE}, "take back"),
    ("latency", {"latency__p95_ms": 250.1}, "take back"),
    ("latency", {"latency": {"answers": 0, "p95_ms": None}}, "take back"),
    ("lineage", {"lineage__problems": ["file x is gone"]}, "take back"),
    ("lineage", {"lineage__things": 0}, "take back"),
    ("tests", {"tests__artifacts_now": "d" * 64}, "take back"),
    ("tests", {"tests__tests_now": "d" * 64}, "take back"),
    ("tests", {"tests__passed": False}, "take back"),
    ("tests", {"tests": {"problem": "was never tested"}}, "take back"),
    ("data", {"quarantined": 19}, "wait"),
    ("data", {"stale": ["zone_traffic"]}, "wait"),
    ("frozen", {"held": "releases are held by Zoe"}, "wait"),
    ("budget", {"promoted": OFTEN}, "ask a person"),
]


def broken(found: dict[str, Any], policy: Policy) -> list[str]:
    return [it.name for it in clauses.ask(policy, found) if it.passed is False]


def test_the_policy_that_ships_lets_a_good_version_take_over() -> None:
    assert clauses.decide(clauses.ask(Policy(), evidence())) == ("promote", "every clause holds")


def test_the_policy_that_ships_is_the_default(root: Any) -> None:
    assert rules.read(root / "policy.toml") == Policy()


@pytest.mark.parametrize(("name", "changed", "effect"), BROKEN, ids=lambda it: it if isinstance(it, str) else "")
def test_a_clause_sees_its_own_figure(name: str, changed: dict[str, Any], effect: str) -> None:
    found = evidence(**changed)
    assert broken(found, Policy()) == [name]
    decision, why = clauses.decide(clauses.ask(Policy(), found))
    assert decision == effect
    assert why.startswith(f"{name}: ")


def test_every_clause_that_guards_a_version_has_its_sabotage() -> None:
    assert {name for name, _, _ in BROKEN} | {"first"} == clauses.CLAUSES.keys()


def test_the_gravest_effect_decides() -> None:
    found = evidence(quarantined=50, promoted=OFTEN)
    assert clauses.decide(clauses.ask(Policy(), found))[0] == "ask a person"
    found["lineage"]["problems"] = ["file x is gone"]
    assert clauses.decide(clauses.ask(Policy(), found))[0] == "take back"


def test_a_first_version_is_compared_with_nobody() -> None:
    found = evidence(incumbent="", shadow=None, offline=None, latency={"answers": 0, "p95_ms": None})
    assert clauses.decide(clauses.ask(Policy(), found))[0] == "promote"
    strict = Policy.model_validate({"first": {"alone": False}})
    assert clauses.decide(clauses.ask(strict, found))[0] == "ask a person"


def test_without_a_shadow_the_ramp_proves() -> None:
    found = evidence(paired=False, shadow=None, latency={"answers": 0, "p95_ms": None})
    assert broken(found, Policy()) == []


def test_a_metric_that_should_be_high_is_worse_where_it_is_lower() -> None:
    found = evidence(direction="higher", offline__slices=[{**SLICE[0], "model": 3.0}])
    assert broken(found, Policy()) == ["slices"]


def test_an_old_promotion_is_not_counted() -> None:
    assert broken(evidence(promoted=[it.replace("2026-02", "2026-01") for it in OFTEN]), Policy()) == []


def test_what_the_policy_does_not_ask_for_does_not_apply() -> None:
    found = evidence(lineage__problems=["file x is gone"], tests={"problem": "was never tested"})
    lax = Policy.model_validate({"proof": {"lineage": False, "tests": False}})
    assert broken(found, lax) == []
    assert broken(found, Policy()) == ["lineage", "tests"]
