"""What is run, in order: each look leaves behind what the next ones stand on."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from ..seen import Seen, every, no, unknown, yes
from . import released
from .bench import Bench, Look, Ran

ROWS = 20_000
COUNT = re.compile(r"(\d+) passed")


def went(ran: Ran, what: str) -> Seen:
    """A command that must go well."""
    if ran.code == 0:
        return yes(f"{what}: {ran.last}")
    return unknown(f"{ran.command} lacks something here: {ran.last}") if ran.lacking else no(f"{ran.command} ends with {ran.code}: {ran.last}")


def refused(ran: Ran, what: str, words: str) -> Seen:
    """A command that must not go well, and says why."""
    if ran.code == 0:
        return no(f"{ran.command} takes {what}")
    return yes(f"{what}: refused") if re.search(words, ran.out) else no(f"{ran.command} ends with {ran.code} for another reason: {ran.last}")


def starts(bench: Bench) -> Seen:
    ran = bench.mlops("--help")
    return yes("the command starts") if ran.code == 0 else went(ran, "the command")


def handed_over(bench: Bench) -> Seen:
    """Train, check the folder; then a folder with another model."""
    if not (bench.root / "data" / "trips.csv").exists() and "trip_records" in (bench.root / "project.toml").read_text(encoding="utf-8"):
        bench.mlops("sample", "--rows", ROWS)
    trained = went(bench.mlops("train"), "a model is handed over")
    if trained.holds is not True:
        return trained
    spoilt = shutil.copytree(bench.root / "handoff", bench.root / "spoilt", dirs_exist_ok=True)
    with (spoilt / "model.skops").open("ab") as model:
        model.write(b"0")
    return every(
        trained,
        went(bench.mlops("handoff", "check", "handoff"), "and holds what it says"),
        refused(bench.mlops("handoff", "check", "spoilt"), "a model that was altered", r"checksum"),
    )


def accepted(bench: Bench) -> Seen:
    taken = went(bench.mlops("accept", "handoff", "--by", "ladder verify"), "the hand-off is accepted")
    if taken.holds is not True:
        return taken
    return every(taken, refused(bench.mlops("accept", "spoilt"), "a model that was altered", r"checksum|refused"))


def recorded(bench: Bench) -> Seen:
    """The record of that acceptance."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in bench.root.glob("models/*/acceptance.json")]
    whole = [it for it in found if it.get("digest") and it.get("at") and it.get("by") == "ladder verify"]
    return yes("the record names digest, person and time") if whole else no("no record says who accepted which model, and when")


def gathered(bench: Bench) -> Seen:
    first = went(bench.mlops("ingest"), "gathered")
    if first.holds is not True:
        return first
    again = bench.mlops("ingest")
    return every(first, yes("and nothing twice") if "nothing new" in again.out else no(f"a second run says: {again.last}"))


def tested(*words: str) -> object:
    """A look that runs some of the repo's tests."""

    def ask(bench: Bench) -> Seen:
        ran = bench.pytest(*words)
        passed = COUNT.search(ran.out)
        if ran.code == 0 and passed:
            return yes(f"{passed[1]} tests passed")
        return unknown(f"{ran.command}: {ran.last}") if ran.lacking or ran.code in (4, 5) else no(f"{ran.command}: {ran.last}")

    return ask


def collected(bench: Bench) -> Seen:
    ran = bench.pytest("--collect-only")
    found = re.search(r"(\d+)(?:/\d+)? tests? collected", ran.out)
    return yes(f"{found[1]} tests can be run") if ran.code == 0 and found else unknown(f"{ran.command}: {ran.last}")


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
    kept = yes("and nothing is registered") if bench.mlops("registry", "list").out == before else no("and a version is registered all the same")
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


def tracked(table: str) -> object:
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
    return every(went(bench.mlops("schedules", "check"), "schedules"), went(bench.mlops("schedules", "export", "--check"), "exported"))


def locked(bench: Bench) -> Seen:
    ran = bench.mlops("environment", "check")
    return went(ran, "the environment") if ran.code == 0 else unknown(f"this environment is not the locked one: {ran.last}")


def told(bench: Bench) -> Seen:
    out = bench.mlops("events", "list").out
    lacking = [name for name in ("RunStatusChanged", "RunCompleted", "ModelRegistered") if name not in out]
    return no(f"{lacking[0]} was not told") if lacking else yes("the run and its version were told as events")


def equal(bench: Bench) -> Seen:
    return went(bench.mlops("features", "skew"), "training and serving")


def one_command(bench: Bench) -> Seen:
    return went(bench.mlops("release", "candidate"), "released")


def over(bench: Bench) -> None:
    """End what was started."""
    if Path(bench.root, "workspaces", "prod").exists():
        bench.mlops("endpoint", "down")


TRAINED, STARTS, HANDED, ACCEPTED = "train by the pipeline", "start the command", "hand a model over", "accept the hand-off"
UNIT, WHOLE, LEDGER = "run the application's tests", "run the integration tests", "read the ledger, then move an alias by hand"
LOOKS: tuple[Look, ...] = (
    Look(STARTS, ("L0.C4",), starts),
    Look("collect the tests", ("L1.T2",), collected, (STARTS,)),
    Look(HANDED, ("L0.C4",), handed_over, (STARTS,)),
    Look(ACCEPTED, ("L1.C4",), accepted, (HANDED,)),
    Look("read the acceptance", ("L1.R3",), recorded, (ACCEPTED,)),
    Look("serve the model, and ask it", ("L1.R2", "L2.R2"), released.served, (ACCEPTED,), "live"),
    Look("gather the data, twice", ("L1.C1", "L2.C1"), gathered, (HANDED,)),
    Look(UNIT, ("L1.A4", "L2.A3", "L1.T2"), tested("-m", "not integration", "tests/service"), (STARTS,)),  # type: ignore[arg-type]
    Look(WHOLE, ("L1.A1", "L2.A1"), tested("-m", "integration", "tests/integration"), (STARTS,)),  # type: ignore[arg-type]
    Look(TRAINED, ("L2.T1",), trained, ("gather the data, twice",)),
    Look("ask a gate that no model passes", ("L2.T1", "L4.T1"), gate_refuses, (TRAINED,)),
    Look("train with code that is not committed", ("L2.C4", "L3.C4", "L4.C5"), uncommitted, (TRAINED,)),
    Look("count the metrics", ("L2.T2", "L3.T3"), tracked("metrics"), (TRAINED,)),  # type: ignore[arg-type]
    Look("count the parameters", ("L2.C3", "L3.C3", "L4.C4"), tracked("params"), (TRAINED,)),  # type: ignore[arg-type]
    Look(LEDGER, ("L2.T3", "L3.R3"), ledger, (TRAINED,)),
    Look("make the model again", ("L2.H2",), reproduced, (TRAINED,)),
    Look("check the schedules", ("L2.T4",), scheduled, (STARTS,)),
    Look("check the environment", ("L2.H1",), locked, (STARTS,)),
    Look("read the events", ("L2.T6",), told, (TRAINED,)),
    Look("compare training and serving", ("L2.T5",), equal, (TRAINED,)),
    Look("release by one command", ("L2.H3",), one_command, (TRAINED,)),
    *released.looks(TRAINED, STARTS),
)
