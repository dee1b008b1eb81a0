"""Level 2, run: the pipeline, its gate, its registry, and what leads back."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

from ..seen import Seen, every, no, unknown, yes
from .bench import Bench
from .went import refused, went


def trained(bench: Bench) -> Seen:
    return went(bench.mlops("pipeline", "run", "--cause", "ladder verify"), "the pipeline registers")


def gate_refuses(bench: Bench) -> Seen:
    """A gate that no model can pass: the run fails there, and nothing is registered."""
    path = bench.root / "gate.toml"
    text, before = path.read_text(encoding="utf-8"), bench.mlops("registry", "list").out
    path.write_text(re.sub(r"^train = \d+", "train = 1000000000", text, flags=re.MULTILINE), encoding="utf-8")
    try:
        ran = bench.mlops("pipeline", "run", "--allow-uncommitted")
    finally:
        path.write_text(text, encoding="utf-8")
    kept = (
        yes("and nothing is registered")
        if bench.mlops("registry", "list").out == before
        else no("and a version is registered all the same")
    )
    return every(refused(ran, "a model that does not pass", r"gate refuses"), kept)


def uncommitted(bench: Bench) -> Seen:
    """Code that is in no commit: nothing is registered."""
    path = bench.root / "src" / bench.package / "clock.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\nAS_NOBODY_KEPT_IT = 1\n", encoding="utf-8")
    try:
        return refused(bench.mlops("pipeline", "run"), "code that is not committed", r"not committed")
    finally:
        path.write_text(text, encoding="utf-8")


def tracked(table: str) -> Callable[[Bench], Seen]:
    """A look into the store of runs."""

    def ask(bench: Bench) -> Seen:
        store = bench.root / "workspaces" / "dev" / "mlflow.db"
        if not store.is_file():
            return unknown("the runs are on a server, which is not asked from here")
        with closing(sqlite3.connect(store)) as connection:
            count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
        return yes(f"the store has {count} {table} of the run") if count else no(f"the store has no {table} of the run")

    return ask


def ledger(bench: Bench) -> Seen:
    """The ledger holds; then an alias that nobody wrote down is seen."""
    holds = went(bench.mlops("registry", "ledger"), "the ledger holds")
    store = bench.root / "workspaces" / "dev" / "mlflow.db"
    if holds.holds is not True or not store.is_file():
        return holds
    with closing(sqlite3.connect(store)) as connection, connection:
        row = connection.execute("SELECT name, version FROM registered_model_aliases").fetchone()
        connection.execute("INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, 'by_hand', ?)", row)
    seen = refused(bench.mlops("registry", "ledger"), "an alias that was moved by hand", r"alias")
    return every(holds, seen, went(bench.mlops("registry", "restore"), "and put back"))


def reproduced(bench: Bench) -> Seen:
    return went(bench.mlops("reproduce", "candidate"), "made again")


def scheduled(bench: Bench) -> Seen:
    return every(
        went(bench.mlops("schedules", "check"), "schedules"),
        went(bench.mlops("schedules", "export", "--check"), "exported"),
    )


def locked(bench: Bench) -> Seen:
    ran = bench.mlops("environment", "check")
    return (
        went(ran, "the environment")
        if ran.code == 0
        else unknown(f"this environment is not the locked one: {ran.last}")
    )


def told(bench: Bench) -> Seen:
    out = bench.mlops("events", "list").out
    lacking = [name for name in ("RunStatusChanged", "RunCompleted", "ModelRegistered") if name not in out]
    return no(f"{lacking[0]} was not told") if lacking else yes("the run and its version were told as events")


def equal(bench: Bench) -> Seen:
    return went(bench.mlops("features", "skew"), "training and serving")


def one_command(bench: Bench) -> Seen:
    return went(bench.mlops("release", "candidate"), "released")
