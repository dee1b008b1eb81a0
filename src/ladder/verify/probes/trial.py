"""What a version must show before it answers callers, and while it does."""

from __future__ import annotations

import re

from ..facts import Facts
from ..seen import Seen, every, no, yes
from . import scoring


def challengers_are_compared(it: Facts) -> Seen:
    rules = it.repo.toml("release.toml")
    ramp, test = rules.get("ramp", {}), rules.get("test", {})
    if not rules:
        return no("no file says how a challenger is compared with what runs")
    steps = ramp.get("percent") if isinstance(ramp, dict) else None
    if not isinstance(steps, list) or not steps or steps != sorted(steps) or steps[-1] != 100:
        return no(f"the ramp of release.toml is {steps}, and does not rise to 100", "release.toml")
    alpha = test.get("alpha") if isinstance(test, dict) else None
    if not isinstance(alpha, int | float) or not 0 < alpha <= 0.2:
        return no(f"release.toml has alpha = {alpha}: nobody would trust that verdict", "release.toml")
    taken = it.code.answers(
        r"verdict|comparison|compare|ab_?test|experiment", r"^(?:decide|verdict|judge)\w*:[\s\S]*return[^\n]*roll.?back"
    )
    return every(
        yes(f"a ramp of {', '.join(map(str, steps))} %, wrong promotions in {alpha:.0%}", "release.toml"),
        yes(f"a worse challenger is taken back ({taken[0].place})", taken[0].module.path)
        if taken
        else no("no verdict takes a challenger back"),
        split(it),
    )


def split(it: Facts) -> Seen:
    """Callers are divided by a hash, and the division is checked."""
    dealt = it.code.says(r"share|dealer|bucket|rout", r"\bbucket\b|hash")
    return yes(f"callers are dealt by a hash ({dealt[0]})", dealt[0]) if dealt else no("callers are not divided")


def releases_carry_tests(it: Facts) -> Seen:
    return every(
        it.refuses(
            "a version without a report of its tests, or altered after them",
            r"promot|release",
            r"altered after its tests",
        ),
        it.refuses("a version that failed its tests", r"promot|release", r"failed its tests"),
        it.refuses(
            "a candidate that answers otherwise than recorded",
            r"/release/|rollout|deploy",
            r"fails? its integration tests",
        ),
    )


def scoring_has_a_budget(it: Facts) -> Seen:
    limits = it.repo.toml("modeltests.toml").get("latency", {})
    if not isinstance(limits, dict) or not isinstance(limits.get("p95"), int | float):
        return no("no budget of time for a request is set")
    if not 0 < limits["p95"] <= 10_000:
        return no(f"a request may take {limits['p95']} ms: that is no budget", "modeltests.toml")
    return every(
        yes(f"a request may take {limits['p95']:g} ms in 95 of 100", "modeltests.toml"),
        it.refuses("a model that is too slow", r"budget|latency|modeltest|promot", r"p95"),
        it.ask(scoring.scoring_script_is_tested),
    )


def client_is_generated(it: Facts) -> Seen:
    made = it.code.find(r"client/(?:generate|render|contract)|client_?gen|openapi.*generat")
    if not made:
        return no("no client is made from the model's schema")
    runtime = it.code.find(r"client/runtime/|client/(?:client|transport)\.py$")
    heavy = [
        module.path
        for module in runtime
        if re.search(r"^\s*(?:from|import) (?:sklearn|pandas|numpy|\.\.\.)", module.text, re.MULTILINE)
    ]
    if heavy:
        return no(f"the client needs what the model needs: {heavy[0]}", heavy[0])
    return every(
        yes(f"{made[0].path} makes a client that stands by itself", made[0].path),
        it.refuses("a change that breaks callers", r"client|contract", r"would break|breaking"),
        not_without(it),
    )


def not_without(it: Facts) -> Seen:
    """The preparation is part of what is served, so that callers send raw records."""
    found = it.code.says(r"serv|service|score|frame", r"\bprepare\(")
    return (
        yes(f"raw records are prepared by the service ({found[0]})", found[0])
        if found
        else no("callers must prepare the inputs themselves")
    )


PROBES = (challengers_are_compared, releases_carry_tests, scoring_has_a_budget, client_is_generated)
