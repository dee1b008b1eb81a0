"""The times of schedules.toml are those of the CI provider and of Azure; an altered one is seen."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.training import azure, azure_schedules, exports, schedules, workflows
from {{cookiecutter.package_name}}.training.schedules import Schedule, ScheduleError

from . import fake_azure, made

GITHUB = """name: train

on:
  schedule:
    - cron: "0 0 * * *"
  workflow_dispatch:

jobs: {}
"""
GITLAB = """# Trains.
# Schedules to create under Build, Pipeline schedules:
#   none
# More.
train:
  script: [make pipeline]
"""
DEVOPS = 'trigger: none\n\nschedules:\n  - cron: "0 0 * * *"\n    displayName: x\n\npool: x\n'
TEXTS = {".github/workflows/train.yml": GITHUB, ".gitlab/train.yml": GITLAB, ".azuredevops/train.yml": DEVOPS}
NIGHTLY = '[[schedule]]\nname = "nightly"\ncron = "17 3 * * *"\n'


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repo with the workflows of all providers."""
    for name, text in TEXTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return told(tmp_path, NIGHTLY)


def told(repo: Path, text: str) -> Path:
    (repo / "schedules.toml").write_text(text, encoding="utf-8")
    return repo


def written(repo: Path, name: str) -> str:
    return (repo / name).read_text(encoding="utf-8")


def test_this_repo_s_files_are_as_schedules_toml_has_it(root: Path) -> None:
    assert exports.check(root)


def test_each_provider_gets_the_times_and_nothing_else_changes(repo: Path) -> None:
    assert len(list(exports.write(repo))) == 4
    assert written(repo, ".github/workflows/train.yml") == GITHUB.replace("0 0", "17 3")
    assert "#   17 3 * * * in UTC, called nightly\n# More.\n" in written(repo, ".gitlab/train.yml")
    (schedule,) = yaml.safe_load(written(repo, ".azuredevops/train.yml"))["schedules"]
    assert schedule == {
        "cron": "17 3 * * *",
        "displayName": "nightly",
        "branches": {"include": ["main"]},
        "always": True,
    }
    assert exports.check(repo) == ["4 files are as schedules.toml has it"]
    assert list(exports.write(repo)) == ["nothing to change"]


@pytest.mark.parametrize("name", [*TEXTS, "azure/schedules/nightly.yml"])
def test_a_time_that_was_altered_is_seen(repo: Path, name: str) -> None:
    list(exports.write(repo))
    (repo / name).write_text(written(repo, name).replace("17 3", "17 4"), encoding="utf-8")
    with pytest.raises(ScheduleError) as caught:
        exports.check(repo)
    assert caught.value.problem.startswith(f"{name}: not as schedules.toml has it")


def test_the_command_ends_with_1_where_something_differs(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)
    assert CliRunner().invoke(cli.main, ["schedules", "export", "--check"]).exit_code == 1
    assert CliRunner().invoke(cli.main, ["schedules", "export"]).exit_code == 0
    assert CliRunner().invoke(cli.main, ["schedules", "export", "--check"]).exit_code == 0


def test_what_is_switched_off_goes_and_comes_back(repo: Path) -> None:
    list(exports.write(repo))
    before = {name: written(repo, name) for name in TEXTS}
    told(repo, NIGHTLY + "enabled = false\n")
    assert "removed azure/schedules/nightly.yml" in list(exports.write(repo))
    assert "cron" not in written(repo, ".github/workflows/train.yml")
    assert yaml.safe_load(written(repo, ".github/workflows/train.yml"))["jobs"] == {}
    assert "schedules" not in yaml.safe_load(written(repo, ".azuredevops/train.yml"))
    list(exports.write(told(repo, NIGHTLY)))
    assert {name: written(repo, name) for name in TEXTS} == before


def test_a_time_zone_is_carried_where_the_provider_knows_it(repo: Path) -> None:
    told(repo, NIGHTLY + 'timezone = "Europe/Paris"\n')
    with pytest.raises(ScheduleError, match="Azure DevOps counts in UTC"):
        list(exports.write(repo))
    (repo / ".azuredevops" / "train.yml").unlink()
    list(exports.write(repo))
    found = yaml.safe_load(written(repo, ".github/workflows/train.yml"))
    assert found[True]["schedule"] == [{"cron": "17 3 * * *", "timezone": "Europe/Paris"}]  # YAML reads `on` as true
    assert "in Europe/Paris" in written(repo, ".gitlab/train.yml")


def test_what_ci_does_not_run_is_said(repo: Path) -> None:
    told(repo, NIGHTLY + 'inputs = { champion = "none" }\n')
    said = list(exports.write(repo))
    assert sum("nightly is not for " in line for line in said) == 3


def test_a_workflow_without_its_place_is_refused(repo: Path) -> None:
    (repo / ".github" / "workflows" / "train.yml").write_text("on: push\n", encoding="utf-8")
    with pytest.raises(ScheduleError, match="has 0 places"):
        exports.check(repo)


def schedule(**words: Any) -> Schedule:
    return Schedule(name="x", **words)


LENGTHS = {"15m": "*/15 * * * *", "1h": "0 */1 * * *", "6h": "0 */6 * * *", "1d": "0 0 * * *", "1w": "0 0 * * 4"}


@pytest.mark.parametrize(("length", "line"), LENGTHS.items(), ids=LENGTHS)
def test_a_length_that_a_cron_line_has_comes_at_the_same_instants(length: str, line: str) -> None:
    every = schedule(every=length)
    assert workflows.cron_of(every) == line
    same, at = schedule(cron=line).calendar, azure_schedules.START
    for _ in range(30):
        following = every.calendar.following(at)
        assert following == same.following(at)
        assert following is not None
        at = following


@pytest.mark.parametrize("length", ["7h", "45m", "2d", "90s", "25m", "36h"])
def test_a_length_that_no_cron_line_has_is_refused(length: str) -> None:
    with pytest.raises(ScheduleError, match="which no cron line does"):
        workflows.cron_of(schedule(every=length))


# --- Azure


TRIGGERS = {
    "each night": ({"cron": "17 3 * * *"}, {"type": "cron", "expression": "17 3 * * *", "time_zone": "UTC"}),
    "working days": (
        {"cron": "0 9 * * mon-fri", "timezone": "Europe/Paris"},
        {"type": "cron", "expression": "0 9 * * 1,2,3,4,5", "time_zone": "Romance Standard Time"},
    ),
    "Sundays": ({"cron": "0 9 * * 7"}, {"type": "cron", "expression": "0 9 * * 0", "time_zone": "UTC"}),
    "a length": (
        {"every": "7h"},
        {
            "type": "recurrence",
            "frequency": "hour",
            "interval": 7,
            "start_time": "2026-01-01T00:00:00",
            "time_zone": "UTC",
        },
    ),
}


@pytest.mark.parametrize(("words", "wanted"), TRIGGERS.values(), ids=TRIGGERS)
def test_azure_gets_the_same_times(words: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert azure_schedules.trigger(schedule(**words)) == wanted


@pytest.mark.parametrize("line", ["0 3 1 * *", "0 3 * 6 *"])
def test_what_azure_would_read_otherwise_is_refused(line: str) -> None:
    with pytest.raises(ScheduleError, match="which Azure reads as any"):
        azure_schedules.trigger(schedule(cron=line))


@pytest.mark.parametrize("words", [it[0] for it in TRIGGERS.values()], ids=TRIGGERS)
def test_azure_s_library_takes_the_file(root: Path, tmp_path: Path, words: dict[str, Any]) -> None:
    azure.sdk()
    with azure.quiet():
        from azure.ai.ml.entities._load_functions import load_schedule  # the library has no public one
    for name in ("azure", "src", "gate.toml", ".amlignore"):
        source = root / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, tmp_path / name)
    for path, text in azure_schedules.files(schedules.Schedules(schedule=(schedule(**words),))).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
        with azure.quiet():
            found = load_schedule(tmp_path / path)
            assert found._validate().error_messages == {}
        assert (found.name, found.trigger.type.lower()) == ("x", azure_schedules.trigger(schedule(**words))["type"])
        assert set(found.create_job.jobs) >= {"ingest", "register"}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_azure.Azure]:
    found = fake_azure.Azure()
    fake_azure.intercept(found, monkeypatch)
    yield found
    assert found.unknown == []


@pytest.fixture
def code(root: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A committed repo with this repo's pipeline, and with schedules of its own."""

    def make(text: str) -> Path:
        repo = made.repo(tmp_path / "code", root, count=3)
        shutil.copyfile(root / ".amlignore", repo / ".amlignore")
        told(repo, text)
        made.commit(repo, "first")
        return repo

    return make


def test_schedules_are_created_on_azure_with_the_code_that_is_committed(
    fake: fake_azure.Azure, code: Callable[[str], Path]
) -> None:
    repo, said = code(NIGHTLY), list[str]()
    client = fake.client(azure.sdk())
    azure_schedules.apply(repo, schedules.load(repo), said.append, client)
    assert said == ["nightly: 17 3 * * * in UTC"]
    (body,) = fake.sent("/schedules/nightly")
    assert body["properties"]["trigger"]["expression"] == "17 3 * * *"
    steps = body["properties"]["action"]["jobDefinition"]["jobs"]
    assert "MLOPS_CODE" in steps["register"]["environment_variables"]


def test_one_that_is_switched_off_is_switched_off_there(fake: fake_azure.Azure, code: Callable[[str], Path]) -> None:
    repo, said = code(NIGHTLY), list[str]()
    client = fake.client(azure.sdk())
    off = schedules.load(told(repo, NIGHTLY + "enabled = false\n"))
    azure_schedules.apply(repo, off, said.append, client)
    assert (said, fake.sent("/schedules/")) == ([], []), "it never was there"
    azure_schedules.apply(repo, schedules.load(told(repo, NIGHTLY)), said.append, client)
    azure_schedules.apply(repo, off, said.append, client)
    assert said[-1] == "nightly: switched off"
    assert fake.sent("/schedules/nightly")[-1]["properties"]["isEnabled"] is False
