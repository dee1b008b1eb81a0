"""What a step knows of its run comes from the environment, as the runner or Azure sets it."""

from __future__ import annotations

import pytest

from {{cookiecutter.package_name}}.training import context
from {{cookiecutter.package_name}}.training.context import Context


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*Context("", "", "", uncommitted=False).variables(), context.AZURE_RUN):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("uncommitted", [True, False])
def test_what_the_runner_says_is_what_a_step_reads(uncommitted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Context("r1", "m1", "nightly", uncommitted)
    for name, text in said.variables().items():
        monkeypatch.setenv(name, text)
    assert context.of_environment() == said


def test_a_job_s_own_id_is_the_run_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(context.AZURE_RUN, "job-7")
    assert context.of_environment().run == "job-7"


def test_without_any_it_is_by_hand_and_nothing_is_allowed() -> None:
    assert context.of_environment() == Context("by-hand", "", "by hand", uncommitted=False)
