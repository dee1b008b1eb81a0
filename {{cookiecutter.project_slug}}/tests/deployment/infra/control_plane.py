"""The training tests' stand-in for Azure, with what infrastructure and promotion need: a registry, downloads.

A workspace comes from a template, as the SDK makes it; a registry is found by its discovery address; sharing copies an
asset with its files. Nothing leaves the process, and what is not known here is refused and noted in `unknown`.
"""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from training.fake_azure import BLOBS, GROUP, SERVICE, SUBSCRIPTION, WORKSPACE, Answer, Azure, whole

MANAGEMENT, STORE, SHARED = "https://management.azure.com", "azureml", "shared"
REGISTRY = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/{SERVICE}/registries/shared-registry"
ASSET = re.compile(r"azureml://locations/[^/]+/workspaces/([^/]+)/(\w+)/([^/]+)/versions/(.+)")
__all__ = ["GROUP", "REGISTRY", "SERVICE", "STORE", "SUBSCRIPTION", "WORKSPACE", "Plane", "standing"]


class Plane(Azure):
    """Azure, as far as these tests need it; `forbids` are its words where it lets nobody do anything."""

    forbids = ""

    @property
    def written(self) -> list[str]:
        """The paths that were written to."""
        return [path for method, path, _ in self.calls if method in ("PUT", "PATCH") or path.endswith("/import")]

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        made = super().put(path, body)
        if found := re.search(r"/registries/([^/]+)/(\w+)/([^/]+)/versions/([^/]+)$", path):
            made["id"] = f"azureml://registries/{found[1]}/{found[2]}/{found[3]}/versions/{found[4]}"
        if "/workspaces/" in path and path.count("/") == WORKSPACE.count("/"):
            made["properties"]["workspaceId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, path.lower()))
        return made

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if self.forbids:
            return 403, {"error": {"code": "AuthorizationFailed", "message": self.forbids}}
        if found := re.fullmatch(r"/registrymanagement/v1.0/registries/([^/]+)/discovery", path):
            return 200, discovery(found[1])
        path = path.removeprefix("/mferp/managementfrontend")
        if re.search(r"/deployments/[^/]+/operations$", path):
            return 200, {"value": []}
        if "/Microsoft.Resources/deployments/" in path:
            return self.template(method, path, body)
        if method == "PATCH":
            self.calls.append((method, path, body))
            merge(self.kept[path.lower()], body)
            return 200, self.kept[path.lower()]
        if method == "POST" and path.endswith("/import"):
            self.calls.append((method, path, body))
            return self.shared(path.removesuffix("/import"), body["properties"])
        if method == "POST" and "/datarefs/" in path:
            credential = {"credentialType": "SAS", "sasUri": f"https://{BLOBS}/{SHARED}?sig=s"}
            return 200, {"blobReferenceForConsumption": {"blobUri": body["blobUri"], "credential": credential}}
        return super().answer(method, path, query, body)

    def template(self, method: str, path: str, body: Any) -> Answer:
        """The template by which the SDK makes a workspace."""
        if method == "PUT":
            self.calls.append((method, path, None))
            given = {key: it.get("value") for key, it in body["properties"].get("parameters", {}).items()}
            about = {"description": given.get("description"), "friendlyName": given.get("friendlyName")}
            public = {"publicNetworkAccess": given.get("publicNetworkAccess") or "Enabled"}
            made = {
                "location": given["location"],
                "tags": given.get("tagValues") or {},
                "properties": {**about, **public},
            }
            self.put(f"{path.partition('/providers/')[0]}/{SERVICE}/workspaces/{given['workspaceName']}", made)
            self.kept[path.lower()] = {"id": path, "properties": {"provisioningState": "Succeeded"}}
        if path.lower() in self.kept:
            return 200, self.kept[path.lower()]
        return 404, {"error": {"code": "DeploymentNotFound", "message": path}}

    def shared(self, registry: str, asked: Mapping[str, str]) -> Answer:
        """Copy an asset of a workspace into a registry, with its files."""
        found = ASSET.fullmatch(asked["sourceAssetId"])
        assert found
        (owner,) = [key for key, it in self.kept.items() if it["properties"].get("workspaceId") == found[1]]
        made = json.loads(json.dumps(self.kept[f"{owner}/{found[2]}/{found[3]}/versions/{found[4]}".lower()]))
        for key in ("modelUri", "dataUri"):
            if key in made["properties"]:
                made["properties"][key] = self.copied(made["properties"][key])
        self.put(f"{registry}/{found[2]}/{asked['destinationName']}/versions/{asked['destinationVersion']}", made)
        return 200, {}

    def copied(self, address: str) -> str:
        """The files below an address, in the registry's own store; gives their address there."""
        prefix = address.partition("/paths/")[2]
        for name in [it for it in self.blobs if it.startswith(f"/{STORE}/{prefix}")]:
            self.blobs[name.replace(STORE, SHARED, 1)] = self.blobs[name]
        return f"https://{BLOBS}/{SHARED}/{prefix}"

    def blob(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if method != "GET":
            return super().blob(method, path, query, body)
        if query.get("comp") != "list":
            return (200, self.blobs[path]) if path in self.blobs else (404, b"")
        names = [name for name in sorted(self.blobs) if name.startswith(f"{path}/{query.get('prefix', '')}")]
        rows = "".join(row(name.removeprefix(f"{path}/"), len(self.blobs[name])) for name in names)
        return 200, f'<?xml version="1.0"?><EnumerationResults><Blobs>{rows}</Blobs></EnumerationResults>'.encode()


def row(name: str, size: int) -> str:
    """A file in a list of them."""
    about = f"<Content-Length>{size}</Content-Length><Etag>1</Etag><BlobType>BlockBlob</BlobType>"
    return f"<Blob><Name>{name}</Name><Properties>{about}</Properties></Blob>"


def discovery(name: str) -> dict[str, Any]:
    """Where a registry is."""
    where = {"primaryRegion": "westeurope", "primaryRegionResourceProviderUri": f"{MANAGEMENT}/"}
    owner = {"subscriptionId": SUBSCRIPTION, "resourceGroup": GROUP}
    return {"registryName": name, "resourceProviderUri": MANAGEMENT, **where, **owner}


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


@contextmanager
def standing() -> Iterator[Plane]:
    """The plane answers whatever the SDK sends. At the end nothing may have been asked that it does not know."""
    plane = Plane()

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        parts, sent = urlsplit(str(request.url)), whole(request.body)
        path, query = re.sub("/+", "/", unquote(parts.path)), dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.netloc == BLOBS:
            status, told = plane.blob(str(request.method), path, query, sent)
        else:
            status, told = plane.answer(str(request.method), path, query, json.loads(sent) if sent else None)
        data = told if isinstance(told, bytes) else json.dumps(told).encode()
        kind = "application/xml" if data.startswith(b"<?xml") else "application/json"
        headers = {"Content-Type": kind, "Content-Length": str(len(data)), "ETag": '"1"', "x-ms-version": "2020-10-02"}
        headers |= {"Content-Range": f"bytes 0-{max(len(data) - 1, 0)}/{len(data)}", "x-ms-blob-type": "BlockBlob"}
        headers |= {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "x-ms-request-id": "1"}
        raw = urllib3.HTTPResponse(io.BytesIO(data), headers=headers, status=status, preload_content=False)
        return adapter.build_response(request, raw)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", send)
        yield plane
    assert plane.unknown == []
