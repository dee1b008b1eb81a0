"""`mlops promote`: a version goes to the next workspace, byte for byte. Killed anywhere, the next call finishes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ... import workspace
from ...clock import Clock
from ...data import lock
from ...errors import DataError, ModelError
from ...events import outbox
from ...model import handoff
from ...service.accept import user
from ...training import ledger, mlflows
from ...training.registry import CANDIDATE, Registry, Version
from ...workspace import Workspace
from . import evidence, package, refusals, report, workspaces
from .evidence import Arrival
from .package import ENVIRONMENT, TESTS, Package
from .refusals import Case
from .report import REPORT
from .workspaces import Place

EXPERIMENT = "promotion"


def promote(
    version: str, source: Workspace, target: Workspace, clock: Clock, by: str = "", reason: str = ""
) -> Version:
    """Copy `version` of `source` into `target` with everything that leads back; gives the version there.

    Raises `RefusedError` naming every clause that it does not meet; nothing is changed then. The same digest again
    gives the version that is there.
    """
    declared = workspaces.load(source.root)
    giver, taker = declared.place(source.name), declared.place(target.name)
    apart(giver, taker)
    registry = Registry(giver, clock)
    wanted = registry.get(version)
    with package.fetched(registry, wanted) as found:
        case = Case(found, registry, taker.name, declared.settings(taker.name))
        refusals.outcome(case, f"version {wanted.number} of {giver.name}")
        with alone(taker):
            return taken(case, Taker(taker, clock, case, by or user(), reason))


def apart(giver: Place, taker: Place) -> None:
    """Raises `ModelError` where both have one registry."""
    if giver.tracking_uri == taker.tracking_uri:
        wrong = f"{giver.name} and {taker.name} have one MLflow: {giver.shown}"
        raise ModelError(wrong, fix="give each its own `tracking` in workspaces.toml")


@contextmanager
def alone(taker: Workspace) -> Iterator[None]:
    """One promotion into a workspace at a time. Raises `ModelError` where another is on its way."""
    held = lock.held(taker.folder / EXPERIMENT)
    try:
        held.__enter__()
    except DataError:
        raise ModelError(f"another promotion into {taker.name} is on its way", fix="wait for it to end") from None
    try:
        yield
    finally:
        held.__exit__(None, None, None)


class Taker(Registry):
    """The registry of the target, which writes down from where a version came, and who brought it."""

    def __init__(self, place: Place, clock: Clock, case: Case, by: str, reason: str) -> None:
        super().__init__(place, clock)
        self.case, self.by = case, by
        self.reason = reason or f"from {case.source.place.name}:{case.package.version.number}"

    def announce(self, version: Version) -> Version:
        """The ledger's entry, the event, the arrival and the test report, once and together; then the alias."""
        with self.state() as connection:
            connection.executescript(evidence.TABLES)
            with workspace.transaction(connection):
                if not ledger.registered(connection, self.name, version.number):
                    self.expected(connection, version)
                    self.write(connection, "register", CANDIDATE, version, by=self.by, reason=self.reason)
                    outbox.add(connection, self.event_of(version))
                if evidence.arrival(connection, version.sha256) is None:
                    evidence.arrived(connection, arrival(self.case, version, self, self.by))
                    tests(connection, self.case, self, self.by)
            self.settle(connection)
        return self.get(version.number)


def taken(case: Case, target: Taker) -> Version:
    """The version in the target: the one that is there, or a new one of files that were compared after the copy."""
    with target.state() as connection:
        ledger.verify(connection)
    there = next((it for it in target.versions() if it.sha256 == case.package.version.sha256), None)
    made = copied(case, target) if there is None else kept(case, target, there)
    target.history()
    return made


def kept(case: Case, target: Taker, there: Version) -> Version:
    """The version that is there, whose files are compared once more; a killed call may not have told of it."""
    compared(case, target, there.source.rpartition("/")[0])
    return target.announce(there)


def copied(case: Case, target: Taker) -> Version:
    """A new version of copied files, once all are there. A kill before leaves a run; the next call goes on with it."""
    assert case.reports is not None
    tags = provenance(case)
    run = opened(target, tags)
    with mlflows.asked("take the files"):
        for name, folder in package.joined(case.package, case.lock, case.reports).items():
            run.client.log_artifacts(run.id, str(folder), name)
        base = run.client.get_run(run.id).info.artifact_uri
    compared(case, target, base)
    mlflows.end(run, failed=False)
    return target.register(run, tags, {})


def opened(target: Registry, tags: dict[str, str]) -> mlflows.Run:
    """The run of this model's promotion: the one that a killed call left, else a new one."""
    place, client = target.place, target.client
    assert isinstance(place, Place)
    where = (place.artifacts / EXPERIMENT).resolve().as_uri() if place.local else None
    with mlflows.asked("begin a promotion"):
        known = client.get_experiment_by_name(EXPERIMENT)
        experiment = known.experiment_id if known else client.create_experiment(EXPERIMENT, artifact_location=where)
        left = client.search_runs([experiment], f"tags.model_sha256 = '{tags['model_sha256']}'", max_results=1)
        run = left[0] if left else client.create_run(experiment, run_name=tags["promoted_from"], tags=tags)
    return mlflows.Run(client, run.info.run_id)


def provenance(case: Case) -> dict[str, str]:
    """The version's own tags, and the way that it came."""
    version, place = case.package.version, case.source.place
    here = f"{place.name}:{version.number}"
    return {
        **version.tags,
        "promoted_from": here,
        "origin": version.tags.get("origin", here),
        "route": f"{version.tags.get('route', here)} > {case.target}",
        "source_artifacts": version.source.rpartition("/")[0],
        "artifacts_sha256": case.package.digest,
        "report_sha256": case.report_sha256,
        "lock_sha256": str(case.record["environment"]["lock_sha256"]),
    }


def compared(case: Case, target: Registry, base: str) -> None:
    """Fetch the files from the target again. Raises `ModelError` where they are not those of the source."""
    fix = f"nothing serves it; remove what lies at {base}, and promote again"
    with TemporaryDirectory(prefix="arrived-") as scratch:
        there = Package(case.package.version, package.fetch(target, base, Path(scratch)))
        if there.digest != case.package.digest:
            wrong = f"the copy in {target.place.name} is {there.digest[:12]}, sent was {case.package.digest[:12]}"
            raise ModelError(wrong, fix=fix)
        if not (there[TESTS] / REPORT).is_file() or not any(there[ENVIRONMENT].glob("*.lock")):
            raise ModelError(f"the copy in {target.place.name} lacks its test report or its lock", fix=fix)


def arrival(case: Case, version: Version, target: Registry, by: str) -> Arrival:
    """What is kept of this promotion."""
    return Arrival(
        version.sha256,
        target.clock.now().isoformat(),
        by,
        version.number,
        case.source.place.name,
        case.package.version.number,
        case.package.digest,
        case.report_sha256,
        version.tags.get("lock_sha256", ""),
    )


def tests(connection: sqlite3.Connection, case: Case, target: Registry, by: str) -> None:
    """The report goes along, so that the next hop finds it where a test would have put it."""
    assert case.report is not None
    folder = report.write(case.report, report.folder_of(target.place, case.report.model_sha256))
    digest = handoff.sha256(folder / REPORT)
    evidence.tested(
        connection, evidence.Tested(case.report.at, by, case.report.model_sha256, digest, case.report.passed)
    )
