"""The endpoint through Azure's own library, against a control plane in this process that has Azure's rules."""

from __future__ import annotations

import importlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from training import fake_azure

from {{cookiecutter.package_name}}.deployment.serving import state
from {{cookiecutter.package_name}}.deployment.serving.azure import AzureEndpoint
from {{cookiecutter.package_name}}.deployment.serving.rules import TrafficError
from {{cookiecutter.package_name}}.training import azure
from {{cookiecutter.package_name}}.training.azure import AzureError

from .test_state import RULES

MODEL = "azureml://registries/shared/models/model/versions/"
DEPLOYMENT: dict[str, Any] = {
    "location": "westeurope",
    "tags": {},
    "sku": {"name": "Default", "capacity": 1},
    "properties": {
        "endpointComputeType": "Managed",
        "scaleSettings": {"scaleType": "Default"},
        "model": f"{MODEL}1",
        "instanceType": "x",
    },
}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")


class Azure(fake_azure.Azure):
    """It refuses traffic as the service does, and can delete."""

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> fake_azure.Answer:
        found = re.search(r"/onlineendpoints/([^/]+)(/deployments/([^/]+))?$", path.lower())
        if method == "PUT" and found and not found[2]:
            wrong = self.refusal(path.lower(), body["properties"])
            if wrong:
                return 400, {"error": {"code": "BadRequest", "message": wrong}}
        if method == "DELETE" and found:
            self.calls.append((method, path, body))
            self.kept.pop(path.lower(), None)
            return 200, {}
        return super().answer(method, path, query, body)

    def refusal(self, path: str, properties: dict[str, Any]) -> str:
        """What the service says of traffic that cannot be."""
        traffic, mirror = properties.get("traffic") or {}, properties.get("mirrorTraffic") or {}
        there = {name.rpartition("/")[2] for name in self.kept if name.startswith(f"{path}/deployments/")}
        if {*traffic, *mirror} - there:
            return "no such deployment"
        if sum(traffic.values()) not in (0, 100) or min([0, *traffic.values()]) < 0:
            return "traffic must sum to 0 or 100"
        copied = {name: share for name, share in mirror.items() if share}
        if len(copied) > 1 or any(share > 50 for share in copied.values()):
            return "mirror traffic is for one deployment, 50 % at most"
        return "live or mirrored, not both" if any(traffic.get(name) for name in copied) else ""


@pytest.fixture(scope="session")
def library() -> ModuleType:
    return azure.sdk()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    found = Azure()
    fake_azure.intercept(found, monkeypatch)
    transport = importlib.import_module("azure.core.pipeline.transport").RequestsTransport
    monkeypatch.setattr(transport, "sleep", lambda *_: None)  # between two looks at what takes long
    yield found
    assert found.unknown == []


@pytest.fixture(scope="module")
def repo(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is uploaded as code, and not whatever else lies in this repo."""
    copy = tmp_path_factory.mktemp("repo")
    shutil.copyfile(root / ".amlignore", copy / ".amlignore")
    for name in ("azure", "src"):
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def endpoint(library: ModuleType, fake: Azure, repo: Path) -> AzureEndpoint:
    made_one = AzureEndpoint(repo, fake.client(library), "predictions-of-a-test")
    made_one.ensure()
    return made_one


def put(fake: Azure, endpoint: AzureEndpoint, *names: str) -> None:
    """Deployments that are there already: to send one takes seconds."""
    for name in names:
        fake.put(f"{fake_azure.WORKSPACE}/onlineEndpoints/{endpoint.name}/deployments/{name}", DEPLOYMENT)


def test_a_release_as_azure_sees_it(endpoint: AzureEndpoint, fake: Azure) -> None:
    put(fake, endpoint, "blue")
    endpoint.deploy("green", f"{MODEL}2", "2" * 64)
    endpoint.route({"blue": 100}, {"green": 50})
    assert (endpoint.current().traffic, endpoint.current().mirror) == ({"blue": 100}, {"green": 50})
    for share in (5, 25, 100):
        endpoint.route({"blue": 100 - share, "green": share})
        assert endpoint.current().traffic == state.positive({"blue": 100 - share, "green": share})
    endpoint.remove("blue")
    found = endpoint.current()
    assert set(found.deployments) == {"green"}
    assert found.deployments["green"] == state.Deployment("green", "2", "2" * 64, f"{MODEL}2")
    sent = fake.sent("/deployments/")[-1]["properties"]
    assert sent["model"] == f"{MODEL}2"
    assert set(sent["dataCollector"]["collections"]) == {"model_inputs", "model_outputs"}


def test_an_endpoint_that_is_there_keeps_its_traffic(endpoint: AzureEndpoint, fake: Azure) -> None:
    put(fake, endpoint, "blue")
    endpoint.route({"blue": 100})
    endpoint.ensure()
    assert endpoint.current().traffic == {"blue": 100}


@pytest.mark.parametrize(
    ("names", "traffic", "mirror", "refused"), [it[1:] for it in RULES], ids=[it[0] for it in RULES]
)
def test_azure_has_the_rules_that_we_have(
    endpoint: AzureEndpoint, fake: Azure, names: list[str], traffic: Any, mirror: Any, refused: str
) -> None:
    """One table for both: what is taken here is taken there; what is refused here never gets there."""
    put(fake, endpoint, *names)
    before = len(fake.calls)
    if not refused:
        endpoint.route(traffic, mirror)
        assert endpoint.current().traffic == state.positive(traffic)
        assert endpoint.current().mirror == state.positive(mirror)
        return
    with pytest.raises(TrafficError, match=refused):
        endpoint.route(traffic, mirror)
    assert not [call for call in fake.calls[before:] if call[0] == "PUT"]


@pytest.mark.parametrize(
    "row", [it for it in RULES if it[4] and "not whole" not in it[0] and "truth" not in it[0]], ids=lambda it: it[0]
)
def test_the_control_plane_would_refuse_them(fake: Azure, row: tuple[str, list[str], Any, Any, str]) -> None:
    """Without our own check the same table is refused by it: the two agree."""
    _, names, traffic, mirror, _ = row
    path = f"{fake_azure.WORKSPACE}/onlineEndpoints/e".lower()
    for name in names:
        fake.put(f"{path}/deployments/{name}", {"properties": {}})
    if row[0] != "a zero for nobody":
        assert fake.refusal(path, {"traffic": traffic, "mirrorTraffic": mirror})


def test_live_traffic_is_not_removed_and_a_mirror_ends_first(endpoint: AzureEndpoint, fake: Azure) -> None:
    put(fake, endpoint, "blue", "green")
    endpoint.route({"blue": 100}, {"green": 10})
    with pytest.raises(TrafficError, match="blue gets 100 %"):
        endpoint.remove("blue")
    endpoint.remove("green")
    assert (set(endpoint.current().deployments), endpoint.current().mirror) == ({"blue"}, {})


def test_what_azure_refuses_is_told(endpoint: AzureEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "route", lambda *_: lambda now: now)
    monkeypatch.setattr(Azure, "refusal", lambda *_: "the quota is used up")
    with pytest.raises(AzureError, match="does not take the traffic"):
        endpoint.route({})
