"""Levels 0 and 1, run: a model is handed over and accepted, data is gathered, tests pass."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable

from ..seen import Seen, every, no, unknown, yes
from .bench import Bench
from .went import refused, went

ROWS = 20_000
COUNT = re.compile(r"(\d+) passed")


def starts(bench: Bench) -> Seen:
    ran = bench.mlops("--help")
    return yes("the command starts") if ran.code == 0 else went(ran, "the command")


def handed_over(bench: Bench) -> Seen:
    """Train, check the folder; then a folder with another model."""
    if not (bench.root / "data" / "trips.csv").exists() and "trip_records" in (bench.root / "project.toml").read_text(
        encoding="utf-8"
    ):
        bench.mlops("sample", "--rows", ROWS)
    trained = went(bench.mlops("train"), "a model is handed over")
    if trained.holds is not True:
        return trained
    spoilt = shutil.copytree(bench.root / "handoff", bench.spoilt, dirs_exist_ok=True)
    with (spoilt / "model.skops").open("ab") as model:
        model.write(b"0")
    return every(
        trained,
        went(bench.mlops("handoff", "check", "handoff"), "and holds what it says"),
        refused(bench.mlops("handoff", "check", bench.spoilt), "a model that was altered", r"checksum"),
    )


def accepted(bench: Bench) -> Seen:
    taken = went(bench.mlops("accept", "handoff", "--by", "ladder verify"), "the hand-off is accepted")
    if taken.holds is not True:
        return taken
    return every(taken, refused(bench.mlops("accept", bench.spoilt), "a model that was altered", r"checksum|refused"))


def recorded(bench: Bench) -> Seen:
    """The record of that acceptance."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in bench.root.glob("models/*/acceptance.json")]
    whole = [it for it in found if it.get("digest") and it.get("at") and it.get("by") == "ladder verify"]
    return (
        yes("the record names digest, person and time")
        if whole
        else no("no record says who accepted which model, and when")
    )


def gathered(bench: Bench) -> Seen:
    first = went(bench.mlops("ingest"), "gathered")
    if first.holds is not True:
        return first
    again = bench.mlops("ingest")
    return every(
        first, yes("and nothing twice") if "nothing new" in again.out else no(f"a second run says: {again.last}")
    )


def tested(*words: str) -> Callable[[Bench], Seen]:
    """A look that runs some of the repo's tests."""

    def ask(bench: Bench) -> Seen:
        ran = bench.pytest(*words)
        passed = COUNT.search(ran.out)
        if ran.code == 0 and passed:
            return yes(f"{passed[1]} tests passed")
        return (
            unknown(f"{ran.command}: {ran.last}")
            if ran.lacking or ran.code in (4, 5)
            else no(f"{ran.command}: {ran.last}")
        )

    return ask


def collected(bench: Bench) -> Seen:
    ran = bench.pytest("--collect-only")
    found = re.search(r"(\d+)(?:/\d+)? tests? collected", ran.out)
    return yes(f"{found[1]} tests can be run") if ran.code == 0 and found else unknown(f"{ran.command}: {ran.last}")
