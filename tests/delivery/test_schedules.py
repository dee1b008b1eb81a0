"""On GitLab one pipeline has the jobs of every file: what a schedule starts must be training, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ..conftest import Rendered
from . import pipelines

SOURCE = re.compile(r'\$CI_PIPELINE_SOURCE (==|!=) "(\w+)"')


def started(content: dict[str, Any], source: str) -> set[str]:
    """The jobs of a GitLab file that a pipeline on the default branch gets which `source` started."""
    names = [name for name in content if name not in pipelines.RESERVED and not name.startswith(".")]
    return {name for name in names if any(holds(it["if"], source) for it in rules_of(content, content[name]))}


def rules_of(content: dict[str, Any], job: dict[str, Any]) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = job.get("rules") or content.get(job.get("extends", ""), {}).get("rules")
    return rules or [{"if": ""}]  # a job without rules is in every pipeline


def holds(condition: str, source: str) -> bool:
    """Of the terms of a rule, those about the source; no tag is set, and no variable of a person."""
    terms = [term.strip() for term in condition.split("&&")]
    about = [SOURCE.fullmatch(term) for term in terms]
    wrong = any((it[2] == source) != (it[1] == "==") for it in about if it)
    given = [term for term, it in zip(terms, about, strict=True) if not it and term and not term.endswith("== null")]
    return not wrong and not given


@pytest.mark.parametrize("source", ["schedule", "trigger"])
def test_gitlab_runs_no_checks_of_the_code_for_a_schedule_or_another_system(rendered: Rendered, source: str) -> None:
    project = rendered(2, "gitlab")
    code, train = (
        yaml.safe_load((project / name).read_text(encoding="utf-8"))
        for name in (".gitlab-ci.yml", pipelines.TRAIN["gitlab"])
    )
    assert (started(code, source), started(train, source)) == (set(), {"train"})
    changed = {"check", "test", "package", "container"}
    assert (started(code, "push"), started(code, "merge_request_event")) == (changed, changed)
    assert started(train, "push") == set()


def test_a_check_that_a_schedule_would_run_is_seen(rendered: Rendered) -> None:
    content = yaml.safe_load((rendered(2, "gitlab") / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    del content["check"]["extends"]
    assert started(content, "schedule") == {"check"}
