"""The sabotage of every capability. Run as a program it puts each into a fresh copy, and prints what the probe says."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ladder import template
from ladder.verify import contract, judge, run
from ladder.verify.contract import Statement
from ladder.verify.facts import Facts
from ladder.verify.judge import FAILED, Verdict

from .faults import (
    Fault,
    appended,
    everywhere,
    gone,
    hollow,
    instead,
    never,
    several,
    soft,
    tracked,
)

PACKAGE = "src/*"
TRAINING, DEPLOYMENT, OPERATIONS = (f"{PACKAGE}/{layer}" for layer in ("training", "deployment", "operations"))
CI, TRAIN, DEPLOY, RELEASE = (f".github/workflows/{name}.yml" for name in ("ci", "train", "deploy", "release"))
PIPELINE = "azure/pipelines/training.yml"
BY_HAND = """

def by_hand(client: object, name: str, number: str) -> None:
    client.set_registered_model_alias(name, "champion", number)
"""
NO_METRICS = instead(f"{TRAINING}/mlflows.py", "metrics[at : at + BATCH]", "[]")
NO_PARAMETERS = instead(f"{TRAINING}/mlflows.py", "[params, tags]", "[[], tags]")
UNCOMMITTED = instead(f"{TRAINING}/register.py", "if now.committed or context.uncommitted:", "if True:")
SCORING_UNTESTED = hollow("tests/service/test_score_script.py")
BY_HAND_ONLY = several(
    instead(DEPLOY, '  schedule:\n    - cron: "*/15 * * * *"\n', ""),
    instead(DEPLOY, "  workflow_run:", "  x-workflow_run:"),
    instead(DEPLOY, "  repository_dispatch:\n    types: [model-registered]\n", ""),
)
NOTHING_GATHERS = several(
    instead(PIPELINE, "  ingest:\n    type: command\n    component: ../components/ingest.yml\n\n", ""),
    everywhere(PIPELINE, "${{parent.jobs.ingest.outputs.snapshot}}", "../../data/landed"),
)

SABOTAGES: dict[str, Fault] = {
    "L0.C4": never(f"{PACKAGE}/model/check.py", "not same(given, expected)"),
    "L1.H1": soft(CI, "make image"),
    "L1.T1": soft(CI, "make smoke"),
    "L1.T2": instead(
        "make/quality.mk",
        '\t$(BIN)/python -m pytest -m "not integration" --cov',
        '\t-$(BIN)/python -m pytest -m "not integration" --cov',
    ),
    "L1.T3": tracked,
    "L1.C1": instead(f"{PACKAGE}/data/gate.py", "if not result.success", "if False"),
    "L1.C4": instead(
        f"{PACKAGE}/service/accept.py",
        "examined.loaded is None or not all(check.passed for check in outcome)",
        "examined.loaded is None",
    ),
    "L1.R2": appended(".gitignore", "/src/*/service/score.py\n"),
    "L1.R3": instead(f"{PACKAGE}/service/accept.py", '        "by": by,\n', ""),
    "L1.A1": everywhere("tests/integration/endpoint.py", "assert check.same(", "check.same("),
    "L1.A3": instead(RELEASE, "    needs: verify\n", ""),
    "L1.A4": hollow("tests/service/*.py"),
    "L2.H1": instead("environments/training.lock", "pandas==", "pandas>="),
    "L2.H2": never(f"{TRAINING}/reproduce.py", "not proof.holds"),
    "L2.H3": never(f"{TRAINING}/release.py", 'version.tags.get("gate") != "passed"'),
    "L2.T1": soft(TRAIN, "make pipeline"),
    "L2.T2": NO_METRICS,
    "L2.T3": appended(f"{TRAINING}/release.py", BY_HAND),
    "L2.T4": instead(TRAIN, '  schedule:\n    - cron: "17 3 * * *"\n', ""),
    "L2.T5": never(f"{PACKAGE}/features/build.py", "wrong"),
    "L2.T6": instead(f"{TRAINING}/registry.py", "outbox.add(connection, self.event_of(version))", "pass"),
    "L2.T7": instead("azure/environments/training/conda.yml", "- scikit-learn==", "- scikit-learn==0."),
    "L2.C1": never(f"{TRAINING}/snapshot.py", "disk.sha256(source) != sha256"),
    "L2.C2": instead("azure/compute/training.yml", "min_instances: 0", "min_instances: 1"),
    "L2.C3": NO_PARAMETERS,
    "L2.C4": UNCOMMITTED,
    "L2.R2": SCORING_UNTESTED,
    "L2.A1": instead("tests/integration/test_model_http.py", "pytest.mark.integration", "pytest.mark.skip"),
    "L2.A3": instead("make/quality.mk", "FLOOR ?= 88", "FLOOR ?= 0"),
    "L3.H1": BY_HAND_ONLY,
    "L3.H2": never(f"{DEPLOYMENT}/lineage/verify.py", "disk.sha256(path) != node.sha256", "elif"),
    "L3.H3": appended("azure/infra/prod/compute.yml", "  size: Standard_D16s_v3\n"),
    "L3.T1": never(f"{DEPLOYMENT}/comparison/verdict.py", "worse"),
    "L3.T2": gone("tests/deployment/infra"),
    "L3.T3": NO_METRICS,
    "L3.T4": never(f"{DEPLOYMENT}/promotion/promote.py", "there.digest != case.package.digest"),
    "L3.C1": NOTHING_GATHERS,
    "L3.C2": instead("azure/endpoints/blue.yml", "instance_count: 2", "# instance_count: 2"),
    "L3.C3": NO_PARAMETERS,
    "L3.C4": instead(f"{TRAINING}/registry.py", '"commit", ', ""),
    "L3.R1": instead(
        f"{DEPLOYMENT}/release/machine.py",
        "    found = world.registry",
        '    input("release it? ")\n    found = world.registry',
    ),
    "L3.R2": never(f"{DEPLOYMENT}/promotion/budgets.py", "best_median > budget.median or best_p95 > budget.p95"),
    "L3.R3": never(f"{TRAINING}/registry.py", "said.get(alias) != actual.get(alias)"),
    "L3.A1": never(f"{DEPLOYMENT}/promotion/refusals.py", "found.artifacts_sha256 != it.package.digest"),
    "L3.A2": never(f"{DEPLOYMENT}/client/compatible.py", "broken and new.major <= old.major"),
    "L3.A3": hollow("tests/deployment/client/*.py"),
    "L4.H1": never(f"{OPERATIONS}/status/commands.py", 'found.state == "wrong"'),
    "L4.H2": instead(f"{OPERATIONS}/handlers.py", "DRIFT_DETECTED: asked.detected, ", ""),
    "L4.H3": everywhere(
        f"{DEPLOYMENT}/release/live.py", "raise NotReadyError(error.problem, fix=error.fix) from None", "return"
    ),
    "L4.T1": instead(PIPELINE, "      verdict: ${{parent.jobs.gate.outputs.verdict}}\n", ""),
    "L4.T2": instead(f"{DEPLOYMENT}/serving/gateway.py", "        self.recorder.put(note)\n", ""),
    "L4.T3": instead(
        f"{OPERATIONS}/loop/jobs.py", 'found.sentence if event.announce(world.dev, told) else ""', "found.sentence"
    ),
    "L4.T4": never(f"{OPERATIONS}/freshness/health.py", "served > found.ttl"),
    "L4.T5": never(f"{DEPLOYMENT}/promotion/refusals.py", "not all(check.passed for check in found)"),
    "L4.C1": instead("operate.toml", 'ingest = "5m"', 'ingest = "0s"'),
    "L4.C2": never(f"{OPERATIONS}/retraining/asked.py", "done.rowcount and row[5] == RETRAIN"),
    "L4.C3": never(f"{OPERATIONS}/drift/alarms.py", "spent >= alarm.budget"),
    "L4.C4": instead(f"{TRAINING}/register.py", '        "cause": context.cause,\n', ""),
    "L4.C5": UNCOMMITTED,
    "L4.R1": never(f"{DEPLOYMENT}/release/machine.py", "held"),
    "L4.R2": SCORING_UNTESTED,
    "L4.R3": never(
        f"{DEPLOYMENT}/release/journal.py",
        "(there.step, there.status, there.stopping) != (release.step, release.status, release.stopping)",
    ),
    "L4.A1": never(f"{DEPLOYMENT}/release/checks.py", "failed"),
    "L4.A2": instead("docs/operations.md", "## stale-features\n", ""),
    "L4.A3": instead(CI, "      - run: make integration\n", ""),
}


@dataclass(frozen=True)
class Caught:
    """A capability's verdict before its sabotage and under it."""

    statement: Statement
    before: Verdict
    after: Verdict

    @property
    def red(self) -> bool:
        return self.before.verdict != FAILED and self.after.verdict == FAILED

    @property
    def line(self) -> str:
        word = "caught" if self.red else "NOT CAUGHT"
        return f"{self.statement.id}  {word:<10}  {self.statement.sabotage}  [{self.after.said}]"


def verdict(repo: Path, it: Statement) -> Verdict:
    """What reading a repo says of one capability."""
    facts = Facts(repo)
    return judge.capability(it, tuple(run.looked(facts, [it], lambda _: None)[it.id]), None)


def sabotaged(healthy: Path, it: Statement, folder: Path) -> Caught:
    """Put the fault of a capability into a copy in `folder`, and look before and after."""
    copy = folder / healthy.parent.name
    fresh(copy, healthy)
    before = verdict(copy, it)
    SABOTAGES[it.id](copy)
    return Caught(it, before, verdict(copy, it))


def fresh(copy: Path, healthy: Path) -> None:
    """Make `copy` what `healthy` is: what the sabotage before has left goes away."""
    if not copy.exists():
        shutil.copytree(healthy, copy)
        return
    shutil.rmtree(copy / ".git", ignore_errors=True)
    wanted = {path.relative_to(healthy) for path in healthy.rglob("*") if path.is_file()}
    for path in [it for it in copy.rglob("*") if it.is_file()]:
        if path.relative_to(copy) not in wanted:
            path.unlink()
    for name in wanted:
        if not (copy / name).is_file() or (copy / name).read_bytes() != (healthy / name).read_bytes():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(healthy / name, copy / name)


def main() -> int:
    """Every sabotage, at its own level and in Level 4; the table, and how many were caught."""
    found: list[Caught] = []
    with tempfile.TemporaryDirectory() as scratch:
        emitted = {level: emit(level, Path(scratch)) for level in contract.LEVELS}
        copies = Path(scratch, "copies")
        copies.mkdir()
        for it in contract.load().capabilities:
            for level in sorted({it.level, 4}):
                found.append(sabotaged(emitted[level], it, copies))
                print(f"in level {level}: {found[-1].line}", flush=True)  # noqa: T201
    red = sum(it.red for it in found)
    capabilities = len({it.statement.id for it in found if it.red})
    print(f"{red} of {len(found)} sabotages caught, of {capabilities} capabilities")  # noqa: T201
    return 0 if red == len(found) else 1


def emit(level: int, scratch: Path) -> Path:
    """A level, as the template has it now."""
    (scratch / f"emitted-{level}").mkdir()
    return template.render({"maturity_level": str(level)}, scratch / f"emitted-{level}")


if __name__ == "__main__":
    sys.exit(main())
