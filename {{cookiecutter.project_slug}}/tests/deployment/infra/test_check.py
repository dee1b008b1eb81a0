"""What can be wrong with the files of azure/infra is found without Azure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.infra import check
from {{cookiecutter.package_name}}.deployment.infra.target import InfraError


def test_the_files_of_this_repo_are_sound(root: Path) -> None:
    found = check.run(root)
    assert "azure/infra/registry.yml" in found
    assert {
        f"azure/infra/{env}/{kind}.yml" for env in ("dev", "test", "prod") for kind in ("workspace", "compute")
    } <= {*found}


def change(name: str, before: str, after: str) -> Callable[[Path], None]:
    def spoil(repo: Path) -> None:
        path = repo / name
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")

    return spoil


DEV, REGISTRY, CLUSTER = "azure/infra/dev/", "azure/infra/registry.yml", "azure/compute/training.yml"
SAME = "training: {}"
WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "a key that is none": (change(CLUSTER, "max_instances", "most_instances"), "most_instances"),
    "a value that is none": (change(f"{DEV}compute.yml", SAME, "training: { tier: cheap }"), "tier"),
    "a cluster that is none": (change(f"{DEV}compute.yml", SAME, "gpus: {}"), "changes 'gpus', which is no cluster"),
    "no YAML": (change(f"{DEV}workspace.yml", "tags: {", "tags: ["), "workspace.yml"),
    "overrides that are no YAML": (change(f"{DEV}compute.yml", SAME, "training: ["), "compute.yml is not YAML"),
    "a name in the file": (change(f"{DEV}workspace.yml", "description:", "name: ours\ndescription:"), "says `name`"),
    "a location in the file": (
        change(REGISTRY, "description:", "location: westeurope\ndescription:"),
        "says `location`",
    ),
    "an id of a subscription": (
        change(f"{DEV}workspace.yml", "managed-by", "id-12345678-1234-1234-1234-123456789abc"),
        "holds an id or a secret",
    ),
    "more at least than at most": (
        change(f"{DEV}compute.yml", SAME, "training: { min_instances: 9 }"),
        "is above max_instances 2",
    ),
    "another size than elsewhere": (
        change(f"{DEV}compute.yml", SAME, "training: { size: Standard_F4s_v2 }"),
        "azure.compute.training.size is",
    ),
    "a cluster that nobody declares": (
        change("azure/pipelines/training.yml", "azureml:training", "azureml:gpus"),
        "runs on gpus, which azure/compute does not declare",
    ),
    "a missing file": (lambda repo: (repo / DEV / "compute.yml").unlink(), "compute.yml does not exist"),
    "a workspace on Azure without files": (
        lambda repo: (repo / "workspaces.toml").write_text("[workspace.far]\nplatform = 'azure'\n", encoding="utf-8"),
        "workspace far is on azure",
    ),
}


@pytest.mark.parametrize(("spoil", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(repo: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(repo)
    with pytest.raises(InfraError) as caught:
        check.run(repo)
    assert said in caught.value.problem


def test_the_command_lists_what_it_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    ran = CliRunner().invoke(cli.main, ["infra", "check"])
    assert ran.exit_code == 0, ran.output
    assert "azure/infra/prod/workspace.yml" in ran.output
