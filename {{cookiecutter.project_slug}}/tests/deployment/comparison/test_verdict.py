"""What is decided, and by which clause: each one can stop a promotion alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.deployment.comparison import clauses, verdict
from {{cookiecutter.package_name}}.deployment.comparison.clauses import Clause
from {{cookiecutter.package_name}}.deployment.comparison.plan import Plan, Stage
from {{cookiecutter.package_name}}.deployment.comparison.verdict import Verdict, VerdictError

from . import made
from .made import BLUE, GREEN, NOW, SINCE, World

PLAN = made.plan(test={"rows": 20_000})
SHADOW, FIVE, QUARTER, HALF, ALL = PLAN.stages
Rows = pd.DataFrame


def judge(rows: Rows, stage: Stage = SHADOW, plan: Plan = PLAN, task: str = "regression") -> Verdict:
    return verdict.judge(rows, BLUE, GREEN, stage, plan, made.schema(task), SINCE, NOW)


def broken(found: Verdict) -> dict[str, str]:
    """Clause -> effect, of those that do not hold."""
    return {it.name: it.effect for it in found.clauses if it.passed is False}


def good() -> Rows:
    """A challenger that is a third better, in a shadow without fault."""
    return World().shadow(2_000, 0.33)


# --- one fault for each clause


def lost_copies(rows: Rows) -> Rows:
    """A third of the copies got lost."""
    ours = rows[rows["shadow"]].index
    return rows.drop(ours[: len(ours) // 3])


def failing(rows: Rows) -> Rows:
    """The challenger fails one request in twenty."""
    ours = rows[rows["shadow"]].index[::20]
    rows.loc[ours, ["status", "prediction"]] = [500, np.nan]
    return rows


def refusing(rows: Rows) -> Rows:
    """The challenger refuses what the champion takes."""
    ours = rows[rows["shadow"]].index[::20]
    rows.loc[ours, ["status", "prediction"]] = [422, np.nan]
    return rows


def slow(rows: Rows) -> Rows:
    """The challenger takes three times as long."""
    rows.loc[rows["shadow"], "latency_ms"] *= 3
    return rows


def ragged(_: Rows) -> Rows:
    """Much better, but one answer in fifteen is off by somewhat more than the clip."""
    rows = World().shadow(2_000, 0.7)
    ours = rows[rows["shadow"]].index[::15]
    rows.loc[ours, "prediction"] = rows.loc[ours, "outcome"] + 18.0
    return rows


def absurd(rows: Rows) -> Rows:
    """One answer in a hundred is off by a thousand: too few for the tail, and more than all the gain."""
    ours = rows[rows["shadow"]].index[::100]
    rows.loc[ours, "prediction"] = rows.loc[ours, "outcome"] + 1_000.0
    return rows


def unknown(rows: Rows) -> Rows:
    """Of two requests in three nothing was heard again."""
    lost = rows["request"].isin(rows["request"].unique()[::3]) | rows["request"].isin(rows["request"].unique()[1::3])
    rows.loc[lost, "outcome"] = np.nan
    return rows


def few(_: Rows) -> Rows:
    """A short time."""
    return World().shadow(200, 0.5)


def equal(_: Rows) -> Rows:
    """No better."""
    return World().shadow(2_000, 0.0)


FAULTS: dict[str, tuple[Callable[[Rows], Rows], str, str, str]] = {
    "lost copies": (lost_copies, "split", "roll back", "split is broken"),
    "failing": (failing, "errors", "roll back", "failed, surely more than"),
    "refusing": (refusing, "errors", "roll back", "failed, surely more than"),
    "slow": (slow, "latency", "roll back", "surely more than"),
    "ragged": (ragged, "tail", "roll back", "more of its losses are above"),
    "absurd": (absurd, "unclipped", "keep looking", "in full"),
    "unknown": (unknown, "outcomes", "keep looking", "50% are needed"),
    "few": (few, "sample", "keep looking", "200 pairs, 300 are needed"),
    "equal": (equal, "gain", "keep looking", "undecided"),
}


def test_a_better_challenger_without_fault_is_promoted() -> None:
    found = judge(good())
    assert (found.decision, broken(found)) == ("promote", {})
    assert found.figures["low"] > 0


@pytest.mark.parametrize("name", FAULTS)
def test_each_clause_stops_a_promotion_alone(name: str) -> None:
    spoil, clause, decision, words = FAULTS[name]
    found = judge(spoil(good()))
    assert found.decision == decision
    assert list(broken(found)) == [clause]
    assert words in found.reason
    assert found.reason.startswith(f"{clause}: ")


@pytest.mark.parametrize("name", FAULTS)
def test_without_its_clause_the_same_challenger_would_be_promoted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil, clause, _, _ = FAULTS[name]
    monkeypatch.delitem(clauses.CLAUSES, clause)
    assert judge(spoil(good())).decision == "promote"


def test_a_worse_challenger_is_rolled_back() -> None:
    found = judge(World().shadow(2_000, -0.3))
    assert (found.decision, broken(found)) == ("roll back", {"unclipped": "", "gain": "roll back"})
    assert found.reason.startswith("gain: surely worse")


def test_a_broken_guardrail_outweighs_any_gain_and_is_told_first() -> None:
    found = judge(failing(slow(good())))
    assert found.decision == "roll back"
    assert set(broken(found)) == {"errors", "latency"}
    assert "errors: " in found.reason
    assert "latency: " in found.reason


def test_an_equal_challenger_is_told_to_be_equal_where_the_interval_lies_within_the_margin() -> None:
    plan = made.plan(test={"margin": 0.15})
    found = judge(World().shadow(5_000, 0.0), plan=plan)
    assert (found.decision, broken(found)) == ("stop as equal", {"gain": "stop as equal"})
    assert found.figures["low"] > -found.figures["margin"]


def test_what_is_undecided_at_the_last_row_counts_as_equal() -> None:
    plan = made.plan(test={"rows": 2_000, "margin": 0.0})
    found = judge(equal(good()), plan=plan)
    assert found.decision == "stop as equal"
    assert broken(found) == {"gain": "", "limit": "stop as equal"}
    assert judge(good(), plan=plan).decision == "promote", "what is decided needs no more time"


def test_what_is_undecided_at_the_last_hour_counts_as_equal() -> None:
    plan = made.plan(test={"longest": "1d"})
    assert judge(equal(good()), plan=plan).decision == "stop as equal"
    assert judge(few(good()), plan=plan).decision == "stop as equal"


def test_an_equal_one_is_not_looked_at_for_ever_because_of_what_no_row_will_mend() -> None:
    equal = Clause("gain", False, "within the margin", "stop as equal")
    few, clipped = Clause("sample", False, "7 of 20 rows"), Clause(clauses.UNCLIPPED, False, "worse in full")
    assert verdict.decide([equal, few])[0] == "keep looking"
    assert verdict.decide([equal, clipped])[0] == "stop as equal"
    assert verdict.decide([clipped])[0] == "keep looking"


def test_the_effect_that_is_asked_for_must_surely_be_there() -> None:
    assert judge(good(), plan=made.plan(test={"effect": 0.2})).decision == "promote"
    assert judge(good(), plan=made.plan(test={"effect": 0.3})).decision == "keep looking"


def test_nothing_is_concluded_from_the_loss_of_a_few_rows() -> None:
    """Far worse, and the interval says so, but of a hundred pairs."""
    rows = World().shadow(100, -1.5)
    assert judge(rows).figures["high"] < 0
    assert judge(rows).decision == "keep looking"
    assert judge(rows, plan=made.plan(shadow={"pairs": 100})).decision == "roll back"


# --- the ramp


def test_a_stage_of_the_ramp_is_left_where_the_challenger_is_not_surely_worse() -> None:
    assert judge(World().ramp(2_000, 0.0), QUARTER).decision == "promote"
    assert judge(World().ramp(4_000, -0.4), QUARTER).decision == "roll back"


def test_without_a_shadow_the_last_stage_of_two_arms_must_prove_it() -> None:
    plan = made.plan(shadow={"percent": 0})
    half = plan.stages[2]
    assert half.proves
    assert judge(World().ramp(4_000, 0.0, percent=50), half, plan).decision == "keep looking"
    assert judge(World().ramp(4_000, 0.3, percent=50), half, plan).decision == "promote"


def test_each_arm_of_the_ramp_needs_its_rows() -> None:
    found = judge(World().ramp(1_000, 0.3, percent=5), FIVE)
    assert found.decision == "keep looking"
    assert set(broken(found)) == {"errors", "latency", "sample"}


def test_a_split_of_callers_that_is_not_the_plans_is_broken() -> None:
    found = judge(World().ramp(3_000, 0.3, percent=40), QUARTER)
    assert found.decision == "roll back"
    assert "split is broken" in found.reason
    assert judge(World().ramp(6_000, 0.3, percent=40, callers=40), QUARTER).decision == "promote", (
        "sixteen of forty callers, where ten should be, is no more than chance does"
    )


def test_a_failure_counts_even_where_another_deployment_answered_in_its_place() -> None:
    """The gateway asks the champion where the challenger fails: the caller sees nothing of it, the verdict must."""
    rows = World().ramp(4_000, 0.3)
    rows["assigned"] = rows["deployment"]
    assert judge(rows, QUARTER).decision == "promote"
    rescued = rows[rows["deployment"] == GREEN].index[::8]
    rows.loc[rescued, "deployment"] = BLUE
    found = judge(rows, QUARTER)
    assert (found.decision, list(broken(found))) == ("roll back", ["errors"])
    forgotten = judge(rows.drop(columns="assigned"), QUARTER)
    assert "errors" not in broken(forgotten), "by who answered alone, nothing is to be seen"


def test_where_all_outcomes_are_asked_for_all_are_enough() -> None:
    plan, rows = made.plan(test={"outcomes": 1.0}), good()
    assert judge(rows, plan=plan).decision == "promote"
    rows.loc[rows["request"] == rows["request"].iloc[0], "outcome"] = np.nan
    assert set(broken(judge(rows, plan=plan))) == {"outcomes"}


def test_arms_of_a_few_callers_are_not_compared_by_their_loss() -> None:
    rows = World().ramp(6_000, -0.5, percent=25, callers=8)
    found = judge(rows, QUARTER)
    gain = next(it for it in found.clauses if it.name == "gain")
    assert gain.passed is None
    assert "too few to tell models from callers" in gain.seen
    plan = made.plan(shadow={"percent": 0}, ramp={"percent": [25, 100]})
    assert judge(rows, plan.stages[0], plan).decision == "keep looking", "where it must prove, this is no proof"


def test_with_all_callers_only_the_guardrails_are_left() -> None:
    world = World()
    before = world.ramp(1_000, percent=0, start=SINCE - timedelta(days=2))
    rows = pd.concat([before, world.ramp(1_000, percent=100)], ignore_index=True)
    found = judge(rows, ALL)
    assert found.decision == "promote"
    assert {it.name for it in found.clauses if it.passed is None} == {"split", "tail", "unclipped", "gain"}
    ours = rows[rows["deployment"] == GREEN].index
    rows.loc[ours[::10], "status"] = 500
    assert list(broken(judge(rows, ALL))) == ["errors"]
    alone = judge(world.ramp(1_000, percent=100), ALL)
    assert alone.decision == "promote", "nobody is known to compare with"


def test_classes_are_judged_by_right_and_wrong() -> None:
    rows, random = World().shadow(3_000), np.random.default_rng(1)
    truth = pd.Series(random.choice(["a", "b", "c"], len(rows["request"].unique())), rows["request"].unique())
    rows["outcome"] = rows["request"].map(truth)
    off = random.random(len(rows)) < np.where(rows["shadow"], 0.15, 0.25)
    rows["prediction"] = np.where(off, "none of them", rows["outcome"])
    found = judge(rows, task="multiclass")
    assert found.decision == "promote"
    assert found.figures["gain"] == pytest.approx(0.1, abs=0.03)
    assert found.figures["clipped_at"] is None


def test_heavy_tails_do_not_hide_that_one_is_better() -> None:
    world = World()
    world.errors = lambda count, better: (1 - better) * world.random.standard_t(1.2, count)  # type: ignore[method-assign]
    found = judge(world.shadow(6_000, 0.4))
    assert found.figures["low"] > 0
    assert found.figures["clipped_share"]["champion"] < 0.03


@pytest.mark.parametrize("stage", PLAN.stages, ids=lambda it: it.name)
def test_a_stage_in_which_nothing_happened_yet_goes_on(stage: Stage) -> None:
    found = judge(World().shadow(20)[:0], stage)
    assert found.decision == "keep looking"
    json.dumps(found.as_json(), allow_nan=False)


# --- the record


def test_a_verdict_can_be_written_down_and_made_again_from_the_rows() -> None:
    rows = good()
    record = json.loads(json.dumps(judge(rows).as_json(), allow_nan=False))
    assert verdict.again(record, rows, made.schema()) == judge(rows) == Verdict.of_json(record)


def test_other_rows_or_another_record_are_not_taken_for_the_same() -> None:
    rows = good()
    record = judge(rows).as_json()
    late = rows.copy()
    late.loc[0, "outcome"] = 0.0
    with pytest.raises(VerdictError, match="not those that were judged"):
        verdict.again(record, late, made.schema())
    with pytest.raises(VerdictError, match="another verdict"):
        verdict.again({**record, "decision": "roll back"}, rows, made.schema())
    with pytest.raises(VerdictError, match="format 0"):
        Verdict.of_json({**record, "format": 0})
    with pytest.raises(VerdictError, match="format"):
        verdict.again({**record, "format": 0}, rows, made.schema())


def test_judging_fifty_thousand_pairs_takes_no_time_to_speak_of() -> None:
    rows = World().shadow(50_000, 0.01)
    assert judge(rows).figures["rows"] == {"champion": 50_000, "challenger": 50_000}
