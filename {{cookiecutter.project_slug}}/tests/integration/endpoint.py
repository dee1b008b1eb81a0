"""What a deployed model must do, asked over HTTP alone: the golden answers, and a reason where it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from {{cookiecutter.package_name}}.model import check


@contextmanager
def caller(url: str, key: str = "") -> Iterator[httpx.Client]:
    """A client of the endpoint at `url`, with the API key where one is given."""
    with httpx.Client(base_url=url, timeout=60, headers={"X-API-Key": key} if key else {}) as client:
        yield client


def golden(client: httpx.Client, handoff: Path) -> None:
    """The sample request gives the recorded response, in a batch and singly."""
    records = json.loads((handoff / "sample_request.json").read_text(encoding="utf-8"))["records"]
    recorded = json.loads((handoff / "sample_response.json").read_text(encoding="utf-8"))["predictions"]
    answer = client.post("/score/batch", json={"records": records})
    assert answer.status_code == 200, answer.text
    given = answer.json()["predictions"]
    assert len(given) == len(recorded)
    for number, (one, expected) in enumerate(zip(given, recorded, strict=True)):
        assert check.same(one, expected), f"record {number} gives {one}, and {expected} is recorded"
    single = client.post("/score", json=records[0]).json()
    assert check.same(single, {**recorded[0], "model": answer.json()["model"]})


def refusals(client: httpx.Client, handoff: Path) -> None:
    """Bad input is refused with the field's name; good input still works afterwards."""
    record = json.loads((handoff / "sample_request.json").read_text(encoding="utf-8"))["records"][0]
    name = next(iter(record))
    lacking = {key: value for key, value in record.items() if key != name}
    wrong = [(lacking, name), ({**record, "no such input": 1}, "no such input"), ({**record, name: []}, name)]
    for body, field in wrong:
        answer = client.post("/score", json=body)
        assert 400 <= answer.status_code < 500, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]
    assert client.post("/score", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert client.post("/score", json=record).status_code == 200
