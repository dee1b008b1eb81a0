"""The same files on Azure: its own library reads the same graph, takes the job, and gets no more than it needs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner
from marshmallow import ValidationError

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.training import (
    azure,
    azure_compute,
    azure_environment,
    code,
    commands,
    pipeline,
)
from {{cookiecutter.package_name}}.training.azure import AzureError

from . import fake_azure, made

PIPELINE = Path("azure", "pipelines", "training.yml")
NEEDED = ("src", "azure", "environments", "pyproject.toml", "project.toml", "gate.toml", "levels.toml", ".amlignore")


@pytest.fixture(scope="session")
def library() -> ModuleType:
    """Azure's own, which takes seconds to read."""
    return azure.sdk()


@pytest.fixture(autouse=True)
def nobody_s_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    for names in azure.SETTINGS.values():
        for name in names[:2]:
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repo(root: Path, tmp_path: Path) -> Path:
    """A copy of this repo's files that Azure sees, to spoil."""
    copy = tmp_path / "repo"
    copy.mkdir()
    for name in NEEDED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, copy / name)
    return copy


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_azure.Azure]:
    """Azure in this process. Whatever it did not know is a failure."""
    found = fake_azure.Azure()
    fake_azure.intercept(found, monkeypatch)
    yield found
    assert found.unknown == []


@pytest.fixture
def client(library: ModuleType, fake: fake_azure.Azure) -> Any:
    return fake.client(library)


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def silent(_: str) -> None:
    return None


# --- the files, as Azure's library reads them


def messages(library: ModuleType, path: Path) -> dict[str, str]:
    """What the library has to say of a pipeline's file."""
    with azure.quiet():
        return dict(library.load_job(path)._validate().error_messages)


def test_every_file_is_one_that_azure_takes(library: ModuleType, root: Path) -> None:
    assert messages(library, root / PIPELINE) == {}
    with azure.quiet():
        for path in sorted((root / "azure" / "components").glob("*.yml")):
            assert library.load_component(path)._validate().error_messages == {}, path.name
        for path in sorted((root / "azure" / "compute").glob("*.yml")):
            assert library.load_compute(path).type == "amlcompute"
        environment = library.load_environment(root / azure_environment.FOLDER / "environment.yml")
    assert environment.image == azure_environment.IMAGE
    assert environment.conda_file["dependencies"][0] == f"python={azure_environment.PYTHON}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("settings:", "setings:", "setings"),
        ("      policy: $", "      # policy: $", "policy"),
        ("default_compute: azureml:training\n", "continue_on_step_failure: false\n", "compute"),
    ],
    ids=["an unknown key", "an input that is missing", "no compute"],
)
def test_a_fault_is_seen_by_the_library_too(library: ModuleType, repo: Path, old: str, new: str, said: str) -> None:
    replaced(repo / PIPELINE, old, new)
    if new.startswith("continue"):
        replaced(repo / PIPELINE, "  continue_on_step_failure: false\n", "")
    try:
        found = str(messages(library, repo / PIPELINE))
    except ValidationError as error:
        found = str(error)
    assert said in found


# --- one graph

Graph = dict[str, tuple[str, dict[str, str], dict[str, str]]]


def ours(path: Path) -> Graph:
    """Step -> (command, inputs, outputs) as the local runner has them."""
    steps = pipeline.load(path).steps
    return {name: (it.component.command, texts(it.inputs), texts(it.outputs)) for name, it in steps.items()}


def theirs(library: ModuleType, path: Path) -> Graph:
    """The same as Azure's library has them."""
    with azure.quiet():
        job = library.load_job(path)
        return {
            name: (it.component.command.strip(), texts(bound(it._build_inputs())), texts(bound(it._build_outputs())))
            for name, it in job.jobs.items()
        }


def bound(rows: dict[str, Any]) -> dict[str, Any]:
    return {name: it["path"] if isinstance(it, dict) else getattr(it, "path", it) for name, it in rows.items()}


def texts(rows: dict[str, Any]) -> dict[str, str]:
    """Without blanks: nothing hangs on them."""
    return {name: re.sub(r"\s", "", str(text)) for name, text in rows.items() if text is not None}


def test_both_executors_have_the_same_graph(library: ModuleType, root: Path) -> None:
    found = ours(root / PIPELINE)
    assert len(found) == 8
    assert theirs(library, root / PIPELINE) == found


CHANGES = {
    "a binding to another step": ("jobs.train.outputs.model", "jobs.split.outputs.train"),
    "a binding to another output": ("jobs.split.outputs.test", "jobs.split.outputs.train"),
    "another component": ("../components/gate.yml", "../components/split.yml"),
    "an output that goes nowhere": ("    outputs:\n      version:", "    environment_variables:\n      version:"),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_one_binding_changed_is_another_graph(library: ModuleType, root: Path, repo: Path, old: str, new: str) -> None:
    replaced(repo / PIPELINE, old, new)
    assert theirs(library, repo / PIPELINE) != ours(root / PIPELINE)


# --- what goes along


SECRETS = [
    ".env", "key.pem", "src/.env", "data/landed/day/part.parquet", "workspaces/dev/state.db", "models/a/model.skops",
    "handoff/model.skops", "notes.txt", ".venv/lib/x.py", ".git/config", "config.json", "scores.csv",
]  # fmt: skip


def test_a_job_gets_what_it_needs_and_no_data_model_or_secret(repo: Path) -> None:
    before = fake_azure.snapshot(repo)
    for name in SECRETS:
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text("secret", encoding="utf-8")
    sent = fake_azure.snapshot(repo)
    assert sent == before
    assert {"gate.toml", "project.toml", "pyproject.toml", "azure/mlops.py", "environments/training.lock"} <= sent
    assert {path.relative_to(repo).as_posix() for path in (repo / "src").rglob("*.py")} <= sent
    assert sum((repo / name).stat().st_size for name in sent) < 3_000_000


def test_a_snapshot_that_takes_too_much_is_seen(repo: Path) -> None:
    (repo / ".amlignore").write_text("", encoding="utf-8")
    (repo / ".env").write_text("secret", encoding="utf-8")
    assert ".env" in fake_azure.snapshot(repo)


@pytest.mark.integration
def test_a_step_runs_with_nothing_but_its_snapshot(repo: Path, tmp_path: Path) -> None:
    for name in fake_azure.snapshot(repo):
        (tmp_path / "job" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(repo / name, tmp_path / "job" / name)
    words = [sys.executable, "azure/mlops.py", "step", "gate", "--evaluation", "nowhere", "--out", "out"]
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(  # noqa: S603
        words, cwd=tmp_path / "job", env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert "nowhere" in ran.stderr
    assert "Traceback" not in ran.stderr


# --- submission


def committed(repo: Path) -> str:
    (repo / ".gitignore").write_text("/config.json\n/.azureml/\n", encoding="utf-8")
    return made.commit(repo, "first")


def test_a_job_is_submitted_with_its_code_environment_and_cause(
    repo: Path, client: Any, fake: fake_azure.Azure
) -> None:
    commit, said = committed(repo), list[str]()
    name = azure.submit(repo / PIPELINE, {}, echo=said.append, cause="nightly", client=client)
    assert said[0].startswith(f"submitted training as {name}: https://")
    (job,) = (body["properties"] for body in fake.sent("/jobs/"))
    assert set(job["jobs"]) == set(pipeline.load(repo / PIPELINE).order)
    assert job["jobs"]["gate"]["inputs"]["policy"]["value"].endswith("parent.inputs.policy}}"[:22])
    assert (job["tags"]["commit"], job["tags"]["cause"]) == (commit, "nightly")
    for step in job["jobs"].values():
        told = step["environment_variables"]
        assert told["MLOPS_CAUSE"] == "nightly"
        assert json.loads(told[code.TOLD]) == {"digest": code.digest(repo), "commit": commit, "changed": []}
    (environment,) = fake.sent("/environments/training/")
    assert environment["properties"]["image"] == azure_environment.IMAGE
    components = fake.sent("/components/")
    assert len(components) == 8
    versions = {it["properties"]["componentSpec"]["environment"].rpartition("/")[2] for it in components}
    assert versions == {path.rpartition("/")[2] for path in fake.kept if "/environments/training/versions/" in path}
    assert any(path.endswith("azure/mlops.py") for path in fake.uploaded())
    assert len([path for path in fake.uploaded() if path.endswith("training/azure.py")]) == 1, "uploaded once for all"


def test_each_submission_is_a_job_of_its_own(repo: Path, client: Any, fake: fake_azure.Azure) -> None:
    committed(repo)
    first, second = (azure.submit(repo / PIPELINE, {}, echo=silent, client=client) for _ in range(2))
    assert first != second
    assert len(fake.sent("/jobs/")) == 2


def test_inputs_are_handed_on(repo: Path, client: Any, fake: fake_azure.Azure) -> None:
    committed(repo)
    uri = "azureml://datastores/workspaceblobstore/paths/champion/"
    azure.submit(repo / PIPELINE, {"champion": uri}, echo=silent, client=client)
    assert fake.sent("/jobs/")[0]["properties"]["inputs"]["champion"] == {"uri": uri, "jobInputType": "uri_folder"}


@pytest.mark.parametrize(
    ("old", "new", "inputs", "said"),
    [
        ("jobs.split.outputs.test}}", "jobs.splt.outputs.test}}", {}, "no step 'splt'"),
        ("name: training", "name: training", {"champoin": "x"}, "'champoin' is no input"),
    ],
    ids=["a binding that leads nowhere", "an input that is none"],
)
def test_what_cannot_run_is_not_sent(
    repo: Path, client: Any, fake: fake_azure.Azure, old: str, new: str, inputs: dict[str, str], said: str
) -> None:
    replaced(repo / PIPELINE, old, new)
    committed(repo)
    with pytest.raises(pipeline.PipelineError, match=said):
        azure.submit(repo / PIPELINE, inputs, echo=silent, client=client)
    assert fake.sent("/jobs/") == []


def test_code_that_is_not_committed_is_not_sent_unless_allowed(repo: Path, client: Any, fake: fake_azure.Azure) -> None:
    committed(repo)
    replaced(repo / "project.toml", "seed = ", "seed = 1")
    with pytest.raises(AzureError, match=r"not committed: project\.toml"):
        azure.submit(repo / PIPELINE, {}, echo=silent, client=client)
    assert fake.calls == []
    azure.submit(repo / PIPELINE, {}, echo=silent, client=client, allow_uncommitted=True)
    told = fake.sent("/jobs/")[0]["properties"]["jobs"]["register"]["environment_variables"]
    assert told["MLOPS_ALLOW_UNCOMMITTED"] == "1"
    assert json.loads(told[code.TOLD])["changed"] == ["project.toml"]


def test_what_azure_refuses_is_told_in_its_own_words(repo: Path, client: Any, fake: fake_azure.Azure) -> None:
    committed(repo)
    fake.refuses = azure_environment.rendered(repo)["environment.yml"].split('"')[1]
    with pytest.raises(AzureError, match="the quota is used up"):
        azure.submit(repo / PIPELINE, {}, echo=silent, client=client)


def test_a_job_knows_its_code_by_what_it_was_told(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = committed(repo)
    monkeypatch.setenv(code.TOLD, code.state(repo).told())
    shutil.rmtree(repo / ".git")
    assert code.state(repo) == code.Code(code.digest(repo), commit, ())
    replaced(repo / "project.toml", "seed = ", "seed = 1")
    assert not code.state(repo).committed


# --- which workspace


def test_without_a_workspace_it_is_said_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(AzureError) as caught:
        azure.address(tmp_path)
    assert "AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP, AZURE_ML_WORKSPACE" in caught.value.fix


@pytest.mark.parametrize("name", azure.CONFIGS)
def test_the_config_of_azure_s_tools_is_read_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    config = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}
    (tmp_path / name).write_text(json.dumps(config), encoding="utf-8")
    assert azure.address(tmp_path) == azure.Address("s", "g", "w")
    monkeypatch.setenv("AZURE_ML_WORKSPACE", "other")
    assert azure.address(tmp_path).workspace == "other"


def test_a_job_finds_the_workspace_that_it_runs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _, of_job, key in azure.SETTINGS.values():
        monkeypatch.setenv(of_job, key)
    assert azure.address(tmp_path) == azure.Address("subscription_id", "resource_group", "workspace_name")


def test_a_config_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[", encoding="utf-8")
    with pytest.raises(AzureError, match="holds no JSON object"):
        azure.address(tmp_path)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "azure.ai" or name.startswith("azure.ai.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "azure.ai.ml", None)
    with pytest.raises(AzureError, match="not installed here") as caught:
        azure.sdk()
    assert ".[azure]" in caught.value.fix


def test_the_command_submits_with_its_cause(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.chdir(repo)
    monkeypatch.setattr(azure, "submit", lambda path, inputs, **told: asked.append((path, inputs, told)))
    words = ["pipeline", "run", "--platform", "azure", "--cause", "why", "--input", "champion=none"]
    ran = CliRunner().invoke(cli.main, words)
    assert ran.exit_code == 0, ran.output
    ((path, inputs, told),) = asked
    assert (path, inputs) == (repo / PIPELINE, {"champion": "none"})
    assert (told["cause"], told["allow_uncommitted"]) == ("why", False)
    assert commands.pipeline_group.commands["run"] is not None


# --- what it needs


def test_the_preflight_says_what_the_quota_must_have(root: Path) -> None:
    lines = azure_compute.preflight(root, "training")
    assert lines[-1] == "8 vCPUs in all"
    assert "quota needed: 8 vCPUs, Standard Dsv3 family; at most 1 steps run at once" in lines


COMPUTE = Path("azure", "compute", "training.yml")
COSTLY = {
    "a machine that never stops": ("min_instances: 0", "min_instances: 1", "min_instances is 1"),
    "no limit": ("max_instances: 2", "max_instances: 0", "max_instances is 0"),
    "idle for a day": (": 300 #", ": 86400 #", "idle_time_before_scale_down is 86400"),
    "somebody's own machine": ("type: amlcompute", "type: computeinstance", "nobody's own machine"),
    "a size that says nothing": ("Standard_D4s_v3", "Standard_DS3_v2", "size is 'Standard_DS3_v2'"),
    "a tier that is none": ("tier: dedicated", "tier: cheap", "tier is 'cheap'"),
    "a door that is open": (
        "tier: dedicated",
        "tier: dedicated\nssh_public_access_enabled: true",
        "'ssh_public_access_enabled' is no key",
    ),
    "another name": ("name: training", "name: other", "is called 'other'"),
}


@pytest.mark.parametrize(("old", "new", "said"), COSTLY.values(), ids=COSTLY)
def test_a_cluster_that_costs_too_much_is_refused(repo: Path, old: str, new: str, said: str) -> None:
    replaced(repo / COMPUTE, old, new)
    with pytest.raises(azure_compute.ComputeError) as caught:
        azure_compute.preflight(repo, "training")
    assert said in caught.value.problem


def test_a_cluster_that_is_not_there_is_named(repo: Path) -> None:
    replaced(repo / PIPELINE, "azureml:training", "azureml:elsewhere")
    with pytest.raises(azure_compute.ComputeError, match="runs on 'elsewhere'"):
        azure_compute.preflight(repo, "training")


@pytest.mark.parametrize(
    ("size", "cpus", "family"),
    [("Standard_D4s_v3", 4, "Dsv3"), ("Standard_E64ds_v5", 64, "Edsv5"), ("Standard_E8-4ds_v5", 8, "Edsv5")],
)
def test_the_name_of_a_size_says_its_cpus(repo: Path, size: str, cpus: int, family: str) -> None:
    replaced(repo / COMPUTE, "Standard_D4s_v3", size)
    found = azure_compute.load(repo / COMPUTE)
    assert (found.cpus, found.family) == (cpus, family)
