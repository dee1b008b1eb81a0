"""An emitted repo is verified at its own level, no higher and no lower."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from ladder.verify import run
from ladder.verify.judge import ABSENT, FAILED, NOT_RUN, PROVEN
from ladder.verify.report import Report

from ..conftest import Rendered
from ..emission import LEVELS
from .faults import GIT

SECONDS = 2.0
EMITTED = [
    *[(level, "github") for level in LEVELS],
    *[(level, ci) for ci in ("azure-devops", "gitlab") for level in (1, 2, 3, 4)],
]


def read(path: Path, level: int | None = None) -> Report:
    return run.run(run.Wish(path, level, static=True))


@pytest.mark.parametrize(("level", "ci"), EMITTED)
def test_an_emitted_repo_is_verified_at_its_own_level(level: int, ci: str, rendered: Rendered) -> None:
    report = read(rendered(level, ci))
    assert report.level == level, [f"{it.statement.id}: {it.said}" for it in report.verdicts if it.failed][:5]
    assert report.recorded == level
    own = [it for it in report.verdicts if it.statement.kind == "capability" and it.statement.level <= level]
    proven = Counter(it.verdict for it in own)
    assert proven[FAILED] == 0
    assert proven[NOT_RUN] <= 2, [f"{it.statement.id}: {it.said}" for it in own if it.verdict == NOT_RUN]


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_it_fails_at_the_next_one(level: int, rendered: Rendered) -> None:
    report = read(rendered(level), level + 1)
    assert report.level == level
    assert not report.holds
    assert sum(it.failed and it.statement.level == level + 1 for it in report.verdicts) >= 5


def test_without_ci_nothing_is_automated(rendered: Rendered) -> None:
    report = read(rendered(2, "none"))
    assert report.level == 0
    assert {"L1.T1", "L1.T2", "L1.A3"} <= {it.statement.id for it in report.verdicts if it.failed}


@pytest.mark.parametrize("level", LEVELS)
def test_deficits_are_absences_until_their_level_and_gone_after(level: int, rendered: Rendered) -> None:
    for it in read(rendered(level)).verdicts:
        if it.statement.kind == "deficit" and it.statement.due <= level:
            assert it.verdict in (PROVEN, NOT_RUN), f"{it.statement.id}: {it.said}"
        elif it.statement.kind == "deficit":
            assert it.verdict == ABSENT, f"{it.statement.id}: {it.said}"


def test_under_version_control_that_is_proven_too(rendered: Rendered, tmp_path: Path) -> None:
    repo = shutil.copytree(rendered(1), tmp_path / "repo")
    before = {it.statement.id: it.verdict for it in read(repo).verdicts}
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "All"]):
        subprocess.run(["git", *GIT, *words], cwd=repo, check=True)
    after = {it.statement.id: it.verdict for it in read(repo).verdicts}
    assert (before["L1.T3"], after["L1.T3"]) == (NOT_RUN, PROVEN)


def test_reading_is_quick(rendered: Rendered) -> None:
    repo, taken = rendered(4), []
    for _ in range(2):
        started = time.process_time()
        read(repo)
        taken.append(time.process_time() - started)
    assert min(taken) < SECONDS


def test_reading_imports_nothing_heavy(rendered: Rendered) -> None:
    code = (
        "import sys; from pathlib import Path; from ladder.verify import run;"
        "run.run(run.Wish(Path(sys.argv[1]), static=True));"
        "print(sorted({'pandas', 'pyarrow', 'pydantic', 'cookiecutter', 'numpy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(rendered(1))], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
