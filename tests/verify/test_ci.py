"""Workflows of three providers: what starts them, what they run, and whether its failure counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladder.verify.ci.model import CHANGE, EVENT, HAND, MAIN, SCHEDULE, TAG
from ladder.verify.facts import Facts

from .shapes import written

MAKE = {"Makefile": "ci: test\n\ntest: setup\n\tpytest -q\n\nsetup:\n\tpip install .\n\nsoft:\n\t-pytest -q\n"}
GITHUB = """
    on: [push, pull_request]
    jobs:
      test:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v6
          - run: "{run}"
    """
GITLAB = """
    test:
      script:
        - "{run}"
    """
DEVOPS = """
    trigger:
      branches:
        include: [main]
    steps:
      - script: "{run}"
    """
PLACES = {".github/workflows/ci.yml": GITHUB, ".gitlab-ci.yml": GITLAB, "azure-pipelines.yml": DEVOPS}


def facts(root: Path, place: str, text: str, **more: str) -> Facts:
    return Facts(written(root, {place: text, **MAKE, **more}))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("run", ["pytest -q", "make ci", "make test && echo done", "python -m pytest"])
def test_tests_that_count_are_seen(place: str, run: str, tmp_path: Path) -> None:
    seen = facts(tmp_path, place, PLACES[place].format(run=run)).firm("runs the tests", r"\bpytest\b", CHANGE)
    assert seen.holds is True, seen.said


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "run",
    [
        "pytest -q || true",
        "pytest -q || :",
        "pytest -q || echo failed",
        "pytest -q; exit 0",
        "pytest -q &",
        "make ci || true",
        "make soft",
    ],
)
def test_tests_whose_failure_is_swallowed_are_seen(place: str, run: str, tmp_path: Path) -> None:
    seen = facts(tmp_path, place, PLACES[place].format(run=run)).firm("runs the tests", r"\bpytest\b", CHANGE)
    assert seen.holds is False, seen.said
    assert place in seen.said


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("run", ["pytest --collect-only", "echo nothing"])
def test_what_tests_nothing_is_no_test(place: str, run: str, tmp_path: Path) -> None:
    seen = facts(tmp_path, place, PLACES[place].format(run=run)).firm("runs the tests", r"\bpytest\b", CHANGE)
    assert seen.holds is False
    assert "no workflow runs the tests" in seen.said


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        (".github/workflows/ci.yml", '- run: "{run}"', '- run: "{run}"\n            continue-on-error: true'),
        (".github/workflows/ci.yml", "runs-on: ubuntu-latest", "continue-on-error: true"),
        (".github/workflows/ci.yml", "runs-on: ubuntu-latest", "if: false"),
        (".gitlab-ci.yml", "script:", "allow_failure: true\n      script:"),
        ("azure-pipelines.yml", '- script: "{run}"', '- script: "{run}"\n        continueOnError: true'),
        ("azure-pipelines.yml", '- script: "{run}"', '- script: "{run}"\n        enabled: false'),
    ],
)
def test_a_provider_s_own_way_to_let_it_fail_is_seen(place: str, old: str, new: str, tmp_path: Path) -> None:
    text = PLACES[place].replace(old, new).format(run="pytest -q")
    assert facts(tmp_path, place, text).firm("runs the tests", r"\bpytest\b").holds is False


def test_a_pipe_counts_its_last_command_only_without_pipefail(tmp_path: Path) -> None:
    soft = facts(tmp_path / "a", ".github/workflows/ci.yml", GITHUB.format(run="pytest -q | tee out.txt"))
    shell = GITHUB.format(run="pytest -q | tee out.txt") + "        shell: bash\n"
    firm = facts(tmp_path / "b", ".github/workflows/ci.yml", shell)
    assert soft.firm("runs the tests", r"\bpytest\b").holds is False
    assert firm.firm("runs the tests", r"\bpytest\b").holds is True


@pytest.mark.parametrize(
    ("place", "text", "starts"),
    [
        (".github/workflows/a.yml", "on: push\njobs: {}\n", {MAIN, CHANGE}),
        (".github/workflows/a.yml", "on:\n  push:\n    branches: [main]\njobs: {}\n", {MAIN}),
        (".github/workflows/a.yml", "on:\n  push:\n    tags: ['v*']\njobs: {}\n", {TAG}),
        (
            ".github/workflows/a.yml",
            "on:\n  schedule:\n    - cron: '1 2 * * *'\n  workflow_dispatch:\n",
            {SCHEDULE, HAND},
        ),
        (".github/workflows/a.yml", "on:\n  repository_dispatch:\n    types: [x]\n", {EVENT}),
        ("azure-pipelines.yml", "trigger: none\npr: none\nschedules:\n  - cron: '1 2 * * *'\n", {SCHEDULE}),
        ("azure-pipelines.yml", "trigger:\n  tags:\n    include: ['v*']\npr: none\n", {TAG}),
    ],
)
def test_what_starts_a_workflow_is_read(place: str, text: str, starts: set[str], tmp_path: Path) -> None:
    (found,) = Facts(written(tmp_path, {place: text})).workflows
    assert found.triggers == starts


def test_publishing_before_the_tests_is_seen(tmp_path: Path) -> None:
    from ladder.verify.probes.delivery import application_releases_are_automated as probe

    text = "on:\n  push:\n    tags: ['v*']\njobs:\n  a:\n    steps:\n      - run: {0}\n      - run: {1}\n"
    good = Facts(
        written(tmp_path / "good", {".github/workflows/r.yml": text.format("pytest -q", "twine upload dist/*")})
    )
    bad = Facts(written(tmp_path / "bad", {".github/workflows/r.yml": text.format("twine upload dist/*", "pytest -q")}))
    assert probe(good).holds is True
    assert probe(bad).holds is False
