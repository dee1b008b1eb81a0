"""The HTTP interface: answers, health, description, key, limits, and problems instead of failures."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.openapi.models import OpenAPI

from {{cookiecutter.package_name}}.model import check, handoff
from {{cookiecutter.package_name}}.service import app, endpoint, served

from . import made, running

Models = dict[str, served.Served]


def recorded(model: served.Served) -> list[dict[str, Any]]:
    found = handoff.read_json(model.folder / handoff.RESPONSE)["predictions"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("task", made.METRICS)
def test_the_sample_is_answered_as_it_was_recorded(task: str, models: Models) -> None:
    model = models[task]
    with running.service(app.create(model)) as client:
        batch = client.post("/score/batch", json={"records": model.sample})
        single = client.post("/score", json=model.sample[0])
    assert (batch.status_code, single.status_code) == (200, 200)
    assert batch.json()["model"] == single.json()["model"] == model.digest
    assert len(batch.json()["predictions"]) == len(recorded(model))
    assert all(map(check.same, batch.json()["predictions"], recorded(model)))
    assert check.same(single.json(), {**recorded(model)[0], "model": model.digest})


def test_a_single_answer_is_that_of_the_batch(client: httpx.Client) -> None:
    records = [{**made.RECORD, "size": size, "place": place} for size in (0, 1.5, 30) for place in ("north", None, "x")]
    batch = client.post("/score/batch", json={"records": records}).json()["predictions"]
    singles = [client.post("/score", json=record).json()["prediction"] for record in records]
    assert [item["prediction"] for item in batch] == pytest.approx(singles, rel=1e-12)
    assert len(set(singles)) > 3


def test_a_long_batch_is_scored_beside_the_health_checks(client: httpx.Client) -> None:
    body = {"records": [made.RECORD] * 3000}
    answers: list[int] = []
    caller = threading.Thread(target=lambda: answers.append(client.post("/score/batch", json=body).status_code))
    caller.start()
    assert client.get("/health/live").json() == {"status": "alive"}
    caller.join()
    assert answers == [200]


def test_readiness_says_which_model_and_how_it_scores(client: httpx.Client, models: Models) -> None:
    found = client.get("/health/ready").json()
    assert (found["status"], found["model"]) == ("ready", models["regression"].digest)
    assert found["scorer"] == "compiled, bit masks"
    assert "equal to the pipeline on" in found["how"]


def test_every_answer_names_the_model_and_the_request(client: httpx.Client, models: Models) -> None:
    for path in ("/", "/health/live", "/nothing"):
        answer = client.get(path, headers={"X-Request-ID": "my-id.7"})
        assert answer.headers["x-model-digest"] == models["regression"].digest
        assert answer.headers["x-request-id"] == "my-id.7"
    odd = client.get("/", headers={"X-Request-ID": "not one <script>"}).headers["x-request-id"]
    assert odd.isalnum()


NOT_ALLOWED = [("GET", "/score"), ("PUT", "/score/batch"), ("POST", "/health/live"), ("DELETE", "/")]
NOT_THERE = [("GET", "/nothing"), ("POST", "/score/"), ("GET", "/..%2f..%2fetc/passwd")]
PROBLEMS = [(*asked, 405) for asked in NOT_ALLOWED] + [(*asked, 404) for asked in NOT_THERE]


@pytest.mark.parametrize(("method", "path", "status"), PROBLEMS)
def test_an_unknown_path_or_method_is_a_problem(method: str, path: str, status: int, client: httpx.Client) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["title"]
    assert ("allow" in answer.headers) == (status == 405)


def test_a_refusal_names_field_value_and_reason(client: httpx.Client) -> None:
    answer = client.post("/score", json={**made.RECORD, "size": -2})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "size", "value": -2, "reason": "Input should be greater than or equal to 0"}
    ]


# the description


@pytest.mark.parametrize("task", made.METRICS)
def test_the_description_is_openapi_and_its_examples_are_real(task: str, models: Models) -> None:
    model = models[task]
    with running.service(app.create(model, key="secret")) as client:
        document = client.get("/openapi.json").json()
        OpenAPI.model_validate(document)
        for path in ("/score", "/score/batch"):
            operation = document["paths"][path]["post"]
            example = operation["requestBody"]["content"]["application/json"]["example"]
            expected = operation["responses"]["200"]["content"]["application/json"]["example"]
            answer = client.post(path, json=example, headers={"X-API-Key": "secret"})
            assert answer.status_code == 200
            assert check.same(answer.json(), expected) or path == "/score/batch"
            assert answer.json().keys() == expected.keys()
        assert client.get("/docs").status_code == 200


def test_the_description_says_what_a_record_may_hold(client: httpx.Client) -> None:
    record = client.get("/openapi.json").json()["components"]["schemas"]["Record"]
    assert record["required"] == list(made.RECORD)
    assert record["additionalProperties"] is False
    assert record["properties"]["size"]["minimum"] == 0
    assert record["properties"]["at"]["format"] == "date-time"
    assert "null" in record["properties"]["place"]["type"]


def test_every_reference_of_the_description_leads_somewhere(client: httpx.Client) -> None:
    text = client.get("/openapi.json").text
    schemas = json.loads(text)["components"]["schemas"]
    named = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named <= set(schemas)
    assert {"Record", "Batch", "Problem"} <= named


# the key


@pytest.fixture(scope="module")
def guarded(models: Models) -> Iterator[httpx.Client]:
    with running.service(app.create(models["regression"], key="a long secret")) as client:
        yield client


@pytest.mark.parametrize("path", ["/score", "/score/batch"])
@pytest.mark.parametrize("key", [None, "", "a long secre", "a long secretx", "A LONG SECRET", "clé".encode()])
def test_without_the_right_key_nothing_is_scored(path: str, key: str | bytes | None, guarded: httpx.Client) -> None:
    headers = {} if key is None else {"X-API-Key": key}
    answer = guarded.post(path, content=b"{", headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert "x-api-key" in answer.json()["detail"].lower()
    assert "a long secret" not in answer.text
    assert "ApiKey" in answer.headers["www-authenticate"]


def test_with_the_key_it_is_and_health_needs_none(guarded: httpx.Client) -> None:
    assert guarded.post("/score", json=made.RECORD, headers={"X-API-Key": "a long secret"}).status_code == 200
    assert guarded.get("/health/ready").status_code == 200


# limits


@pytest.fixture(scope="module")
def small(models: Models) -> Iterator[httpx.Client]:
    with running.service(app.create(models["regression"], limits=endpoint.Limits(2000, 3, 0.5))) as client:
        yield client


def chunks(count: int) -> Iterator[bytes]:
    yield b'{"a": "'
    yield from [b"x" * 500] * count


def test_a_long_body_is_refused_by_its_header(small: httpx.Client) -> None:
    answer = small.post("/score", json={**made.RECORD, "place": "x" * 3000})
    assert answer.status_code == 413
    assert "2,000 bytes" in answer.json()["detail"]


def test_a_long_body_in_pieces_is_refused_while_it_arrives(small: httpx.Client) -> None:
    answer = small.post("/score", content=chunks(20), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_body_in_pieces_is_put_together(small: httpx.Client) -> None:
    body = json.dumps(made.RECORD).encode()
    pieces = (body[at : at + 7] for at in range(0, len(body), 7))
    answer = small.post("/score", content=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


def test_a_batch_has_a_bound(small: httpx.Client) -> None:
    assert small.post("/score/batch", json={"records": [made.RECORD] * 3}).status_code == 200
    answer = small.post("/score/batch", json={"records": [made.RECORD] * 4})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "records"


def test_a_body_that_does_not_come_is_not_waited_for(small: httpx.Client) -> None:
    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection(small.base_url.host, small.base_url.port)
        head = "POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        writer.write(head.encode())
        try:
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()
            await writer.wait_closed()

    assert asyncio.run(ask()).startswith(b"HTTP/1.1 408")


# failures


def test_a_failure_inside_says_nothing_of_the_insides(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the secret path /home/ada")

    application = app.create(models["regression"])
    monkeypatch.setattr(served.Served, "score", fail)
    with running.service(application) as client:
        answer = client.post("/score", json=made.RECORD)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert not {"secret", "RuntimeError", "Traceback"} & set(answer.text.replace("/", " ").split())


def test_a_value_that_the_model_refuses_is_the_callers_error(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("Found unknown categories ['x']")

    application = app.create(models["regression"])
    monkeypatch.setattr(models["regression"].way.scorer, "predict", refuse)
    with running.service(application) as client:
        answer = client.post("/score", json=made.RECORD)
    assert answer.status_code == 422
    assert "unknown categories" in answer.json()["detail"]


def test_many_callers_at_once_each_get_their_own_answer(client: httpx.Client) -> None:
    sizes = [number / 4 for number in range(120)]
    expected = [client.post("/score", json={**made.RECORD, "size": size}).json()["prediction"] for size in sizes]

    async def ask() -> list[float]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=30) as caller:
            calls = [caller.post("/score", json={**made.RECORD, "size": size}) for size in sizes]
            return [answer.json()["prediction"] for answer in await asyncio.gather(*calls)]

    assert asyncio.run(ask()) == expected
