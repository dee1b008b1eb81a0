"""`azure/events.yml` is what Azure's own management client takes, and applying it twice is as applying it once."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
import yaml
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.eventgrid import EventGridManagementClient
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.events import schemas, subscriptions, webhook
from {{cookiecutter.package_name}}.events.bus import BusError
from {{cookiecutter.package_name}}.events.subscriptions import Target

GROUP = "/subscriptions/1/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/dev"
TARGET = Target(WORKSPACE, "westeurope", "https://hooks.example/events", "secret")


@pytest.fixture
def declared(root: Path) -> Path:
    """This repo's own file, whatever the user made of it."""
    return root / subscriptions.FILE


class Arm(requests.adapters.BaseAdapter):
    """Azure's resource manager in this process: it keeps what is put, and lists it."""

    def __init__(self, refuses: str = "") -> None:
        super().__init__()
        self.kept: dict[str, dict[str, Any]] = {}
        self.refuses = refuses

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        path = urlsplit(str(request.url)).path
        if request.method == "PUT":
            assert isinstance(request.body, str | bytes)
            self.kept[path] = {"id": path, "name": path.rpartition("/")[2], **json.loads(request.body)}
        else:
            assert request.method == "GET"
        below = [it for name, it in self.kept.items() if name.startswith(path)]
        told: Any = self.kept.get(path) or {"value": below}
        status = 201 if request.method == "PUT" else 200
        if self.refuses and path.endswith(self.refuses):
            status, told = 400, {"error": {"code": "Endpoint validation", "message": "the webhook does not answer"}}
        raw = io.BytesIO(json.dumps(told).encode())
        headers = {"Content-Type": "application/json"}
        answer = urllib3.HTTPResponse(raw, headers, status=status, preload_content=False)
        return requests.adapters.HTTPAdapter().build_response(request, answer)

    def close(self) -> None:
        """Nothing is open."""


class SignedIn:
    """Somebody is."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", 4_000_000_000)


def client(arm: Arm) -> EventGridManagementClient:
    """The real client, whose requests end in this process."""
    session = requests.Session()
    session.mount("https://", arm)
    return EventGridManagementClient(SignedIn(), "1", transport=RequestsTransport(session=session, session_owner=False))


def test_this_repos_file_holds_against_azures_library(declared: Path) -> None:
    name, rows = subscriptions.load(declared)
    assert name
    assert rows


def test_it_becomes_a_topic_of_the_workspace_and_subscriptions_to_the_webhook(declared: Path) -> None:
    arm = Arm()
    said = subscriptions.apply(client(arm), declared, TARGET)
    name, rows = subscriptions.load(declared)
    base = f"{GROUP}/providers/Microsoft.EventGrid/systemTopics/{name}"
    assert set(arm.kept) == {base, *(f"{base}/eventSubscriptions/{it}" for it in rows)}
    assert arm.kept[base]["properties"] == {"source": WORKSPACE, "topicType": subscriptions.KIND}
    for it, properties in rows.items():
        put = arm.kept[f"{base}/eventSubscriptions/{it}"]["properties"]
        assert (put["filter"], put["eventDeliverySchema"]) == (properties["filter"], properties["eventDeliverySchema"])
        to = put["destination"]["properties"]
        assert to["endpointUrl"] == TARGET.webhook
        assert to["deliveryAttributeMappings"] == [
            {"name": webhook.HEADER, "type": "Static", "properties": {"value": "secret", "isSecret": True}}
        ]
    assert said[0] == f"topic {name}"
    before = dict(arm.kept)
    subscriptions.apply(client(arm), declared, TARGET)
    assert arm.kept == before


def test_the_topic_that_the_workspace_has_is_used(declared: Path) -> None:
    arm = Arm()
    base = f"{GROUP}/providers/Microsoft.EventGrid/systemTopics"
    for name, source in (("other", f"{WORKSPACE}2"), ("theirs", WORKSPACE.upper())):
        arm.kept[f"{base}/{name}"] = {"id": f"{base}/{name}", "name": name, "properties": {"source": source}}
    assert subscriptions.apply(client(arm), declared, TARGET)[0] == "topic theirs"
    assert f"{base}/theirs/eventSubscriptions" in " ".join(arm.kept)


def test_what_azure_refuses_is_told(declared: Path) -> None:
    name = next(iter(subscriptions.load(declared)[1]))
    with pytest.raises(BusError, match="Azure refuses: Endpoint validation: the webhook does not answer"):
        subscriptions.apply(client(Arm(refuses=name)), declared, TARGET)


def changed(declared: Path, tmp_path: Path, *keys: str, value: Any) -> Path:
    """The file with another value at these keys of its first subscription."""
    raw = yaml.safe_load(declared.read_text(encoding="utf-8"))
    place = raw["subscriptions"][0]["properties"]
    for key in keys[:-1]:
        place = place.setdefault(key, {})
    place[keys[-1]] = value
    (tmp_path / "events.yml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    return tmp_path / "events.yml"


FILTER = ("filter", "includedEventTypes")
DRIFT = f"{schemas.AZURE}DatasetDriftDetected"
WRONG: dict[str, tuple[tuple[str, ...], Any, str]] = {
    "a key that Azure does not know": (("filter", "includedTypes"), ["a"], r"does not know filter\.includedTypes"),
    "a key in another case": (("EventDeliverySchema",), "x", "does not know EventDeliverySchema"),
    "another schema": (("eventDeliverySchema",), "CustomInputSchema", "eventDeliverySchema is 'CustomInputSchema'"),
    "a number that is none": (("retryPolicy", "maxDeliveryAttempts"), "many", "many"),
    "a type that is retired": (FILTER, [DRIFT], "DatasetDriftDetected"),
    "a type that Azure never sends": (FILTER, [schemas.DATA_LANDED], "DataLanded"),
    "no types, which are all": (FILTER, [], "includedEventTypes has none"),
}


@pytest.mark.parametrize(("keys", "value", "why"), WRONG.values(), ids=WRONG)
def test_what_azure_would_refuse_or_forget_is_refused_here(
    keys: tuple[str, ...], value: Any, why: str, declared: Path, tmp_path: Path
) -> None:
    with pytest.raises(BusError, match=why):
        subscriptions.load(changed(declared, tmp_path, *keys, value=value))


@pytest.mark.parametrize("text", ["topic: {}", "[", "topic: {name: a, topicType: b}\nsubscriptions: 3"])
def test_a_file_of_another_shape_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "events.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BusError, match="cannot be read"):
        subscriptions.load(tmp_path / "events.yml")


def test_another_kind_of_topic_is_refused(tmp_path: Path) -> None:
    text = "topic: {name: a, topicType: Microsoft.Storage.StorageAccounts}\nsubscriptions: []"
    (tmp_path / "events.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BusError, match="topicType is"):
        subscriptions.load(tmp_path / "events.yml")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (Target(WORKSPACE, "westeurope", "http://hooks.example", "k"), "does not push to 'http://hooks.example'"),
        (Target(WORKSPACE, "westeurope", TARGET.webhook, ""), "anybody could push"),
        (Target("/subscriptions/1", "westeurope", TARGET.webhook, "k"), "is no resource id of a workspace"),
    ],
    ids=["no TLS", "no key", "no workspace"],
)
def test_a_target_that_cannot_be_is_refused_before_anything_is_made(target: Target, why: str, declared: Path) -> None:
    arm = Arm()
    with pytest.raises(BusError, match=why):
        subscriptions.apply(client(arm), declared, target)
    assert arm.kept == {}


def test_the_commands_check_and_apply(declared: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arm = Arm()
    monkeypatch.chdir(root)
    monkeypatch.setattr(subscriptions, "client_of", lambda _: client(arm))
    monkeypatch.setenv(webhook.KEY, "secret")
    checked = CliRunner().invoke(cli.main, ["events", "azure", "check"])
    assert (checked.exit_code, "every key is known" in checked.output) == (0, True)
    words = ["--workspace", WORKSPACE, "--location", "westeurope", "--webhook", TARGET.webhook]
    applied = CliRunner().invoke(cli.main, ["events", "azure", "apply", *words])
    assert applied.exit_code == 0, applied.output
    assert f"-> {TARGET.webhook}" in applied.output
    assert len(arm.kept) == 1 + len(subscriptions.load(declared)[1])


def test_without_the_extra_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(subscriptions.client_of(TARGET), EventGridManagementClient)
    monkeypatch.setitem(sys.modules, "azure.mgmt.eventgrid", None)
    with pytest.raises(BusError, match="is not installed"):
        subscriptions.client_of(TARGET)
