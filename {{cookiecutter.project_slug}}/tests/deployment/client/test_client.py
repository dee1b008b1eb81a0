"""The generated client against the real service over HTTP, and against servers that misbehave."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from {{cookiecutter.package_name}}.deployment.client import runtime
from {{cookiecutter.package_name}}.model import check
from {{cookiecutter.package_name}}.model import handoff as handoffs
from {{cookiecutter.package_name}}.service import smoke

from . import made

KEY = "the key of this test"


@pytest.fixture(scope="module", params=["regression", "multiclass"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """(task, address, hand-off) of a running service, whose inputs have awkward names."""
    task, root = request.param, tmp_path_factory.mktemp(request.param)
    models = made.served(made.schema(task, made.AWKWARD), root)
    made.written(made.schema(task, made.AWKWARD), root / "client")
    with smoke.started(models.root, KEY) as url:
        yield task, url, root


@pytest.fixture
def package(served: tuple[str, str, Path]) -> Iterator[ModuleType]:
    with made.imported(served[2] / "client") as found:
        yield found


@pytest.mark.integration
def test_a_record_goes_in_and_a_prediction_comes_out(served: tuple[str, str, Path], package: ModuleType) -> None:
    task, url, root = served
    sample = handoffs.read_json(root / "handoff" / handoffs.REQUEST)["records"]
    recorded = handoffs.read_json(root / "handoff" / handoffs.RESPONSE)["predictions"]
    with package.Client(url, KEY) as client:
        found = client.predict_many(sample)
        single = client.predict({**sample[0], "at": datetime.fromisoformat(sample[0]["at"])})
    assert len(found) == len(recorded)
    for one, expected in zip([*found, single], [*recorded, recorded[0]], strict=True):
        given = {"prediction": one.value} | ({"probabilities": one.probabilities} if task != "regression" else {})
        assert check.same(given, expected)
    assert single.model == handoffs.sha256(root / "handoff" / handoffs.MODEL)
    assert single.request_id
    assert single.event_id == "", "this service keeps no record"


@pytest.mark.integration
def test_what_the_service_refuses_is_an_error_of_its_own_kind(
    served: tuple[str, str, Path], package: ModuleType
) -> None:
    _, url, _ = served
    record = made.record(made.AWKWARD)
    with package.Client(url, KEY) as client:
        with pytest.raises(package.InvalidRecordError) as refused:
            client.predict({**record, "pick up zone": 11.0})
        (finding,) = refused.value.findings
        assert (finding.field, finding.value) == ("pick up zone", 11.0)
        assert "less than or equal to 10" in finding.reason
        assert refused.value.request_id
        with pytest.raises(package.InvalidRecordError) as many:
            client.predict_many([record, {**record, "class": "warm"}])
        assert many.value.findings[0].field == "records[1].class"
        with pytest.raises(package.NotFoundError):
            client.report_outcome("an id", 3.0, datetime(2026, 3, 2, tzinfo=UTC))
        with pytest.raises(package.InvalidRecordError, match="cannot be sent"):
            client.predict({**record, "pick up zone": float("nan")})
        assert client.predict(record), "the connection is good for more"
    with package.Client(url, "another key") as client, pytest.raises(package.UnauthorizedError):
        client.predict(record)


@pytest.mark.integration
def test_many_records_are_sent_in_parts(served: tuple[str, str, Path], package: ModuleType) -> None:
    _, url, _ = served
    with package.Client(url, KEY, timeout=60.0) as client:
        assert len(client.predict_many(made.record(made.AWKWARD) for _ in range(2_500))) == 2_500
        assert client.predict_many([]) == []


# --- servers that misbehave

GOOD = json.dumps({"prediction": 1.5, "model": "abc"}).encode()


@contextmanager
def server(*acts: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server of which each connection gets the next act; gives its address, and what it was sent."""
    seen: list[bytes] = []

    def work() -> None:
        for act in acts:
            connection, _ = listening.accept()
            with connection:
                seen.append(request(connection))
                act(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", seen
    thread.join(timeout=10)


def request(connection: socket.socket) -> bytes:
    """One whole request."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def answering(status: int = 200, body: bytes = GOOD, headers: str = "") -> Callable[[socket.socket], None]:
    def act(connection: socket.socket) -> None:
        head = f"HTTP/1.1 {status} Word\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    return act


def breaking_off(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def nothing(_: socket.socket) -> None:
    """The connection is closed without a word."""


@pytest.fixture(params=["generated", "generic"])
def plain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModuleType]:
    """The client of an ordinary regression, and the one that it is made from, which knows no model."""
    if request.param == "generic":
        yield runtime
        return
    with made.imported(made.written(made.schema(), tmp_path)) as found:
        yield found


@pytest.mark.parametrize("first", [nothing, breaking_off])
def test_a_lost_connection_is_tried_once_more(first: Callable[[socket.socket], None], plain: ModuleType) -> None:
    with server(first, answering()) as (url, seen), plain.Client(url) as client:
        assert client.predict(made.record()).value == 1.5
    assert len(seen) == 2
    assert seen[0] == seen[1]


def test_and_not_twice(plain: ModuleType) -> None:
    with server(nothing, nothing, answering()) as (url, seen), plain.Client(url) as client:
        with pytest.raises(plain.UnreachableError):
            client.predict(made.record())
        assert len(seen) == 2
        assert client.predict(made.record()).value == 1.5


def test_a_service_that_does_not_answer_in_time_is_not_asked_again(plain: ModuleType) -> None:
    with server(silent) as (url, seen), plain.Client(url, timeout=0.2) as client:
        with pytest.raises(plain.DeadlineError, match=r"within 0\.2 s"):
            client.predict(made.record())
        assert len(seen) == 1


def test_a_service_that_is_not_there_is_unreachable(plain: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with plain.Client(url) as client, pytest.raises(plain.UnreachableError):
        client.predict(made.record())


def test_the_event_of_a_prediction_and_of_each_row_of_a_batch_is_known(plain: ModuleType) -> None:
    headers = "X-Event-ID: e7\r\nazureml-model-deployment: green\r\n"
    batch = json.dumps({"model": "abc", "predictions": [{"prediction": 1.0}, {"prediction": 2.0}]}).encode()
    acts = (answering(headers=headers + "Connection: close\r\n"), answering(body=batch, headers=headers))
    with server(*acts) as (url, seen), plain.Client(url) as client:
        one = client.predict(made.record(), deployment="green")
        many = client.predict_many([made.record(), made.record()])
    assert (one.event_id, one.deployment) == ("e7", "green")
    assert [(it.value, it.event_id) for it in many] == [(1.0, "e7_0"), (2.0, "e7_1")]
    assert b"azureml-model-deployment: green" in seen[0]
    assert b"azureml-model-deployment" not in seen[1]


def test_an_outcome_is_told_with_its_time(plain: ModuleType) -> None:
    with server(answering(body=b'{"kept": 1}')) as (url, seen), plain.Client(url, "secret") as client:
        client.report_outcome("e7", 12.5, datetime(2026, 3, 2, 9, tzinfo=UTC))
        with pytest.raises(ValueError, match="has no offset"):
            client.report_outcome("e7", 12.5, datetime(2026, 3, 2, 9))
    assert b"POST /outcomes HTTP/1.1" in seen[0]
    assert b"X-API-Key: secret" in seen[0]
    assert b'{"event_id": "e7", "value": 12.5, "time": "2026-03-02T09:00:00+00:00"}' in seen[0]


PROBLEMS = {
    "RefusedError": (400, 415),
    "UnauthorizedError": (401, 403),
    "NotFoundError": (404, 405),
    "TooLargeError": (408, 413),
    "InvalidRecordError": (422,),
    "UnavailableError": (429, 502, 503, 504),
    "ServiceError": (500,),
}


@pytest.mark.parametrize(("kind", "status"), [(kind, status) for kind, them in PROBLEMS.items() for status in them])
def test_each_status_has_its_error(kind: str, status: int, plain: ModuleType) -> None:
    body = json.dumps({"status": status, "detail": "so it is", "request_id": "r1"}).encode()
    with server(answering(status, body, "Retry-After: 7\r\n")) as (url, _), plain.Client(url) as client:
        error = raised(plain, client)
    assert type(error).__name__ == kind
    assert (error.status, error.detail, error.request_id) == (status, "so it is", "r1")
    assert getattr(error, "retry_after", 7.0) == 7.0


def raised(plain: ModuleType, client: Any) -> Any:
    """What a call raises."""
    with pytest.raises(plain.ServiceError) as error:
        client.predict(made.record())
    return error.value


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[1]", b'{"errors": "none"}', b"\xff"])
def test_an_error_that_is_no_problem_document_is_one_all_the_same(body: bytes, plain: ModuleType) -> None:
    with server(answering(502, body)) as (url, _), plain.Client(url) as client:
        error = raised(plain, client)
    assert type(error).__name__ == "UnavailableError"
    assert error.findings == ()
    assert error.detail


def test_an_answer_that_is_not_json_is_an_error(plain: ModuleType) -> None:
    with server(answering(body=b"<html>")) as (url, _), plain.Client(url) as client:
        assert "not JSON" in raised(plain, client).detail


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host", "http://", ""])
def test_an_address_that_is_none_is_told(url: str, plain: ModuleType) -> None:
    with pytest.raises(ValueError, match="is no address"):
        plain.Client(url)


def test_a_service_below_a_path_is_called_there(plain: ModuleType) -> None:
    with server(answering()) as (url, seen), plain.Client(f"{url}/models/taxi/") as client:
        client.predict(made.record())
    assert seen[0].startswith(b"POST /models/taxi/score HTTP/1.1")


def test_threads_share_a_client(plain: ModuleType) -> None:
    found: list[Any] = []
    with server(answering(), answering(), answering()) as (url, _), plain.Client(url) as client:
        threads = [threading.Thread(target=lambda: found.append(client.predict(made.record()).value)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [1.5, 1.5, 1.5]


@pytest.mark.integration
def test_a_connection_is_kept_and_one_that_has_gone_stale_is_no_error(tmp_path: Path) -> None:
    """The service is started again between two calls, on the same address."""
    wanted = made.schema()
    models = made.served(wanted, tmp_path)
    with made.imported(made.written(wanted, tmp_path / "client")) as package:
        with smoke.started(models.root, KEY) as url:
            client = package.Client(url, KEY)
            first = client.predict(made.record())
            kept = client.idle[0].sock
            assert client.predict(made.record()) != first, "another request"
            assert client.idle[0].sock is kept
        with serving(models.root, url.rpartition(":")[2]):
            assert client.predict(made.record()).value == first.value
        client.close()


@contextmanager
def serving(models: Path, port: str) -> Iterator[None]:
    """The service on a certain port."""
    words = [sys.executable, "-m", smoke.PACKAGE, "serve", "--port", port, "--models", str(models)]
    settings = {**os.environ, "MLOPS_API_KEY": KEY, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(words, env=settings, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with process:
        assert process.stdout is not None
        assert any(line.startswith("serving at ") for line in process.stdout)
        yield
        process.terminate()
