"""Azure's control plane in this process: the real library talks to it, and what it sent can be looked at.

A generic store of resources (what is put can be got, listed and changed), the few actions that the library needs, and
blobs. It refuses what it does not know. What the service itself would refuse (rights, quota, an image that does not
build) it cannot tell.
"""

from __future__ import annotations

import base64
import io
import json
import re
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import requests
import urllib3

SUBSCRIPTION, GROUP, NAME = "00000000-0000-0000-0000-000000000000", "rg", "dev"
SERVICE = "providers/Microsoft.MachineLearningServices"
WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/{SERVICE}/workspaces/{NAME}"
BLOBS = "store.blob.core.windows.net"
AT = "2026-01-01T00:00:00.0000000Z"
Answer = tuple[int, Any]


class Credential:
    """Somebody who is signed in; the library reads tenant and audience from the token, unverified."""

    def get_token(self, *scopes: str, **_: Any) -> Any:
        from azure.core.credentials import AccessToken

        audience = scopes[0].removesuffix("/.default") if scopes else ""
        parts = [{"alg": "none"}, {"tid": str(uuid.UUID(int=15)), "oid": "me", "aud": audience}]
        coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
        return AccessToken(".".join([*coded, "sig"]), int(time.time()) + 3600)


@dataclass
class Azure:
    """What it holds, by lower-case id; what was asked; what it did not know."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refuses: str = ""  # a PUT whose path ends so

    def __post_init__(self) -> None:
        self.put(WORKSPACE, {"location": "westeurope", "kind": "Default", "sku": {"name": "Basic"}})
        store = {"datastoreType": "AzureBlob", "isDefault": True, "accountName": "store", "containerName": "azureml"}
        more = {"endpoint": "core.windows.net", "protocol": "https", "credentials": {"credentialsType": "Sas"}}
        self.put(f"{WORKSPACE}/datastores/workspaceblobstore", {"properties": {**store, **more}})

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Keep a resource as the service answers with it."""
        made: dict[str, Any] = json.loads(json.dumps(body))
        kinds = path.rpartition("/providers/")[2].split("/")
        made |= {"id": path, "name": kinds[-1], "type": "/".join([kinds[0], *kinds[1::2]])}
        made["systemData"] = {"createdAt": AT, "createdBy": "me", "createdByType": "User", "lastModifiedAt": AT}
        properties = made.setdefault("properties", {})
        properties.setdefault("provisioningState", "Succeeded")
        if kinds[-2] == "jobs":
            studio = {"endpoint": f"https://studio.example/runs/{kinds[-1]}", "jobServiceType": "Studio"}
            properties |= {"status": "NotStarted", "services": {"Studio": studio}}
        if kinds[-2] == "versions":
            properties.setdefault("flavors", {})
            holder = path.rpartition("/versions/")[0]
            self.kept.setdefault(holder.lower(), {"id": holder, "name": kinds[-3], "properties": {}})
            self.kept[holder.lower()]["properties"] |= {"latestVersion": kinds[-1], "nextVersion": following(kinds[-1])}
        self.kept[path.lower()] = made
        return made

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """As the service would."""
        self.calls.append((method, path, body))
        if method == "POST":
            return self.action(path)
        if method == "PUT":
            if self.refuses and path.lower().endswith(self.refuses):
                return 400, {"error": {"code": "Refused", "message": "the quota is used up"}}
            if "/jobs/" in path and path.lower() in self.kept:
                return 409, {"error": {"code": "Conflict", "message": f"{path} is there already"}}
            return 201 if path.lower() not in self.kept else 200, self.put(path, body)
        if method == "GET":
            return self.got(path, query)
        self.unknown.append(f"{method} {path}")
        return 501, {"error": {"code": "Unknown", "message": path}}

    def got(self, path: str, query: dict[str, str]) -> Answer:
        """A resource, or all of a kind."""
        key = path.lower()
        if key in self.kept:
            return 200, self.kept[key]
        if len(key.rpartition("/providers/")[2].split("/")) % 2 == 0:
            below = [it for name, it in self.kept.items() if re.fullmatch(re.escape(key) + "/[^/]+", name)]
            return 200, {"value": self.same_code(query["hash"]) if "hash" in query else below}
        return 404, {"error": {"code": "ResourceNotFound", "message": f"{path} was not found"}}

    def same_code(self, digest: str) -> list[dict[str, Any]]:
        """Code that was uploaded before, under whatever name."""
        return [it for name, it in self.kept.items() if "/codes/" in name and digest in json.dumps(it["properties"])]

    def action(self, path: str) -> Answer:
        """What is asked of a resource."""
        kind, place = path.lower().rpartition("/")[2], uuid.uuid4()
        if kind == "startpendingupload":
            uri = f"https://{BLOBS}/upload-{place}"
            signed = {"credentialType": "SAS", "sasUri": f"{uri}?sig=s"}
            return 200, {
                "blobReferenceForConsumption": {"blobUri": uri, "credential": signed},
                "pendingUploadId": str(place),
            }
        if kind == "listsecrets":
            return 200, {"secretsType": "Sas", "sasToken": "sig=s"}  # pragma: allowlist secret
        self.unknown.append(f"POST {path}")
        return 501, {"error": {"code": "Unknown", "message": path}}

    def blob(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        """Files, whole."""
        if method == "PUT" and query.get("comp") == "metadata":
            return 200, b""
        if method == "PUT":
            self.blobs[path] = body
            return 201, b""
        below = [name for name in self.blobs if name.startswith(path)]
        return (200, b"") if method == "HEAD" and path in self.blobs else (404 if not below else 200, b"")

    def client(self, library: Any) -> Any:
        """The real client for the workspace; its requests end here once they are intercepted."""
        return library.MLClient(Credential(), SUBSCRIPTION, GROUP, NAME, enable_telemetry=False, show_progress=False)

    def sent(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the PUTs of a kind, such as `/jobs/`."""
        return [body for method, path, body in self.calls if method == "PUT" and kind in path]

    def uploaded(self) -> set[str]:
        """The files of all uploads, by their path in it."""
        return {name.strip("/").partition("/")[2] for name in self.blobs}


def following(version: str) -> str:
    return str(int(version) + 1) if version.isdecimal() else ""


def intercept(fake: Azure, patch: pytest.MonkeyPatch) -> None:
    """Let every request of Azure's libraries end in `fake`; nothing leaves this process."""

    def send(adapter: Any, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        query, path = dict(parse_qsl(parts.query, keep_blank_values=True)), re.sub("/+", "/", unquote(parts.path))
        content = whole(request.body)
        if parts.netloc == BLOBS:
            status, told = fake.blob(str(request.method), path, query, content)
        else:
            status, told = fake.answer(str(request.method), path, query, json.loads(content) if content else None)
        data = told if isinstance(told, bytes) else json.dumps(told).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            "ETag": '"1"',
            "x-ms-request-id": "1",
        }
        headers |= {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "x-ms-version": "2020-10-02"}
        raw = urllib3.HTTPResponse(io.BytesIO(data), headers, status=status, preload_content=False)
        return adapter.build_response(request, raw)  # type: ignore[no-any-return]

    patch.setattr(requests.adapters.HTTPAdapter, "send", send)


def whole(body: Any) -> bytes:
    """A request's body, however it is handed over."""
    if body is None:
        return b""
    if hasattr(body, "read"):
        return bytes(body.read())
    return body.encode() if isinstance(body, str) else bytes(body)


def snapshot(root: Path) -> set[str]:
    """The files that Azure's library would upload of a repo, by its own reading of .amlignore."""
    from azure.ai.ml._utils._asset_utils import get_ignore_file, get_upload_files_from_folder

    found = get_upload_files_from_folder(root, ignore_file=get_ignore_file(root))
    return {Path(path).relative_to(root).as_posix() for path, _ in found}
