"""An apply makes what is missing, changes what differs, and does nothing the second time. The SDK is the real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.infra import apply, target
from {{cookiecutter.package_name}}.deployment.infra.target import InfraError
from {{cookiecutter.package_name}}.training.azure import AzureError

from .control_plane import GROUP, SERVICE, SUBSCRIPTION, Plane

SPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/{SERVICE}/workspaces/new".lower()
CLUSTER = f"{SPACE}/computes/training"


def actions(root: Path, env: str = "dev", *, what_if: bool = False) -> list[str]:
    return [step.action for step in apply.run(root, env, what_if=what_if)]


def nodes(plane: Plane) -> int:
    """How many machines the cluster may have."""
    return int(plane.kept[CLUSTER]["properties"]["properties"]["scaleSettings"]["maxNodeCount"])


def change(repo: Path, name: str, before: str, after: str) -> None:
    path = repo / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_what_is_missing_is_made_and_the_second_time_nothing_happens(root: Path, fresh: Plane) -> None:
    assert actions(root) == ["create", "create"]
    made = fresh.kept[SPACE]
    assert (made["location"], made["properties"]["friendlyName"]) == ("westeurope", "dev")
    assert nodes(fresh) == 2
    before = len(fresh.written)
    assert actions(root) == ["keep", "keep"]
    assert len(fresh.written) == before


def test_a_workspace_may_differ_in_its_cluster(root: Path, fresh: Plane) -> None:
    actions(root, "prod")
    assert nodes(fresh) == 4


def test_asking_what_if_changes_nothing(root: Path, fresh: Plane) -> None:
    assert actions(root, what_if=True) == ["create", "create"]
    assert fresh.written == []


def test_what_differs_is_changed_and_only_that(repo: Path, fresh: Plane) -> None:
    actions(repo)
    change(repo, "azure/infra/dev/compute.yml", "training: {}", "training: { max_instances: 7 }")
    steps = apply.run(repo, "dev")
    assert [step.action for step in steps] == ["keep", "change"]
    assert steps[1].why == ("max_instances: 2 -> 7",)
    assert nodes(fresh) == 7
    assert actions(repo) == ["keep", "keep"]


def test_a_workspace_that_others_changed_is_brought_back_and_keeps_their_tags(root: Path, fresh: Plane) -> None:
    actions(root)
    fresh.kept[SPACE]["properties"]["publicNetworkAccess"] = "Disabled"
    fresh.kept[SPACE]["tags"]["cost-center"] = "42"
    assert actions(root) == ["change", "keep"]
    assert fresh.kept[SPACE]["properties"]["publicNetworkAccess"] == "Enabled"
    assert actions(root) == ["keep", "keep"]


def test_what_can_only_be_made_anew_is_refused(repo: Path, fresh: Plane) -> None:
    actions(repo)
    change(repo, "azure/compute/training.yml", "Standard_D4s_v3", "Standard_NC6s_v3")
    before = len(fresh.written)
    with pytest.raises(InfraError, match="size: standard_d4s_v3 -> standard_nc6s_v3"):
        apply.run(repo, "dev")
    assert len(fresh.written) == before


def test_the_registry_is_made_once(root: Path, plane: Plane) -> None:
    assert actions(root, "registry") == ["create"]
    (key,) = [key for key in plane.kept if key.endswith("/registries/shared-registry")]
    assert [it["location"] for it in plane.kept[key]["properties"]["regionDetails"]] == ["westeurope"]
    assert actions(root, "registry") == ["keep"]


def test_names_come_from_the_environment_and_are_asked_for(
    root: Path, plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_ML_WORKSPACE")
    monkeypatch.delenv("AZURE_LOCATION")
    with pytest.raises(InfraError, match="not set: AZURE_LOCATION, AZURE_ML_WORKSPACE"):
        apply.run(root, "dev")
    assert plane.calls == []


def test_a_refusal_of_azure_is_told_in_its_words(root: Path, plane: Plane) -> None:
    plane.forbids = "the identity may not read this"
    with pytest.raises(AzureError, match="the identity may not read this"):
        apply.run(root, "dev")


def test_an_environment_that_is_none_is_told(root: Path, plane: Plane) -> None:
    with pytest.raises(InfraError, match="staging") as caught:
        apply.run(root, "staging")
    assert "dev, prod, test, registry" in caught.value.fix
    assert plane.calls == []


def test_without_the_library_it_says_which_extra(root: Path, plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.ai.ml", None)
    with pytest.raises(AzureError, match="is not installed") as caught:
        apply.run(root, "dev")
    assert "extra" in caught.value.fix
    assert plane.calls == []


def test_the_command_says_what_it_would_do(root: Path, fresh: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    ran = CliRunner().invoke(cli.main, ["infra", "apply", "--env", "dev", "--what-if"])
    assert ran.exit_code == 0, ran.output
    assert "create workspace new: is not there" in ran.output
    assert "2 of 2 would be made or changed" in ran.output
    assert fresh.written == []


def test_no_variable_is_a_secret() -> None:
    assert not any(
        word in name for name in target.VARIABLES.values() for word in ("SECRET", "KEY", "PASSWORD", "TOKEN")
    )
