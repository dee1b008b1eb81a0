"""What the linters cannot know: workflows call what is there, CI is `make ci`, a release waits for its checks."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from itertools import product
from pathlib import Path

import pytest
import yaml

from .. import emission
from ..conftest import Rendered
from ..emission import PROVIDERS, REPO, replace
from . import pipelines
from .pipelines import WITH_CI

LEVELS = (1, 4)
EACH = [(level, provider) for level in LEVELS for provider in WITH_CI]
IMAGE = {"image", "image-smoke"}
ONE_COMMAND = re.compile(r"make [a-z-]+( IMAGE=\S+)?|apk add --no-cache make|(echo|gh release create|curl) [^\n;&]*")
SOFT = re.compile(
    r"continue-on-error|continueOnError|allow_failure|failTask\w+: false"
    r"|\|\| *(true|:)(\s|$)|--exit-zero|set \+e|^\t@?-"
)
PACKAGES = {
    "check-added-large-files": "pre-commit-hooks",
    "check-merge-conflict": "pre-commit-hooks",
    "coverage": "pytest-cov",
    "detect-secrets-hook": "detect-secrets",
}


@pytest.fixture
def project(rendered: Rendered, tmp_path: Path) -> Path:
    """An emitted project to break."""
    return shutil.copytree(rendered(1, "github"), tmp_path / "project")


# --- what is called is there


def absent(repo: Path, text: str) -> list[str]:
    """What a text calls and the repo does not have."""
    programs = {"make": set(pipelines.targets(repo)), "mlops": pipelines.commands(repo)}
    return [f"{name} {it}" for name, known in programs.items() for it in sorted(pipelines.called(text, name) - known)]


def shell(repo: Path, provider: str) -> str:
    return "\n".join(line for job in pipelines.jobs(repo, provider) for line in job.lines)


@pytest.mark.parametrize(("level", "provider"), EACH)
def test_what_workflows_call_is_there(rendered: Rendered, level: int, provider: str) -> None:
    repo = rendered(level, provider)
    assert len(pipelines.called(shell(repo, provider), "make")) > 8
    assert absent(repo, shell(repo, provider)) == []


@pytest.mark.parametrize("provider", WITH_CI)
def test_a_call_of_nothing_is_seen(rendered: Rendered, tmp_path: Path, provider: str) -> None:
    repo = shutil.copytree(rendered(1, provider), tmp_path / "project")
    replace(repo / pipelines.FILES[provider][0], "make lint", "make lnt")
    assert absent(repo, shell(repo, provider)) == ["make lnt"]


@pytest.mark.parametrize("level", LEVELS)
def test_what_make_and_the_docs_call_is_there(rendered: Rendered, level: int) -> None:
    repo = rendered(level)
    pages = [repo / "README.md", *(repo / "docs").glob("*.md"), *(repo / "make").glob("*.mk")]
    for page in pages:
        text = page.read_text(encoding="utf-8").replace("$(MLOPS)", "mlops").replace("$(MAKE)", "")
        marks = r"^```.*?^```|`[^`\n]+`" if page.suffix == ".md" else r"^\t[^\n]*"
        code = re.findall(marks, text, re.DOTALL | re.MULTILINE)
        assert absent(repo, "\n".join(code)) == [], page.name


def test_a_command_of_nothing_is_seen(rendered: Rendered) -> None:
    assert absent(rendered(1), "mlops serve\nmlops sreve --port 0\nmake `mlops deploy`") == [
        "mlops deploy",
        "mlops sreve",
    ]


def several(text: str) -> list[str]:
    """Lines of shell that are more than one command, behind which one could fail unseen."""
    return [line for line in text.splitlines() if not ONE_COMMAND.fullmatch(line)]


@pytest.mark.parametrize(("level", "provider"), EACH)
def test_a_step_is_one_command(rendered: Rendered, level: int, provider: str) -> None:
    assert several(shell(rendered(level, provider), provider)) == []


@pytest.mark.parametrize("line", ["make pipeline || echo failed", "make pipeline; exit 0", "set +e", "make pipeline &"])
@pytest.mark.parametrize("provider", WITH_CI)
def test_an_exit_code_that_is_swallowed_is_seen(rendered: Rendered, tmp_path: Path, provider: str, line: str) -> None:
    repo = shutil.copytree(rendered(4, provider), tmp_path / "project")
    path = repo / pipelines.TRAIN[provider]
    text = path.read_text(encoding="utf-8")
    assert text.count("make pipeline\n") >= 1
    path.write_text(text.replace("make pipeline\n", f"{line}\n"), encoding="utf-8")
    assert line in several(shell(repo, provider))


# --- CI is `make ci`


def in_ci(repo: Path, provider: str) -> set[str]:
    """The targets that a provider's CI calls, for a change."""
    jobs = [job for job in pipelines.jobs(repo, provider) if not (job.release or job.train or job.deploy)]
    lines = [line for job in jobs for line in job.lines]
    return pipelines.called("\n".join(lines), "make") - {"setup"}


@pytest.mark.parametrize("provider", WITH_CI)
def test_ci_is_what_a_person_runs(rendered: Rendered, provider: str) -> None:
    repo = rendered(1, provider)
    assert in_ci(repo, provider) == {*pipelines.targets(repo)["ci"], *IMAGE}


def test_a_step_that_is_left_out_is_seen(project: Path) -> None:
    replace(project / ".github" / "workflows" / "ci.yml", "      - run: make hooks\n", "")
    assert in_ci(project, "github") != {*pipelines.targets(project)["ci"], *IMAGE}


# --- training

TRIGGERS = {"schedule", "workflow_dispatch", "repository_dispatch"}
RIGHTS = {"contents": "read", "id-token": "write"}


@pytest.mark.parametrize("provider", WITH_CI)
def test_training_is_one_job_that_checks_and_then_trains(rendered: Rendered, provider: str) -> None:
    repo = rendered(2, provider)
    (job,) = (job for job in pipelines.jobs(repo, provider) if job.train)
    called = [line.removeprefix("make ") for line in job.lines if line.startswith("make ")]
    assert called[:2] == ["setup", "pipeline-check"]
    assert set(called[2:]) == {"pipeline"}
    assert not [job for job in pipelines.jobs(rendered(1, provider), provider) if job.train]


def test_training_is_started_by_time_hand_or_event_with_few_rights_and_never_twice_at_once(rendered: Rendered) -> None:
    content = yaml.safe_load((rendered(2) / pipelines.TRAIN["github"]).read_text(encoding="utf-8"))
    assert set(content[True]) == TRIGGERS  # YAML reads `on` as true
    assert content["permissions"] == {}
    assert content["jobs"]["train"]["permissions"] == RIGHTS
    assert content["concurrency"] == {"group": "train", "cancel-in-progress": False}
    gitlab = yaml.safe_load((rendered(2, "gitlab") / pipelines.TRAIN["gitlab"]).read_text(encoding="utf-8"))
    assert (gitlab["train"]["resource_group"], gitlab["train"]["interruptible"]) == ("train", False)
    azure = yaml.safe_load((rendered(2, "azure-devops") / pipelines.TRAIN["azure-devops"]).read_text(encoding="utf-8"))
    assert (azure["lockBehavior"], azure["trigger"], azure["pr"]) == ("sequential", "none", "none")


def test_gitlab_reads_what_other_levels_add(rendered: Rendered) -> None:
    project = rendered(2, "gitlab")
    content = yaml.safe_load((project / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    patterns = [entry["local"] for entry in content["include"]]
    assert [path.name for pattern in patterns for path in project.glob(pattern)] == ["train.yml"]
    train = yaml.safe_load((project / pipelines.TRAIN["gitlab"]).read_text(encoding="utf-8"))
    assert not set(train) & set(content), "what both define, the first would win"
    assert {job["stage"] for job in train.values()} <= set(content["stages"])


# --- models

STARTS, GOES_ON, GOES_BACK = {"rollout", "share"}, {"rollout-next"}, {"rollout-back"}


def releasing(repo: Path, provider: str) -> dict[str, pipelines.Job]:
    """The jobs that release models, by the one target that each is for."""
    jobs = [job for job in pipelines.jobs(repo, provider) if job.deploy]
    return {target: job for job in jobs for target in pipelines.called("\n".join(job.lines), "make") - {"setup"}}


def unguarded(repo: Path, provider: str) -> list[str]:
    """What lets a model through untested or unasked, or keeps a way back waiting."""
    jobs = releasing(repo, provider)
    tested = jobs["model-test"].name
    found = [f"{it} does not wait for the tests" for it in sorted(STARTS) if jobs[it].needs != [tested]]
    found += [f"{it} is not in production" for it in sorted(STARTS) if jobs[it].place != "production"]
    open_ones = sorted(GOES_ON | GOES_BACK)
    found += [f"{it} has an environment, where somebody would be asked" for it in open_ones if jobs[it].place]
    return found + [f"{it} waits for {jobs[it].needs}" for it in sorted(GOES_BACK) if jobs[it].needs]


@pytest.mark.parametrize("provider", WITH_CI)
def test_a_model_is_tested_and_asked_for_before_it_is_released_and_goes_back_at_once(
    rendered: Rendered, provider: str
) -> None:
    repo = rendered(3, provider)
    assert releasing(repo, provider).keys() == {"model-test", *STARTS, *GOES_ON, *GOES_BACK}
    assert unguarded(repo, provider) == []
    assert not [job for job in pipelines.jobs(rendered(2, provider), provider) if job.deploy]


UNGUARDED = {
    "github": {
        "    needs: test\n    if: vars.MLOPS_PLATFORM != 'azure'\n": "rollout does not wait for the tests",
        "    environment: production\n": "rollout is not in production",
    },
    "azure-devops": {
        "        dependsOn: test\n": "rollout does not wait for the tests",
        "            environment: production\n": "rollout is not in production",
    },
    "gitlab": {
        "  needs: [deploy-test]\n": "rollout does not wait for the tests",
        "  environment: production\n": "rollout is not in production",
    },
}
BREAKS = [(provider, line, said) for provider, lines in UNGUARDED.items() for line, said in lines.items()]


@pytest.mark.parametrize(("provider", "line", "said"), BREAKS, ids=[f"{it[0]}: {it[2]}" for it in BREAKS])
def test_a_release_that_nothing_guards_is_seen(
    rendered: Rendered, tmp_path: Path, provider: str, line: str, said: str
) -> None:
    repo = shutil.copytree(rendered(3, provider), tmp_path / "project")
    replace(repo / pipelines.DEPLOY[provider], line, "")
    assert said in unguarded(repo, provider)


def test_releases_have_few_rights_and_never_start_twice_at_once(rendered: Rendered) -> None:
    content = yaml.safe_load((rendered(3) / pipelines.DEPLOY["github"]).read_text(encoding="utf-8"))
    assert set(content[True]) == {"schedule", "workflow_dispatch", "workflow_run", "repository_dispatch"}
    assert content["permissions"] == {}
    rights = {name: job["permissions"] for name, job in content["jobs"].items()}
    reads = {"contents": "read"}
    assert rights == {"test": RIGHTS, "share": RIGHTS, "release": reads, "next": reads, "back": reads}
    one = {"group": "release", "cancel-in-progress": False}
    assert content["jobs"]["release"]["concurrency"] == content["jobs"]["share"]["concurrency"] == one
    gitlab = yaml.safe_load((rendered(3, "gitlab") / pipelines.DEPLOY["gitlab"]).read_text(encoding="utf-8"))
    assert gitlab["deploy-release"]["resource_group"] == gitlab["deploy-share"]["resource_group"] == "release"
    assert gitlab[".deploy"]["interruptible"] is False
    azure = yaml.safe_load((rendered(3, "azure-devops") / pipelines.DEPLOY["azure-devops"]).read_text(encoding="utf-8"))
    assert (azure["lockBehavior"], azure["trigger"], azure["pr"]) == ("sequential", "none", "none")


def test_gitlab_s_releases_are_no_name_of_another_file_and_no_schedule_of_theirs_trains(rendered: Rendered) -> None:
    project = rendered(3, "gitlab")
    read = {
        name: yaml.safe_load((project / name).read_text(encoding="utf-8"))
        for name in pipelines.files(project, "gitlab")
    }
    names = [job for content in read.values() for job in content]
    assert len(names) == len(set(names)), "what two define, the first would win"
    assert read[pipelines.DEPLOY["gitlab"]][".deploy"]["stage"] in read[".gitlab-ci.yml"]["stages"]
    scheduled = [it["if"] for it in read[pipelines.TRAIN["gitlab"]]["train"]["rules"] if "schedule" in it["if"]]
    assert scheduled == ['$CI_PIPELINE_SOURCE == "schedule" && $DEPLOY == null']


# --- a release waits for its checks


@pytest.mark.parametrize("provider", WITH_CI)
def test_what_is_pushed_was_checked(rendered: Rendered, provider: str) -> None:
    repo = rendered(1, provider)
    jobs = {job.name: job for job in pipelines.jobs(repo, provider) if job.release}
    verify = [name for name, job in jobs.items() if "make release-dry-run" in job.lines]
    assert len(verify) == 1
    out = [job for job in jobs.values() if re.search("image-push|image-save|gh release|curl", "\n".join(job.lines))]
    assert out
    assert all(verify[0] in job.needs for job in out)


def test_a_release_is_checked_tested_and_built_before_its_notes(rendered: Rendered) -> None:
    needs = pipelines.targets(rendered(1))
    assert needs["release-dry-run"] == ["release-check", "ci"]
    assert needs["image-push"] == needs["image-save"] == ["image-smoke"]
    assert needs["smoke"] == ["build"]


# --- no gate is soft


def soft(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if SOFT.search(line) and not line.lstrip().startswith("#")]


def gates(repo: Path) -> list[Path]:
    """The files in which a gate could be made soft."""
    patterns = (
        ".github/workflows/*",
        ".gitlab-ci.yml",
        ".gitlab/*.yml",
        ".azuredevops/*.yml",
        "Makefile",
        "make/*",
        ".pre-commit-config.yaml",
    )
    return [path for pattern in patterns for path in sorted(repo.glob(pattern))]


@pytest.mark.parametrize(("level", "provider"), [*product(LEVELS, PROVIDERS)])
def test_no_emitted_gate_is_soft(rendered: Rendered, level: int, provider: str) -> None:
    found = gates(rendered(level, provider))
    assert len(found) >= 4
    assert [line for path in found for line in soft(path.read_text(encoding="utf-8"))] == []


def test_none_of_ours_is_soft() -> None:
    assert [line for path in gates(REPO) for line in soft(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("line", ["continue-on-error: true", "allow_failure: true", "continueOnError: true"])
@pytest.mark.parametrize("provider", WITH_CI)
def test_a_soft_step_is_seen(rendered: Rendered, provider: str, line: str) -> None:
    text = (rendered(1, provider) / pipelines.FILES[provider][0]).read_text(encoding="utf-8")
    assert soft(f"{text}    {line}\n") == [line]


@pytest.mark.parametrize(
    "line", ["\tpytest || true", "\truff check --exit-zero", "\t-mypy", "\t@-mypy", "\tpytest || :"]
)
def test_a_soft_target_is_seen(rendered: Rendered, line: str) -> None:
    text = (rendered(1) / "make" / "quality.mk").read_text(encoding="utf-8")
    assert soft(f"{text}\nsoft:\n{line}\n") == [line.strip()]


# --- actions are pinned by commit, with a full version beside it


def uses(path: Path) -> list[str]:
    return re.findall(r"uses: *(.*)", path.read_text(encoding="utf-8"))


def test_actions_are_pinned(rendered: Rendered) -> None:
    workflows = [
        *(rendered(4) / ".github" / "workflows").glob("*.yml"),
        *(REPO / ".github" / "workflows").glob("*.yml"),
    ]
    pins = {pin for path in workflows for pin in uses(path)}
    assert pins
    assert [pin for pin in pins if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", pin)] == []
    assert len(pins) == len({pin.split("@")[0] for pin in pins}), "one action in two versions"


def test_images_are_pinned(rendered: Rendered) -> None:
    text = (rendered(1, "gitlab") / ".gitlab-ci.yml").read_text(encoding="utf-8")
    images = re.findall(r"\b(?:python|docker):[\w.-]+", text)
    assert images
    assert [image for image in images if not re.search(r":\d+\.\d+\.\d+", image)] == []


# --- one text for all providers


def test_the_providers_say_the_same(rendered: Rendered) -> None:
    github, gitlab, azure = (rendered(1, provider) for provider in ("github", "gitlab", "azure-devops"))
    template = (github / ".github" / "pull_request_template.md").read_bytes()
    assert template == (gitlab / ".gitlab" / "merge_request_templates" / "Default.md").read_bytes()
    assert template == (azure / ".azuredevops" / "pull_request_template.md").read_bytes()
    assert (gitlab / ".gitlab" / "renovate.json").read_bytes() == (azure / "renovate.json").read_bytes()


def paths(owners: Path) -> set[str]:
    return set(re.findall(r"^# (\*|/\S+)$", owners.read_text(encoding="utf-8"), re.MULTILINE))


def test_owners_are_asked_for_every_layer_and_none_is_made_up(rendered: Rendered) -> None:
    places = {"github": ".github/CODEOWNERS", "gitlab": ".gitlab/CODEOWNERS"}
    layers = {path.rpartition("/")[2] for _, _, path in emission.claims() if path.startswith("src/")}
    found = {}
    for provider, place in places.items():
        owners = rendered(4, provider) / place
        found[provider] = {path for path in paths(owners) if not path.startswith(("/.github", "/.gitlab"))}
        assert {f"/src/*/{layer}/" for layer in layers if "." not in layer} <= paths(owners)
        assert all(line.startswith("#") for line in owners.read_text(encoding="utf-8").splitlines() if line)
    assert found["github"] == found["gitlab"]


def test_the_ruleset_asks_for_the_jobs_that_are_there(rendered: Rendered) -> None:
    place = rendered(1) / ".github"
    rules = json.loads((place / "rulesets" / "main.json").read_text(encoding="utf-8"))["rules"]
    wanted = next(rule for rule in rules if rule["type"] == "required_status_checks")["parameters"]
    jobs = yaml.safe_load((place / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    named = {
        f"{name} ({version})" if version else name
        for name, job in jobs.items()
        for version in job.get("strategy", {}).get("matrix", {}).get("python", [""])
    }
    assert {check["context"] for check in wanted["required_status_checks"]} == named


def test_without_a_provider_there_is_none(rendered: Rendered) -> None:
    names = emission.files(rendered(4, "none"))
    assert "make/quality.mk" in names
    assert [name for name in names if re.match(r"\.(github|gitlab|azuredevops)|renovate", name)] == []


# --- tools


def test_every_tool_that_make_and_the_hooks_call_is_installed(rendered: Rendered) -> None:
    repo = rendered(1)
    dev = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
    installed = {re.split(r"[<>=\[]", need)[0] for need in dev}
    made = re.findall(r"\$\(BIN\)/([a-z-]+)", (repo / "make" / "quality.mk").read_text(encoding="utf-8"))
    config = yaml.safe_load((repo / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for place in config["repos"] for hook in place["hooks"]]
    assert {place["repo"] for place in config["repos"]} == {"local"}
    called = {*made, *(hook["entry"].split()[0] for hook in hooks if hook["language"] == "system")}
    assert {PACKAGES.get(name, name) for name in called} - {"python"} <= installed
