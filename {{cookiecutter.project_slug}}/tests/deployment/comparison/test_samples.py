"""Which records are counted, and as what."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.deployment.comparison import samples
from {{cookiecutter.package_name}}.deployment.comparison.samples import Sample
from {{cookiecutter.package_name}}.model.project import Schema

from . import made
from .made import BLUE, GREEN, NOW, SINCE

PLAN = made.plan(shadow={"pairs": 20}, ramp={"rows": 20})
SHADOW, RAMP = PLAN.stages[0], PLAN.stages[2]


def take(rows: pd.DataFrame, *, shadow: bool = True, schema: Schema | None = None, now: datetime = NOW) -> Sample:
    return samples.take(rows, BLUE, GREEN, SHADOW if shadow else RAMP, PLAN, schema or made.schema(), SINCE, now)


def test_pairs_are_of_the_same_request_whatever_the_order_of_the_records() -> None:
    rows = made.World().shadow(50)
    mixed = rows.sample(frac=1.0, random_state=1, ignore_index=True)
    first, second = take(rows), take(mixed)
    assert first.champion["request"].tolist() == first.challenger["request"].tolist()
    assert np.array_equal(first.costs.raw, second.costs.raw)
    assert first.digest == second.digest
    by_request = rows.set_index(["request", "deployment"])
    for name, loss in zip(first.champion["request"], first.costs.raw[~first.costs.challenger], strict=True):
        row = by_request.loc[(name, BLUE)]
        assert loss == pytest.approx(abs(row["prediction"] - row["outcome"]))


def test_one_outcome_serves_both_sides_of_a_pair() -> None:
    rows = made.World().shadow(40)
    rows.loc[rows["shadow"], "outcome"] = np.nan
    assert len(take(rows).costs.raw) == 80
    rows = made.World().shadow(40)
    rows.loc[~rows["shadow"], "outcome"] = np.nan
    assert len(take(rows).costs.raw) == 80


def test_a_pair_of_which_one_side_failed_costs_nothing_and_is_told_as_a_failure() -> None:
    rows = made.World().shadow(40)
    first = rows[rows["shadow"]].index[:3]
    rows.loc[first, ["status", "prediction"]] = [500, np.nan]
    found = take(rows)
    assert len(found.costs.raw) == 2 * 37
    assert (found.challenger["status"] == 500).sum() == 3


def test_rows_younger_than_the_label_delay_wait_even_with_an_outcome() -> None:
    rows = made.World().shadow(400)
    ripe = take(rows, schema=made.schema(label_delay="12h"))
    assert 0.7 < len(ripe.costs.raw) / 800 < 0.8
    assert pd.Timestamp(ripe.costs.at.max()) <= pd.Timestamp(NOW - timedelta(hours=12)).tz_localize(None)


def test_outcomes_that_come_early_for_small_losses_do_not_mislead() -> None:
    """The shorter the trip the sooner its outcome: among the young rows only cheap ones are known."""
    rows = made.World(seed=2).shadow(2_000)
    young = rows["at"] > pd.Timestamp(NOW - timedelta(hours=24))
    dear = (rows["prediction"] - rows["outcome"]).abs() > 3.0
    late = rows[young & dear]["request"]
    rows.loc[rows["request"].isin(late), "outcome"] = np.nan
    waited = take(rows, schema=made.schema(label_delay="24h")).costs.raw.mean()
    hasty = take(rows).costs.raw.mean()
    assert waited == pytest.approx(3.0, rel=0.06)
    assert hasty < 0.9 * waited


def test_what_came_before_or_comes_after_is_not_of_the_stage() -> None:
    world = made.World()
    rows = pd.concat([world.ramp(200, start=SINCE - timedelta(days=2)), world.ramp(300)])
    found = take(rows, shadow=False, now=SINCE + timedelta(days=1))
    assert len(found.champion) + len(found.challenger) == pytest.approx(150, abs=2)
    assert len(found.costs.raw) == len(found.champion) + len(found.challenger)


def test_shadow_answers_are_no_part_of_a_ramp_nor_live_ones_of_the_challenger_of_a_shadow() -> None:
    rows = made.World().shadow(50)
    assert len(take(rows, shadow=False).challenger) == 0
    assert len(take(made.World().ramp(100)).challenger) == 0


def test_callers_are_counted_once_and_those_whom_both_answered_are_told() -> None:
    rows = made.World().ramp(1_000, callers=30)
    found = take(rows, shadow=False)
    assert len(found.came) == 30
    assert found.crossed == 0
    rows.loc[rows.index[-1], "deployment"] = GREEN if rows["deployment"].iloc[-1] == BLUE else BLUE
    assert take(rows, shadow=False).crossed == 1


def test_requests_of_nobody_are_callers_of_their_own() -> None:
    assert len(take(made.World().ramp(200), shadow=False).came) == 200


def test_forced_answers_are_left_out() -> None:
    rows = made.World().ramp(200).assign(forced=False)
    rows.loc[:9, "forced"] = True
    assert len(take(rows, shadow=False).came) == 190


def test_rows_of_a_batch_are_requests_of_their_own() -> None:
    rows = made.World().shadow(40)
    rows["event_id"] = rows["deployment"] + "_" + rows["request"].str.removeprefix("s")
    rows["request"] = "one request of eighty records"
    assert len(take(rows).costs.raw) == 80


def test_a_caller_who_sends_the_same_id_again_and_again_sends_many_requests() -> None:
    rows = made.World().shadow(40)
    rows["event_id"] = rows["request"] + np.where(rows["shadow"], "-shadow", "")
    expected = take(rows).costs.raw
    again = take(rows.assign(request="always the same"))
    assert np.array_equal(again.costs.raw, expected)
    assert len(again.came) == 80


def test_what_a_caller_usually_costs_makes_the_arms_comparable() -> None:
    world = made.World()
    early = world.ramp(4_000, percent=0, callers=40, spread=0.8, start=SINCE - timedelta(days=2))
    rows = pd.concat([early, world.ramp(4_000, callers=40, spread=0.8)])
    costs = take(rows, shadow=False).costs
    assert (costs.clipped - costs.usual).std() < 0.95 * costs.clipped.std()
    table = pd.DataFrame({"caller": costs.callers, "loss": costs.clipped, "left": costs.clipped - costs.usual})
    means = table.groupby("caller").mean()
    assert means["left"].std() < 0.4 * means["loss"].std()
    alone = take(rows[rows["at"] >= pd.Timestamp(SINCE)], shadow=False).costs
    assert not alone.usual.any(), "nothing is known of anybody before"


def test_only_the_model_that_is_champion_now_tells_what_is_usual() -> None:
    """The deployment's name had another model, whose losses were far greater."""
    world = made.World()
    start = SINCE - timedelta(days=2)
    early = world.ramp(2_000, percent=0, callers=40, start=start).assign(digest="another model")
    early["prediction"] = early["prediction"] + 1_000.0
    rows = pd.concat([early, world.ramp(2_000, callers=40)])
    found = take(rows, shadow=False)
    assert not found.costs.usual.any()
    assert found.costs.bound < 100


def test_the_clip_is_set_before_the_stage_where_enough_is_known_by_then() -> None:
    world = made.World()
    start = SINCE - timedelta(days=2)
    early = world.ramp(500, percent=0, start=start)
    rows = pd.concat([early, world.ramp(500)])
    bound = take(rows, shadow=False).costs.bound
    last = (early["prediction"] - early["outcome"]).abs().tail(PLAN.ramp.rows)
    assert bound == pytest.approx(last.quantile(0.99))
    rows.loc[rows["at"] >= pd.Timestamp(SINCE), "prediction"] += 50.0
    assert take(rows, shadow=False).costs.bound == bound, "nothing in the stage moves it"


def test_the_digest_is_of_what_was_judged() -> None:
    rows = made.World().shadow(40)
    before = take(rows).digest
    later = rows.assign(at=rows["at"] + timedelta(days=30))
    assert take(pd.concat([rows, later.assign(event_id=later["event_id"] + "x")])).digest == before
    changed = rows.copy()
    changed.loc[0, "outcome"] = 0.0
    assert take(changed).digest != before


def test_an_empty_record_is_an_empty_sample() -> None:
    rows = made.World().shadow(20)[:0]
    for shadow in (True, False):
        found = take(rows, shadow=shadow)
        assert (len(found.came), len(found.costs.raw), found.known) == (0, 0, (0.0, 0.0))
