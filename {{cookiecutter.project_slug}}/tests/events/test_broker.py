"""The broker over real HTTP: Azure's own client drives it, and what Event Grid refuses it refuses."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.messaging import CloudEvent

from {{cookiecutter.package_name}}.clock import SimulatedClock, SystemClock
from {{cookiecutter.package_name}}.events import broker, bus, server
from {{cookiecutter.package_name}}.events.broker import Rules
from {{cookiecutter.package_name}}.events.bus import Address
from {{cookiecutter.package_name}}.events.topics import Subscription
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

TOPIC = "/topics/mlops"
SUB = f"{TOPIC}/eventsubscriptions/dev"
VERSION = {"api-version": "2024-06-01"}


def sdk_event(number: int = 1, **more: Any) -> CloudEvent:
    return CloudEvent.from_dict({**made.registered(number).as_json(), **more})


def tokens(details: list[Any]) -> list[str]:
    return [it.broker_properties.lock_token for it in details]


def receive(consumer: Any, most: int = 100) -> list[Any]:
    return list(consumer.receive(max_events=most, max_wait_time=10))


def test_an_event_comes_back_as_it_was_sent(address: Address) -> None:
    with made.clients(address) as (publisher, consumer):
        publisher.send(sdk_event(1))
        publisher.send([sdk_event(2), sdk_event(3)])
        found = receive(consumer)
    assert [it.event.subject for it in found] == ["models/trips:1", "models/trips:2", "models/trips:3"]
    sent = made.registered(1)
    first = found[0].event
    assert (first.id, first.type, first.source, first.data) == (sent.id, sent.type, sent.source, sent.data)
    assert first.time == made.AT
    assert {it.broker_properties.delivery_count for it in found} == {1}


def test_bytes_and_extensions_come_back_too(address: Address) -> None:
    odd = CloudEvent(source="/x", type="t", id="1", data=b"\x00\x01", extensions={"traceid": "7"})
    with made.clients(address) as (publisher, consumer):
        publisher.send(odd)
        found = receive(consumer)[0].event
    assert (found.data, found.extensions) == (b"\x00\x01", {"traceid": "7"})


def test_the_client_acknowledges_releases_rejects_and_renews(address: Address, clock: SimulatedClock) -> None:
    with made.clients(address) as (publisher, consumer):
        publisher.send([sdk_event(number) for number in range(4)])
        done, released, rejected, renewed = tokens(receive(consumer))
        assert consumer.acknowledge(lock_tokens=[done]).succeeded_lock_tokens == [done]
        assert consumer.release(lock_tokens=[released], release_delay=10).succeeded_lock_tokens == [released]
        assert consumer.reject(lock_tokens=[rejected]).succeeded_lock_tokens == [rejected]
        clock.advance(timedelta(seconds=54))
        assert consumer.renew_locks(lock_tokens=[renewed]).succeeded_lock_tokens == [renewed]
        assert [it.event.subject for it in receive(consumer)] == ["models/trips:1"]
        clock.advance(timedelta(seconds=54))
        assert receive(consumer) == []
        failed = consumer.acknowledge(lock_tokens=[done, renewed])
    assert failed.succeeded_lock_tokens == [renewed]
    assert [it.error.code for it in failed.failed_lock_tokens] == ["TokenLost"]


def test_each_subscription_gets_its_own_copy_of_what_it_wants(place: Workspace, address: Address) -> None:
    server.subscribe(place, [Subscription("mlops", "data", ("Mlops.DataLanded",)), Subscription("mlops", "audit")])
    with made.clients(address) as (publisher, consumer):
        publisher.send(sdk_event())
        assert len(receive(consumer)) == 1
    for name, count in (("data", 0), ("audit", 1)):
        with bus.consumer(Address(address.endpoint, "mlops", name, address.key)) as consumer:
            assert len(receive(consumer)) == count


def test_a_wrong_key_and_a_wrong_name_are_the_clients_errors(address: Address) -> None:
    with made.clients(Address(address.endpoint, "mlops", "dev", "wrong")) as (publisher, consumer):
        with pytest.raises(ClientAuthenticationError, match="not the key"):
            publisher.send(sdk_event())
        with pytest.raises(ClientAuthenticationError):
            receive(consumer)
    nobody = Address(address.endpoint, "mlops", "nobody", address.key)
    with bus.consumer(nobody) as consumer, pytest.raises(ResourceNotFoundError, match="no subscription 'nobody'"):
        receive(consumer)


def test_a_batch_with_a_wrong_event_is_refused_whole(address: Address) -> None:
    with made.clients(address) as (publisher, consumer):
        with pytest.raises(HttpResponseError, match="specversion") as refused:
            publisher.send([sdk_event(1), sdk_event(2, specversion="2.0")])
        assert refused.value.status_code == 400
        assert receive(consumer) == []


def test_more_than_a_mebibyte_is_refused(address: Address) -> None:
    with made.clients(address) as (publisher, _), pytest.raises(HttpResponseError) as refused:
        publisher.send(sdk_event(data={"long": "x" * 2**20}))
    assert refused.value.status_code == 413


@pytest.fixture
def http(address: Address) -> Iterator[httpx.Client]:
    """Plain HTTP, with the key."""
    headers = {"Authorization": f"SharedAccessKey {address.key}"}
    with httpx.Client(base_url=address.endpoint, headers=headers, params=VERSION, trust_env=False) as client:
        yield client


def error(answer: httpx.Response) -> tuple[int, str]:
    """(status, code) of an error in Event Grid's form."""
    told = answer.json()["error"]
    assert told["message"]
    return answer.status_code, told["code"]


def post(
    http: httpx.Client, path: str, content: Any = None, kind: str = "application/json", **query: Any
) -> httpx.Response:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return http.post(path, content=raw, headers={"Content-Type": kind}, params={**VERSION, **query})


def test_a_single_event_may_be_sent_as_such(http: httpx.Client) -> None:
    answer = post(http, f"{TOPIC}:publish", made.registered().as_json(), f"{broker.SINGLE}; charset=utf-8")
    assert (answer.status_code, answer.json()) == (200, {})
    found = post(http, f"{SUB}:receive").json()["value"]
    assert found[0]["event"] == made.registered().as_json()
    assert found[0]["brokerProperties"]["deliveryCount"] == 1


BAD: dict[str, tuple[str, Any, str, dict[str, Any], tuple[int, str]]] = {
    "no JSON": (f"{TOPIC}:publish", b"{", broker.BATCH, {}, (400, "BadRequest")),
    "a batch that is none": (f"{TOPIC}:publish", {}, broker.BATCH, {}, (400, "BadRequest")),
    "another content type": (f"{TOPIC}:publish", [], "application/json", {}, (415, "UnsupportedMediaType")),
    "a topic that is missing": ("/topics/other:publish", [], broker.BATCH, {}, (404, "NotFound")),
    "too many at once": (f"{SUB}:receive", None, "", {"maxEvents": 101}, (400, "BadRequest")),
    "none at once": (f"{SUB}:receive", None, "", {"maxEvents": 0}, (400, "BadRequest")),
    "a wait that is too short": (f"{SUB}:receive", None, "", {"maxWaitTime": 9}, (400, "BadRequest")),
    "a wait that is no number": (f"{SUB}:receive", None, "", {"maxWaitTime": "-1"}, (400, "BadRequest")),
    "a delay that is unknown": (
        f"{SUB}:release",
        {"lockTokens": ["x"]},
        "",
        {"releaseDelayInSeconds": 5},
        (400, "BadRequest"),
    ),
    "no tokens": (f"{SUB}:acknowledge", {"lockTokens": []}, "", {}, (400, "BadRequest")),
    "tokens that are none": (f"{SUB}:reject", {"lockTokens": [1]}, "", {}, (400, "BadRequest")),
    "a body that is a list": (f"{SUB}:renewLock", [], "", {}, (400, "BadRequest")),
    "another version": (f"{SUB}:receive", None, "", {"api-version": "2018-01-01"}, (400, "BadRequest")),
    "no such path": ("/nothing", None, "", {}, (404, "NotFound")),
}


@pytest.mark.parametrize(("path", "content", "kind", "query", "expected"), BAD.values(), ids=BAD)
def test_what_event_grid_refuses_is_refused_in_its_form(
    path: str, content: Any, kind: str, query: dict[str, Any], expected: tuple[int, str], http: httpx.Client
) -> None:
    assert error(post(http, path, content, kind, **query)) == expected


def test_only_posts_are_answered_and_only_with_the_key(http: httpx.Client) -> None:
    assert error(http.get(f"{SUB}:receive")) == (405, "MethodNotAllowed")
    http.headers.pop("Authorization")
    assert error(post(http, f"{SUB}:receive")) == (401, "Unauthorized")
    http.headers["Authorization"] = "SharedAccessKey x"
    assert error(post(http, f"{SUB}:receive")) == (401, "Unauthorized")


def test_who_waits_gets_an_event_as_soon_as_it_is_there(place: Workspace) -> None:
    server.subscribe(place, [])
    with server.started(place, SystemClock(), Rules(patience=5)) as found, made.clients(found) as (publisher, consumer):
        later = threading.Timer(0.3, publisher.send, [sdk_event()])
        began = time.monotonic()
        later.start()
        assert len(receive(consumer)) == 1
        later.join()
        assert 0.2 < time.monotonic() - began < 4


def test_who_waits_in_vain_waits_no_longer_than_the_broker_has_patience(place: Workspace) -> None:
    server.subscribe(place, [])
    with server.started(place, SystemClock(), Rules(patience=0.2)) as found, made.clients(found) as (_, consumer):
        began = time.monotonic()
        assert receive(consumer) == []
        assert 0.15 < time.monotonic() - began < 5


def test_an_event_outlives_its_broker(place: Workspace, clock: SimulatedClock) -> None:
    with server.reached(place, clock) as first, made.clients(first) as (publisher, _):
        publisher.send(sdk_event())
    with server.reached(place, clock) as second, made.clients(second) as (_, consumer):
        assert len(receive(consumer)) == 1
    assert first.key == second.key
