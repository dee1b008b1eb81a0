"""What a version is asked before it goes to another workspace. Each clause raises `ModelError`, or says what it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ModelError
from ...model import handoff
from ...service.checks import Check
from ...training import gate, judge, register
from ...training.registry import Registry, require
from ...training.versions import CHECKED, LEFT_OUT
from ...training.versions import RECORD as RECORD_FILE
from . import evidence, modeltests, origins, report
from .declared import Mark, Settings
from .digests import digest, same
from .limits import FILE as LIMITS
from .package import EVALUATION, HANDOFF, RECORD, VERDICT, Package
from .report import Report

TRAIN = "run the pipeline again: nothing after the gate may be changed"


class RefusedError(ModelError):
    """A version that is not promoted; `checks` has every outcome."""

    def __init__(self, what: str, outcome: list[Check]) -> None:
        failed = [check for check in outcome if not check.passed]
        lines = "".join(f"\n  {check.name} {check.mark}: {check.detail}" for check in failed)
        super().__init__(f"{what} is refused:{lines}", fix="nothing was changed; mend what is named and promote again")
        self.checks = outcome


@dataclass
class Case:
    """A version on its way: its files, where it comes from, and the rules of where it shall go."""

    package: Package
    source: Registry
    target: str
    settings: Settings
    report: Report | None = None
    reports: Path | None = None
    report_sha256: str = ""
    lock: str = ""
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.source.place.root

    @property
    def tags(self) -> dict[str, str]:
        return self.package.version.tags


def hop(it: Case) -> str:
    """The target takes models from this workspace: none is skipped on the way."""
    it.settings.takes_from(it.source.place.name, it.target)
    return f"{it.source.place.name} -> {it.target}"


def registered(it: Case) -> str:
    """The ledger of the workspace holds, and knows this version with this digest."""
    for entry in it.source.history():
        if entry.version == it.package.version.number and entry.sha256 == it.package.version.sha256:
            return f"entry {entry.seq} of the ledger"
    wrong = f"the ledger has no entry of version {it.package.version.number} with this digest"
    raise ModelError(wrong, fix="somebody put it into MLflow by hand: register through the pipeline")


def evaluated(it: Case) -> str:
    """An evaluation and a verdict are there."""
    for name, file in ((EVALUATION, judge.RESULT), (VERDICT, gate.VERDICT)):
        if not (it.package[name] / file).is_file():
            raise ModelError(f"it is unevaluated: there is no {name}/{file}", fix="run the pipeline, which evaluates")
    return "evaluation and verdict are there"


def gated(it: Case) -> str:
    """The gate passed it: the verdict is what the policy beside it makes of the evaluation."""
    found = gate.read(it.package[VERDICT], it.package[EVALUATION])
    if not found["passed"] or it.tags.get("gate") != "passed":
        refused = [str(clause["name"]) for clause in found["clauses"] if clause["passed"] is False]
        wrong = f"the gate did not pass it: {', '.join(refused) or it.tags.get('gate', 'no word of it')}"
        raise ModelError(wrong, fix="train a better model")
    return f"{len(found['clauses'])} clauses"


def intact(it: Case) -> str:
    """Every file is the one that was registered, evaluated and judged."""
    package, tags = it.package, it.tags
    for folder, (file, tag) in CHECKED.items():
        same(f"{folder}/{file}", digest(package[folder] / file), tags.get(tag, ""))
    handoff.verify(package[HANDOFF])
    same("handoff/model.skops", digest(package[HANDOFF] / handoff.MODEL), package.version.sha256)
    it.record = handoff.read_json(package[RECORD] / RECORD_FILE)
    same("predictions.parquet", digest(package[EVALUATION] / judge.PREDICTIONS), it.record["predictions_sha256"])
    found = handoff.read_json(package[VERDICT] / gate.VERDICT)
    same("evaluation.json", digest(package[EVALUATION] / judge.RESULT), found["evaluation_sha256"])
    if it.record["gate"] != found:
        raise ModelError("the verdict is not the one that was registered", fix=TRAIN)
    for name, text in register.tags_of(it.record).items():
        same(f"tag {name}", tags.get(name, ""), text)
    with evidence.opened(it.source.place) as connection:
        came = evidence.arrival(connection, package.version.sha256)
    if came is not None:
        same("all files since they came here", package.digest, came.artifacts_sha256)
    return f"all files {package.digest[:12]}"


def traceable(it: Case) -> str:
    """It leads back: to a commit, a locked environment, and a snapshot of the landed data."""
    require(it.tags)
    unwanted = [mark for mark in marks(it.tags) if mark not in it.settings.allows]
    if unwanted:
        fix = f"commit, lock, compare, and train again; or `allows` for {it.target} in workspaces.toml"
        raise ModelError(f"{it.target} takes no version that is marked {', '.join(unwanted)}", fix=fix)
    if it.tags["uncommitted"] == "0":
        origins.commit(it.root, it.tags["commit"])
    it.lock = origins.lock(it.root, it.record)
    origins.snapshot(it.source.place.landed, it.tags["batch"], it.tags["snapshot"], it.record["snapshot"]["files"])
    return f"commit {it.tags['commit'][:12]}, snapshot {it.tags['snapshot'][:12]}"


def marks(tags: Mapping[str, str]) -> list[Mark]:
    """What somebody allowed when the version was made."""
    counted: tuple[Mark, ...] = ("uncommitted", "unlocked")
    out = [mark for mark in counted if tags.get(mark) != "0"]
    return [*out, "champion left out"] if tags.get("champion") == LEFT_OUT else out


def tested(it: Case) -> str:
    """A report of the tests as they are now, about these very files, in which all passed."""
    found, it.reports, it.report_sha256 = report.latest(it.source.place, it.package.version.sha256)
    again = "`mlops model test VERSION`"
    if found.model_sha256 != it.package.version.sha256:
        raise ModelError(f"the test report is of model {found.model_sha256[:12]}", fix=again)
    if found.artifacts_sha256 != it.package.digest:
        seen, then = it.package.digest[:12], found.artifacts_sha256[:12]
        wrong = f"it was altered after its tests: all files are {seen}, tested {then}"
        raise ModelError(wrong, fix="restore them; or find out who changed them and test again")
    if found.tests_sha256 != modeltests.digest(it.root / LIMITS):
        raise ModelError("the tests or their limits were changed since the report", fix=again)
    if not found.passed:
        lines = "; ".join(f"{case.name}: {case.detail}" for case in found.failed)
        raise ModelError(f"it failed its tests: {lines}", fix="train a better model")
    it.report = found
    return found.sentence


CLAUSES: tuple[tuple[str, tuple[str, ...], Callable[[Case], str]], ...] = (
    ("hop", (), hop),
    ("registered", (), registered),
    ("evaluated", (), evaluated),
    ("gate", ("evaluated",), gated),
    ("intact", ("evaluated",), intact),
    ("traceable", ("intact",), traceable),
    ("tests", (), tested),
)


def ask(it: Case) -> list[Check]:
    """All clauses in order, none left out because an unrelated one refused."""
    done: dict[str, Check] = {}
    for name, needs, clause in CLAUSES:
        lacking = [need for need in needs if not done[need].passed]
        if lacking:
            done[name] = Check(name, None, f"needs {', '.join(lacking)}")
            continue
        done[name] = answered(name, clause, it)
    return list(done.values())


def answered(name: str, clause: Callable[[Case], str], it: Case) -> Check:
    """The outcome of one clause, in words that do not name the copy which was looked at."""
    try:
        return Check(name, True, clause(it))
    except ModelError as error:
        said = f"{error.problem} (fix: {error.fix})"
    except (KeyError, OSError) as error:
        said = f"a file of it cannot be read: {error!r} (fix: {TRAIN})"
    return Check(name, False, said.replace(f"{it.package.folder}/", ""))


def outcome(it: Case, what: str) -> list[Check]:
    """The outcomes. Raises `RefusedError` where one of them is not a pass."""
    found = ask(it)
    if not all(check.passed for check in found):
        raise RefusedError(what, found)
    return found
