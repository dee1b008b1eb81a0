"""The workflows that a repo has, of any provider."""

from __future__ import annotations

from .. import makefiles
from ..repo import Repo
from . import azure_devops, github, gitlab
from .model import Workflow


def workflows(repo: Repo) -> list[Workflow]:
    """All of them; the recipes of a Makefile in the place of its calls."""
    known = makefiles.targets(repo)
    found = [
        github.read(repo, name, known) for name in repo.glob(".github/workflows/*.yml", ".github/workflows/*.yaml")
    ]
    found += gitlab.read(repo, repo.glob(".gitlab-ci.yml", ".gitlab/*.yml"), known)
    devops = repo.glob(".azuredevops/*.yml", "azure-pipelines*.yml", ".azure-pipelines/*.yml")
    return found + [azure_devops.read(repo, name, known) for name in devops]
