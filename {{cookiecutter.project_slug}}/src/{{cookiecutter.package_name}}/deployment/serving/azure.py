"""The same endpoint on Azure Machine Learning, by Azure's own library: deployments from the files, the same rules.

A deployment is ready when Azure has provisioned it. Azure deals each request by chance: who must always come to the
same deployment says so by the header that names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...training.azure import asked, quiet, sdk
from . import rules, state
from .state import Deployment, State

FOLDER = Path("azure", "endpoints")
FILES = ("blue", "green")


class AzureEndpoint:
    """A managed online endpoint; `client` is an `MLClient` of its workspace."""

    def __init__(self, root: Path, client: Any, name: str) -> None:
        self.root, self.client, self.name = root, client, name

    def ensure(self) -> None:
        """The endpoint itself, as its file has it; one that is there keeps its traffic."""
        with quiet():
            wanted = sdk().load_online_endpoint(
                self.root / FOLDER / "endpoint.yml", params_override=[{"name": self.name}]
            )
        if self.name not in {it.name for it in self.client.online_endpoints.list()}:
            with asked("make the endpoint"):
                self.client.online_endpoints.begin_create_or_update(wanted).result()

    def current(self) -> State:
        """Its deployments and traffic. `digest` and `folder` are what the deployment's tags say, where they do."""
        with asked("tell of the endpoint"):
            endpoint = self.client.online_endpoints.get(self.name)
            found = [*self.client.online_deployments.list(self.name)]
        deployments = {it.name: deployment(it) for it in found}
        traffic, mirror = endpoint.traffic or {}, endpoint.mirror_traffic or {}
        return State(0, deployments, state.positive(traffic), state.positive(mirror))

    def deploy(self, name: str, model: str, digest: str) -> None:
        """Put a registered model, such as `azureml://registries/...`, behind `name`; it gets no traffic by that."""
        rules.check_name(name)
        tags = {"model_sha256": digest}
        named = {"name": name, "endpoint_name": self.name, "model": model, "tags": tags}
        with asked("take the deployment"):
            wanted = sdk().load_online_deployment(self.root / FOLDER / f"{FILES[0]}.yml", params_override=[named])
            self.client.online_deployments.begin_create_or_update(wanted).result()

    def route(self, traffic: Mapping[str, int], mirror: Mapping[str, int] | None = None) -> None:
        """Divide the requests. Raises `TrafficError` before anything is sent where Azure would refuse."""
        now = self.current()
        after = state.route(traffic, mirror)(now)
        with asked("take the traffic"):
            endpoint = self.client.online_endpoints.get(self.name)
            every = {name: after.traffic.get(name, 0) for name in now.deployments}
            endpoint.traffic, endpoint.mirror_traffic = every, dict(after.mirror)
            self.client.online_endpoints.begin_create_or_update(endpoint).result()

    def remove(self, name: str) -> None:
        """Take a deployment away. Raises `TrafficError` where it has live traffic."""
        now = self.current()
        rules.check_removal(name, now.deployments, now.traffic)
        if name in now.mirror:
            self.route(now.traffic)
        with asked("remove the deployment"):
            self.client.online_deployments.begin_delete(name, self.name).result()


def deployment(it: Any) -> Deployment:
    """A deployment as Azure has it."""
    model = str(it.model)
    return Deployment(
        it.name, model.rstrip("/").rpartition("/")[2], str((it.tags or {}).get("model_sha256", "")), model
    )
