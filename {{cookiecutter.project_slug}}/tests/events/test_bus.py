"""The way to the broker: one code for this machine and for Azure, and never a key in the open."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.core.pipeline import policies
from azure.eventgrid import EventGridConsumerClient, EventGridPublisherClient

from {{cookiecutter.package_name}}.events import bus
from {{cookiecutter.package_name}}.events.bus import Address, BusError
from {{cookiecutter.package_name}}.workspace import Workspace

AZURE = "https://bus.westeurope-1.eventgrid.azure.net"


def elsewhere(monkeypatch: pytest.MonkeyPatch, place: Workspace, **variables: str) -> Address | None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return bus.elsewhere(place)


def test_without_an_endpoint_nothing_is_elsewhere(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert elsewhere(monkeypatch, place, MLOPS_EVENTS_KEY="k") is None
    assert elsewhere(monkeypatch, place, MLOPS_EVENTS_ENDPOINT=" ") is None


@pytest.mark.parametrize("given", [AZURE, f"{AZURE}/", AZURE.removeprefix("https://")])
def test_azure_is_an_endpoint_and_a_key(given: str, place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = elsewhere(monkeypatch, place, MLOPS_EVENTS_ENDPOINT=given, MLOPS_EVENTS_KEY="secret")
    assert found == Address(AZURE, "mlops", "dev", "secret")
    assert not found.here
    assert "secret" not in repr(found)


def test_topic_and_subscription_can_be_named(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"MLOPS_EVENTS_TOPIC": "facts", "MLOPS_EVENTS_SUBSCRIPTION": "retrain"}
    found = elsewhere(monkeypatch, place, MLOPS_EVENTS_ENDPOINT=AZURE, **named)
    assert found == Address(AZURE, "facts", "retrain")


def test_a_key_does_not_leave_the_machine_in_the_open(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BusError, match="could read the key"):
        elsewhere(monkeypatch, place, MLOPS_EVENTS_ENDPOINT="http://bus.example", MLOPS_EVENTS_KEY="k")


def test_this_machine_needs_a_key(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BusError, match="no MLOPS_EVENTS_KEY is set"):
        elsewhere(monkeypatch, place, MLOPS_EVENTS_ENDPOINT="http://localhost:1")
    assert elsewhere(monkeypatch, place, MLOPS_EVENTS_ENDPOINT="http://[::1]:1", MLOPS_EVENTS_KEY="k") is not None


@pytest.mark.parametrize("make", [bus.publisher, bus.consumer])
def test_the_clients_are_azures_own_for_both(make: Any) -> None:
    for endpoint in ("http://127.0.0.1:1", AZURE):
        with make(Address(endpoint, "mlops", "dev", "k")) as client:
            assert isinstance(client, EventGridPublisherClient | EventGridConsumerClient)
            guard = client._config.authentication_policy
            assert isinstance(guard, policies.AzureKeyCredentialPolicy)


def test_without_a_key_it_is_who_is_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    with bus.publisher(Address(AZURE, "mlops", "dev")) as client:
        assert isinstance(client._config.authentication_policy, policies.BearerTokenCredentialPolicy)
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(BusError, match="azure-identity is not installed"):
        bus.publisher(Address(AZURE, "mlops", "dev"))
    assert isinstance(bus.credential(Address(AZURE, "mlops", "dev", "k")), AzureKeyCredential)


def test_no_proxy_stands_between_this_machine_and_itself() -> None:
    assert bus.settings(Address("http://127.0.0.1:1", "mlops", "dev", "k"))["use_env_settings"] is False
    assert bus.settings(Address(AZURE, "mlops", "dev", "k"))["use_env_settings"] is True


class Response:
    """What a client's error holds of an answer."""

    status_code, reason, headers = 403, "Forbidden", dict[str, str]()

    def __init__(self, body: str) -> None:
        self.body = body

    def text(self) -> str:
        return self.body


def test_an_error_says_what_the_broker_said_and_the_next_step() -> None:
    told = HttpResponseError(response=Response('{"error": {"code": "Forbidden", "message": "no role"}}'))
    assert bus.said(told) == "Forbidden: no role"
    found = bus.lost(told)
    assert found.problem == "the broker refuses with 403: Forbidden: no role"
    assert "EventGrid Data Sender" in found.fix


@pytest.mark.parametrize("body", ["<html>", "{}", '{"error": []}', "[]"])
def test_an_answer_that_is_not_event_grids_is_told_too(body: str) -> None:
    told = HttpResponseError(message="bad gateway\nmore", response=Response(body))
    assert bus.said(told).startswith("bad gateway")
    assert "\n" not in bus.said(told)


def test_no_answer_at_all_loses_nothing() -> None:
    found = bus.lost(ServiceRequestError(message="refused"))
    assert (found.problem, found.fix) == ("the broker does not answer: refused", bus.KEPT)
