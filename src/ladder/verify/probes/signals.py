"""Signals of production: what counts as one, what it starts, and what holds that back."""

from __future__ import annotations

from typing import Any

from ..facts import Facts
from ..seen import Seen, every, no, yes
from . import environment, lineage

DRIFT = r"DRIFT_DETECTED|DriftDetected|DatasetDriftDetected|modelmonitor"


def loop_is_closed(it: Facts) -> Seen:
    handled = it.code.says(r"handl|subscri", rf"HANDLERS\b[^\n]*=[^\n]*\{{[^\n]*(?:{DRIFT})")
    told = it.code.says(r"retrain|outcome|settle|policy", r"did[- ]not[- ]help|no better")
    return every(
        yes(f"a signal is handled ({handled[0]})", handled[0])
        if handled
        else no("nobody handles the event of a signal"),
        asks(it),
        yes(f"one that did not help is told to a person ({told[0]})", told[0])
        if told
        else no("nobody is told where a retraining did not help"),
    )


def asks(it: Facts) -> Seen:
    """A signal asks for a run, under a condition that can hold."""
    return lineage.looks(
        it, "a signal, and asks for a run", r"retrain|trigger", r"requests?\.add\(|repository_dispatch|submit\("
    )


def regression_asks_for_training(it: Facts) -> Seen:
    floors = it.repo.toml("monitor.toml").get("floors", {})
    if not isinstance(floors, dict) or not isinstance(floors.get("performance"), int | float):
        return no("a worse performance is no signal: monitor.toml has no floor for it")
    kinds = it.code.says(r"retrain|event|signal", r"\bREGRESSION\b|regression")
    kind = yes(f"regression is a signal of its own ({kinds[0]})", kinds[0]) if kinds else no("regression is no signal")
    return every(kind, asks(it), it.ask(loop_is_closed))


def monitor(it: Facts) -> dict[str, Any]:
    return it.repo.toml("monitor.toml")


def drift_asks_for_training(it: Facts) -> Seen:
    check, alarm = (monitor(it).get(name, {}) for name in ("check", "alarm"))
    if not check:
        return no("nothing watches for drift")
    rate = check.get("false_alarms")
    if not isinstance(rate, int | float) or not 0 < rate <= 0.2:
        return no(f"monitor.toml has false_alarms = {rate}: thresholds of no known rate", "monitor.toml")
    if not alarm.get("cooldown") or not alarm.get("budget"):
        return no("monitor.toml has no cooldown or no budget", "monitor.toml")
    told = it.code.answers(r"loop|monitor|drift|jobs", r"announce\(|publish\(|send_event")
    dedupe = it.code.says(r"retrain|asked|inbox", r"ON CONFLICT|INSERT OR IGNORE|dedup")
    return every(
        yes(f"false alarms in {rate:.0%} of the checks, a cooldown, a budget", "monitor.toml"),
        yes(f"what is found is told as an event ({told[0].place})", told[0].module.path)
        if told
        else no("what is found is told to nobody"),
        yes(f"and counts once ({dedupe[0]})", dedupe[0]) if dedupe else no("a signal that comes twice counts twice"),
        it.ask(loop_is_closed),
    )


def retraining_has_a_budget(it: Facts) -> Seen:
    alarm = monitor(it).get("alarm", {})
    if not isinstance(alarm.get("budget"), int) or not alarm.get("per"):
        return no("no budget holds trainings back")
    spent = [
        found
        for found in it.code.answers(r"alarm|budget|retrain", r"budget")
        if "person" in found.consequence or "stop" in found.consequence
    ]
    return every(
        yes(f"{alarm['budget']} trainings in {alarm['per']}", "monitor.toml"),
        yes(f"beyond that a person is told ({spent[0].place})", spent[0].module.path)
        if spent
        else no("the budget is never spent"),
        it.ask(environment.serving_compute_is_managed),
    )


PROBES = (loop_is_closed, regression_asks_for_training, drift_asks_for_training, retraining_has_a_budget)
