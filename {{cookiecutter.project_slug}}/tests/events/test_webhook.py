"""What Event Grid pushes is taken in both schemas, after both handshakes, and only with the key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import {{cookiecutter.package_name}} as package
from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.events import webhook
from {{cookiecutter.package_name}}.events.bus import BusError
from {{cookiecutter.package_name}}.events.handling import Handlers
from {{cookiecutter.package_name}}.events.webhook import Webhook
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

GUARD = {"X-Webhook-Key": "secret"}
VALIDATION = [
    {
        "id": "1",
        "topic": "/subscriptions/1",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "512d38b6", "validationUrl": "https://bus.example/validate"},
    }
]


@pytest.fixture
def fails() -> made.Fails:
    """A handler that works, until it is told to fail."""
    found = made.Fails()
    found.failing = False
    return found


@pytest.fixture
def client(place: Workspace, clock: SimulatedClock, fails: made.Fails) -> Iterator[httpx.Client]:
    app = Webhook(place, clock, "secret", handlers=made.handled(fails)).app()
    with made.running(app) as found:
        yield found


@pytest.mark.parametrize("schema", ["cloud events", "event grid"])
def test_events_of_both_schemas_are_done_once(schema: str, client: httpx.Client, place: Workspace) -> None:
    body = made.bodies(made.registered(1), made.registered(2))[schema]
    answers = [client.post("/events", content=body, headers=GUARD) for _ in range(2)]
    assert [(it.status_code, it.json()) for it in answers] == [
        (200, {"received": 2, "done": 2}),
        (200, {"received": 2, "done": 0}),
    ]
    assert made.effects(place) == [made.registered(1).id, made.registered(2).id]


def test_cloud_events_handshake_lets_event_grid_in_and_nobody_else(client: httpx.Client) -> None:
    asked = {"WebHook-Request-Origin": webhook.ORIGIN, "WebHook-Request-Rate": "300"}
    answer = client.options("/events", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["WebHook-Allowed-Origin"] == webhook.ORIGIN
    assert answer.headers["WebHook-Allowed-Rate"] == "300"
    other = client.options("/events", headers={"WebHook-Request-Origin": "bus.example"})
    assert (other.status_code, "WebHook-Allowed-Origin" in other.headers) == (403, False)
    assert client.options("/events").status_code == 403


def test_the_validation_of_event_grids_schema_is_answered_with_200(client: httpx.Client, place: Workspace) -> None:
    headers = {**GUARD, "aeg-event-type": "SubscriptionValidation"}
    answer = client.post("/events", json=VALIDATION, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "512d38b6"})
    assert client.post("/events", json=[{}], headers=headers).status_code == 400
    assert made.effects(place) == []


def test_the_key_may_stand_in_the_address(client: httpx.Client) -> None:
    body = made.bodies(made.registered())["cloud events"]
    assert client.post("/events?code=secret", content=body).status_code == 200
    for path, headers in (("/events", {}), ("/events?code=wrong", {}), ("/events", {"X-Webhook-Key": "wrong"})):
        assert client.post(path, content=body, headers=headers).status_code == 401


def test_a_failure_asks_for_the_event_again(client: httpx.Client, fails: made.Fails, place: Workspace) -> None:
    body = made.bodies(made.registered())["cloud events"]
    fails.failing = True
    assert client.post("/events", content=body, headers=GUARD).status_code == 503
    assert made.effects(place) == []
    fails.failing = False
    assert client.post("/events", content=body, headers=GUARD).json() == {"received": 1, "done": 1}


@pytest.mark.parametrize("body", [b"{", b'[{"id": "1"}]', b"5"])
def test_what_is_no_event_is_not_asked_for_again(body: bytes, client: httpx.Client) -> None:
    answer = client.post("/events", content=body, headers=GUARD)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_a_body_without_end_is_broken_off(client: httpx.Client) -> None:
    assert client.post("/events", content=b"x" * (2**20 + 1), headers=GUARD).status_code == 413


def test_an_open_address_needs_a_key(place: Workspace, clock: SimulatedClock) -> None:
    with pytest.raises(BusError, match="MLOPS_WEBHOOK_KEY is not set"):
        webhook.serve(place, clock, "0.0.0.0", 0, (webhook.ORIGIN,), print)  # noqa: S104


def test_on_this_machine_only_no_key_is_needed(place: Workspace, clock: SimulatedClock) -> None:
    app = Webhook(place, clock, "", handlers=Handlers()).app()
    with made.running(app) as client:
        body = made.bodies(made.registered())["cloud events"]
        assert client.post("/events", content=body).json() == {"received": 1, "done": 0}


@pytest.mark.integration
def test_the_command_takes_events_over_http(tmp_path: Path) -> None:
    source = str(Path(str(package.__file__)).parent.parent)
    command: list[Any] = [sys.executable, "-m", package.__name__, "events", "webhook", "--port", "0"]
    variables = {**os.environ, "PYTHONPATH": source, webhook.KEY: "secret"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=variables) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert "senders need the key of MLOPS_WEBHOOK_KEY" in said
            url = said.split(" at ")[1].partition(";")[0]
            raw = json.dumps(made.registered().as_json())
            answer = httpx.post(url, content=raw, headers=GUARD, trust_env=False, timeout=30)
            assert answer.json()["received"] == 1
            assert httpx.post(url, content=raw, trust_env=False).status_code == 401
        finally:
            process.kill()
