"""Every workflow, ours and emitted, passes the field's linters; each linter is shown something wrong and sees it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Rendered
from ..emission import REPO, replace
from . import linters, pipelines

LEVELS = (1, 4)
EACH = [(level, provider) for level in LEVELS for provider in pipelines.WITH_CI]
Change = tuple[str, str]


@pytest.fixture
def copied(rendered: Rendered, tmp_path: Path) -> Callable[[str], Path]:
    """`copied(provider)`: an emitted project to break."""
    return lambda provider: shutil.copytree(rendered(1, provider), tmp_path / "project")


# --- what is emitted


@pytest.mark.parametrize("level", LEVELS)
def test_github(rendered: Rendered, level: int) -> None:
    place = rendered(level, "github") / ".github"
    workflows = sorted((place / "workflows").glob("*.yml"))
    assert len(workflows) >= 2
    assert linters.actionlint(*workflows) == []
    assert linters.zizmor(place) == []
    assert [found for path in workflows for found in linters.schema("github-workflows", path)] == []
    assert linters.schema("dependabot", place / "dependabot.yml") == []


@pytest.mark.parametrize("level", LEVELS)
def test_gitlab(rendered: Rendered, level: int) -> None:
    project = rendered(level, "gitlab")
    for name in pipelines.files(project, "gitlab"):
        assert linters.gitlab(project / name) == []
    assert linters.schema("renovate", project / ".gitlab" / "renovate.json") == []


@pytest.mark.parametrize("level", LEVELS)
def test_azure(rendered: Rendered, level: int) -> None:
    project = rendered(level, "azure-devops")
    for path in (project / ".azuredevops").glob("*.yml"):
        assert linters.azure(path) == []
    assert linters.schema("renovate", project / "renovate.json") == []


@pytest.mark.parametrize(("level", "provider"), EACH)
def test_yaml_is_in_order(rendered: Rendered, level: int, provider: str) -> None:
    project = rendered(level, provider)
    paths = [project / name for name in (*pipelines.files(project, provider), ".pre-commit-config.yaml")]
    assert linters.yamllint(*paths) == []


@pytest.mark.parametrize(("level", "provider"), EACH)
def test_shell_is_in_order(rendered: Rendered, level: int, provider: str) -> None:
    lines = [line for job in pipelines.jobs(rendered(level, provider), provider) for line in job.lines]
    assert lines
    assert linters.shellcheck(lines) == []


def test_the_container_file(rendered: Rendered) -> None:
    assert linters.hadolint(rendered(1) / "Containerfile") == []


# --- our own


def test_our_own_workflows() -> None:
    place = REPO / ".github"
    workflows = sorted((place / "workflows").glob("*.yml"))
    assert workflows
    assert linters.actionlint(*workflows) == []
    assert linters.zizmor(place) == []
    assert linters.yamllint(*workflows, place / "dependabot.yml") == []
    assert [found for path in workflows for found in linters.schema("github-workflows", path)] == []
    assert linters.schema("dependabot", place / "dependabot.yml") == []
    content = [line for path in workflows for line in pipelines.runs(path)]
    assert linters.shellcheck(content) == []


# --- each linter sees what it is for


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("needs: verify", "needs: verified"), "verified"),
        (("${{ github.token }}", "${{ steps.nope.outputs.token }}"), "nope"),
        (("${{ github.ref_name }}", "${{ github.reff_name }}"), "reff_name"),
    ],
    ids=["a job that is not there", "a step that is not there", "a name that is not there"],
)
def test_actionlint_sees(copied: Callable[[str], Path], change: Change, word: str) -> None:
    path = copied("github") / ".github" / "workflows" / "release.yml"
    replace(path, *change)
    assert word in "\n".join(linters.actionlint(path))


@pytest.mark.parametrize(
    ("change", "audit"),
    [
        (
            ("actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "actions/checkout@v6.0.2"),
            "unpinned-uses",
        ),
        (("          persist-credentials: false\n", "          fetch-depth: 1\n"), "artipacked"),
        (("make release-dry-run", 'make release-dry-run TAG="${{ github.head_ref }}"'), "template-injection"),
        (
            (
                "permissions:\n      contents: write # the release\n      packages: write # the image",
                "permissions: write-all",
            ),
            "excessive-permissions",
        ),
    ],
    ids=["unpinned action", "credentials stay", "injection", "all permissions"],
)
def test_zizmor_sees(copied: Callable[[str], Path], change: Change, audit: str) -> None:
    path = copied("github") / ".github" / "workflows" / "release.yml"
    replace(path, *change)
    assert audit in "\n".join(linters.zizmor(path))


def test_the_schemas_see(copied: Callable[[str], Path]) -> None:
    place = copied("github") / ".github"
    replace(place / "workflows" / "ci.yml", "runs-on:", "runs_on:")
    replace(place / "dependabot.yml", "interval: weekly", "interval: sometimes")
    assert linters.schema("github-workflows", place / "workflows" / "ci.yml")
    assert linters.schema("dependabot", place / "dependabot.yml")


def test_the_schema_of_gitlab_sees(copied: Callable[[str], Path]) -> None:
    project = copied("gitlab")
    replace(project / ".gitlab-ci.yml", "container:\n", "image:\n")
    replace(project / ".gitlab" / "renovate.json", '"packageRules": [', '"packageRules": [7,')
    assert linters.gitlab(project / ".gitlab-ci.yml")
    assert linters.schema("renovate", project / ".gitlab" / "renovate.json")


@pytest.mark.parametrize(
    "change",
    [("timeoutInMinutes:", "timeoutMinutes:"), ("task: Docker@2", "task: Dokker@2"), ("dependsOn:", "needs:")],
    ids=lambda it: it[1],
)
def test_the_schema_of_azure_sees(copied: Callable[[str], Path], change: Change) -> None:
    path = copied("azure-devops") / ".azuredevops" / "release.yml"
    replace(path, *change)
    assert linters.azure(path)


def test_yamllint_sees(copied: Callable[[str], Path]) -> None:
    path = copied("gitlab") / ".gitlab-ci.yml"
    replace(path, "\ncheck:\n", "\ntest:\n")
    assert "duplication" in "\n".join(linters.yamllint(path))


def test_shellcheck_sees() -> None:
    assert "SC2086" in "\n".join(linters.shellcheck(["make ci", "docker push $IMAGE"]))


def test_hadolint_sees(copied: Callable[[str], Path]) -> None:
    path = copied("github") / "Containerfile"
    path.write_text(path.read_text(encoding="utf-8") + "\nRUN cd /srv && sudo pip install flask\n", encoding="utf-8")
    assert "DL3004" in "\n".join(linters.hadolint(path))
