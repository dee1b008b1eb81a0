"""What is run, in order: each look leaves behind what the next ones stand on."""

from __future__ import annotations

from pathlib import Path

from . import handed, http, released, trained
from .bench import Bench, Look


def over(bench: Bench) -> None:
    """End what was started."""
    if Path(bench.root, "workspaces", "prod").exists():
        bench.mlops("endpoint", "down")


TRAINED, STARTS, HANDED, ACCEPTED = (
    "train by the pipeline",
    "start the command",
    "hand a model over",
    "accept the hand-off",
)
UNIT, WHOLE, LEDGER = (
    "run the application's tests",
    "run the integration tests",
    "read the ledger, then move an alias by hand",
)
LOOKS: tuple[Look, ...] = (
    Look(STARTS, ("L0.C4",), handed.starts),
    Look("collect the tests", ("L1.T2",), handed.collected, (STARTS,)),
    Look(HANDED, ("L0.C4",), handed.handed_over, (STARTS,)),
    Look(ACCEPTED, ("L1.C4",), handed.accepted, (HANDED,)),
    Look("read the acceptance", ("L1.R3",), handed.recorded, (ACCEPTED,)),
    Look("serve the model, and ask it", ("L1.R2", "L2.R2"), http.served, (ACCEPTED,), "live"),
    Look("gather the data, twice", ("L1.C1", "L2.C1"), handed.gathered, (HANDED,)),
    Look(UNIT, ("L1.A4", "L2.A3", "L1.T2"), handed.tested("-m", "not integration", "tests/service"), (STARTS,)),
    Look(WHOLE, ("L1.A1", "L2.A1"), handed.tested("-m", "integration", "tests/integration"), (STARTS,)),
    Look(TRAINED, ("L2.T1",), trained.trained, ("gather the data, twice",)),
    Look("ask a gate that no model passes", ("L2.T1", "L4.T1"), trained.gate_refuses, (TRAINED,)),
    Look("train with code that is not committed", ("L2.C4", "L3.C4", "L4.C5"), trained.uncommitted, (TRAINED,)),
    Look("count the metrics", ("L2.T2", "L3.T3"), trained.tracked("metrics"), (TRAINED,)),
    Look("count the parameters", ("L2.C3", "L3.C3", "L4.C4"), trained.tracked("params"), (TRAINED,)),
    Look(LEDGER, ("L2.T3", "L3.R3"), trained.ledger, (TRAINED,)),
    Look("make the model again", ("L2.H2",), trained.reproduced, (TRAINED,)),
    Look("check the schedules", ("L2.T4",), trained.scheduled, (STARTS,)),
    Look("check the environment", ("L2.H1",), trained.locked, (STARTS,)),
    Look("read the events", ("L2.T6",), trained.told, (TRAINED,)),
    Look("compare training and serving", ("L2.T5",), trained.equal, (TRAINED,)),
    Look("release by one command", ("L2.H3",), trained.one_command, (TRAINED,)),
    *released.looks(TRAINED, STARTS),
)
