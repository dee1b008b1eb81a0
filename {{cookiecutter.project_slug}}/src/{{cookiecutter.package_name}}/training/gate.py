"""Step `gate`: every clause of gate.toml, each with its figure. A model that does not pass is not registered."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..model import handoff
from . import clauses, policy, tracking
from .clauses import Clause
from .judge import RESULT

VERDICT, PAGE = "verdict.json", "verdict.md"


class GateError(ModelError):
    """The model did not pass; the verdict says by which clause."""


@dataclass(frozen=True)
class Verdict:
    """All clauses, and to what they apply: the digests of model, evaluation and policy."""

    clauses: tuple[Clause, ...]
    model_sha256: str
    evaluation_sha256: str
    policy_sha256: str

    @property
    def passed(self) -> bool:
        return all(clause.passed is not False for clause in self.clauses) and any(it.passed for it in self.clauses)

    def as_json(self) -> dict[str, Any]:
        """What `verdict.json` holds."""
        clauses = [asdict(clause) for clause in self.clauses]
        return {"passed": self.passed, **asdict(self), "clauses": clauses}

    @property
    def refused_by(self) -> list[Clause]:
        return [clause for clause in self.clauses if clause.passed is False]


def judge(evaluation: Path, by: Path) -> Verdict:
    """The verdict on an evaluation."""
    found = handoff.read_json(evaluation / RESULT)
    return Verdict(
        clauses.answers(found, policy.read(by)),
        str(found["model_sha256"]),
        handoff.sha256(evaluation / RESULT),
        handoff.sha256(by),
    )


def run(evaluation: Path, by: Path, out: Path) -> Verdict:
    """Judge, write the verdict for machines and people. Raises `GateError` naming each clause that refused."""
    verdict = judge(evaluation, by)
    out.mkdir(parents=True, exist_ok=True)
    handoff.write_json(out / VERDICT, verdict.as_json())
    shutil.copyfile(by, out / policy.FILE)
    (out / PAGE).write_text(page(verdict), encoding="utf-8", newline="\n")
    note(verdict, out)
    if not verdict.passed:
        lines = "".join(f"\n  {clause.name}: {clause.seen}" for clause in verdict.refused_by)
        fix = f"nothing is registered; improve the model, or change gate.toml in a reviewed commit ({out / PAGE})"
        raise GateError(f"the gate refuses this model:{lines}", fix=fix)
    return verdict


def note(verdict: Verdict, out: Path) -> None:
    """The verdict goes to the run, whatever it is."""
    outcomes = {f"gate.{clause.name}": f"{clause.mark}: {clause.seen}" for clause in verdict.clauses}
    tags = {"gate": "passed" if verdict.passed else "refused", **outcomes}
    tracking.note(metrics={"gate_passed": float(verdict.passed)}, tags=tags, artifacts={"verdict": out})


def page(verdict: Verdict) -> str:
    """The verdict in words."""
    rows = "".join(f"| {it.name} | {it.mark} | {it.seen.replace('|', '/')} |\n" for it in verdict.clauses)
    word = "passed" if verdict.passed else "REFUSED"
    about = {name: getattr(verdict, f"{name}_sha256") for name in ("model", "evaluation", "policy")}
    digests = "  \n".join(f"{name} `{digest}`" for name, digest in about.items())
    return f"# Gate: {word}\n\n| clause | outcome | seen |\n| --- | --- | --- |\n{rows}\n{digests}\n"


def read(folder: Path, evaluation: Path) -> dict[str, Any]:
    """The verdict in `folder`. Raises `ModelError` where its policy does not make it of `evaluation`: it was edited."""
    written = handoff.read_json(folder / VERDICT)
    if written != judge(evaluation, folder / policy.FILE).as_json():
        fix = "run the pipeline again; nothing between the gate and the registry may be changed"
        raise ModelError(f"{folder / VERDICT} is not what the gate makes of {evaluation / RESULT}", fix=fix)
    return written
