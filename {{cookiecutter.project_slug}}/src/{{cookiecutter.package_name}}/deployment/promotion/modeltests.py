"""`mlops model test`: what a model must show before it leaves its workspace."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from ...clock import Clock
from ...errors import ModelError
from ...model import handoff
from ...model.project import Schema
from . import budgets, invariances, limits, robustness, shape
from .report import Case, Report
from .subject import Subject

HERE = Path(__file__).parent
CODE = ("budgets.py", "invariances.py", "limits.py", "modeltests.py", "robustness.py", "shape.py", "subject.py")

# name, the tests that must have passed before, the test
TESTS: tuple[tuple[str, tuple[str, ...], Callable[[Subject], str]], ...] = (
    ("checksums", (), shape.checksums),
    ("loads", ("checksums",), shape.loads),
    ("signature", ("loads",), shape.signature),
    ("sample replay", ("loads",), shape.sample),
    ("determinism", ("loads",), invariances.determinism),
    ("row order", ("loads",), invariances.row_order),
    ("batch size", ("loads",), invariances.batch_size),
    ("column order", ("loads",), invariances.column_order),
    ("irrelevant columns", ("loads",), invariances.irrelevant_columns),
    ("number formats", ("loads",), invariances.number_formats),
    ("missing values", ("loads",), robustness.missing_values),
    ("unseen categories", ("loads",), robustness.unseen_categories),
    ("extreme values", ("loads",), robustness.extreme_values),
    ("directions", ("loads",), robustness.directions),
    ("slices", ("checksums",), budgets.slices),
    ("latency", ("loads",), budgets.latency),
    ("size", ("checksums",), budgets.size),
)


def run(
    folder: Path, expected: Schema, policy: Path, clock: Clock, *, mlflow: Path | None = None, artifacts: str = ""
) -> Report:
    """Test the hand-off in `folder` against the limits in `policy`; every test, none left out because another failed.

    `mlflow` is MLflow's folder of the same model, `artifacts` the digest of all files of its version.
    """
    subject = Subject(folder, expected, limits.load(policy), mlflow)
    cases = examined(subject)
    model = folder / handoff.MODEL
    sha256 = handoff.sha256(model) if model.is_file() else "absent"
    at = clock.now().isoformat(timespec="seconds")
    return Report(sha256, artifacts, digest(policy), at, tuple(cases))


def examined(subject: Subject) -> list[Case]:
    """The outcome of every test."""
    done: dict[str, Case] = {}
    for name, needs, ask in TESTS:
        lacking = [need for need in needs if not done[need].passed]
        if lacking:
            done[name] = Case(name, None, 0.0, f"needs {', '.join(lacking)}")
            continue
        started = time.perf_counter()
        try:
            passed, detail = True, ask(subject)
        except ModelError as error:
            passed, detail = False, f"{error.problem} (fix: {error.fix})"
        done[name] = Case(
            name, passed, round(time.perf_counter() - started, 4), detail.replace(str(subject.folder), "handoff")
        )
    return list(done.values())


def digest(policy: Path) -> str:
    """sha256 over the tests' code and their limits: a report counts only for the tests as they are now."""
    total = hashlib.sha256()
    for path in (*(HERE / name for name in CODE), policy):
        content = path.read_bytes().replace(b"\r\n", b"\n")  # as git may have checked them out
        total.update(f"{path.name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()
