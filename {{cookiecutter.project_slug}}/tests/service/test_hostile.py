"""No request makes the service fail: each gets a prediction, or a 4xx that says what was wrong."""

from __future__ import annotations

import math

import httpx
import pytest

from . import hostile, made

CORPUS = hostile.corpus()


def test_there_are_a_hundred_at_least_of_both_kinds() -> None:
    assert len(CORPUS) >= 100
    assert {one.good for one in CORPUS} == {True, False}


@pytest.mark.parametrize("one", CORPUS, ids=[one.name for one in CORPUS])
def test_a_hostile_request_gets_a_reason_or_a_prediction(one: hostile.Hostile, client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json", **(one.headers or {})}
    answer = client.post(one.path, content=one.body, headers=headers)
    if one.good:
        assert answer.status_code == 200, answer.text
        assert math.isfinite(answer.json()["prediction"])
        return
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert len(answer.content) < 20_000, "an answer is not an amplifier"


def test_afterwards_the_service_still_answers(client: httpx.Client) -> None:
    assert client.post("/score", json=made.RECORD).status_code == 200
