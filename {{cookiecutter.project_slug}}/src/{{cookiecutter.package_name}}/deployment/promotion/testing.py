"""A registered version is tested, and its workspace keeps the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...clock import Clock
from ...errors import ModelError
from ...model import project
from ...service.accept import user
from ...training import release
from ...training.registry import Registry
from ...workspace import Workspace
from . import limits, modeltests, package, report
from .package import HANDOFF, MODEL
from .report import Report


class TestsFailedError(ModelError):
    """A model that failed its tests; the report says which."""


def run(
    place: Workspace, wanted: str, clock: Clock, by: str = "", echo: Callable[[str], None] = lambda _: None
) -> tuple[Report, Path]:
    """Test version `wanted` of a workspace; gives the report and its folder, whatever the outcome.

    Raises `TestsFailedError` where its hand-off cannot even be read.
    """
    registry = Registry(place, clock)
    version = registry.get(wanted)
    with package.fetched(registry, version) as found:
        for name in (HANDOFF, MODEL):
            if not found.has(name):
                raise ModelError(f"version {version.number} has no folder {name}", fix="train again")
        try:
            made = examined(place.root, found[HANDOFF], found[MODEL], found.digest, clock, echo)
        except ModelError as error:  # such as a file that is no longer the one that was handed off: nothing to test
            raise TestsFailedError(error.problem.replace(f"{found.folder}/", ""), fix=error.fix) from None
    folder, _ = report.keep(place, made, by or user())
    return made, folder


def examined(
    root: Path, folder: Path, mlflow: Path, artifacts: str, clock: Clock, echo: Callable[[str], None]
) -> Report:
    """Run the tests on a hand-off by this repo's project.toml and limits."""
    expected = release.expected_of(folder, project.load(root / "project.toml").schema_only)
    made = modeltests.run(folder, expected, root / limits.FILE, clock, mlflow=mlflow, artifacts=artifacts)
    for case in made.cases:
        echo(f"{case.name} {case.mark}: {case.detail}")
    return made


def require(made: Report, folder: Path) -> None:
    """Raises `TestsFailedError` where not all passed."""
    if not made.passed:
        lines = "".join(f"\n  {case.name} {case.mark}: {case.detail}" for case in made.failed)
        raise TestsFailedError(f"{made.sentence}{lines}", fix=f"it cannot be promoted; see {folder / report.JUNIT}")
