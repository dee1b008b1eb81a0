"""Request models: what a record may hold is what the schema says, and it comes out as the model learned it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from {{cookiecutter.package_name}}.service import problems, records

from . import made

REQUESTS = records.Requests(made.schema(), 3)


def one(**changes: Any) -> tuple[Any, ...]:
    return REQUESTS.one(json.dumps({**made.RECORD, **changes}).encode())


def refusal(body: bytes, batch: bool = False) -> problems.ProblemError:
    with pytest.raises(problems.ProblemError) as caught:
        (REQUESTS.many if batch else REQUESTS.one)(body)
    return caught.value


def test_a_record_becomes_a_prepared_row() -> None:
    assert one() == (6.5, 11.2, "north", "zone 7", True, 8.0, 0.0)


TEXTS: list[tuple[object, str | None]] = [(7, "7"), (7.0, "7"), (7.5, "7.5"), (True, "True"), ("", ""), (None, None)]


@pytest.mark.parametrize(("given", "text"), TEXTS)
def test_a_category_reads_as_it_did_in_training(given: object, text: str | None) -> None:
    assert one(place=given)[2] == text


@pytest.mark.parametrize(("given", "stands"), [(True, True), (False, False), (1, True), (0, False), (1.0, True)])
def test_a_boolean_may_come_as_a_table_has_it(given: object, stands: bool) -> None:
    assert one(open=given)[4] is stands


TIMES = {
    "2025-03-03T23:30:00+02:00": (21.0, 0.0),
    "2025-03-03T23:30:00-05:00": (4.0, 1.0),
    "2025-03-03 09:00:00": (9.0, 0.0),
    "2025-03-03T09:00:00.123456Z": (9.0, 0.0),
    "2025-03-09": (0.0, 6.0),
}


@pytest.mark.parametrize(("given", "parts"), TIMES.items())
def test_a_time_with_an_offset_is_taken_in_utc(given: str, parts: tuple[float, float]) -> None:
    assert one(at=given)[-2:] == parts


WRONG: dict[str, tuple[str, object]] = {
    "text for a number": ("size", "6.5"),
    "a boolean for a number": ("size", True),
    "below the minimum": ("size", -0.5),
    "beyond 32 bits": ("warm", 1e39),
    "null that may not be": ("zone", None),
    "a list for a category": ("zone", ["zone 7"]),
    "an object for a category": ("place", {"name": "north"}),
    "a number beyond 64 bits for a category": ("place", 2**70),
    "text for a boolean": ("open", "true"),
    "two for a boolean": ("open", 2),
    "seconds for a time": ("at", 1741000000),
    "seconds as text": ("at", "1741000000"),
    "no such day": ("at", "2025-02-30T00:00:00"),
    "a year before all data": ("at", "0001-01-01T00:00:00+14:00"),
    "a year after all data": ("at", "9999-12-31T23:59:59-14:00"),
}


@pytest.mark.parametrize(("field", "value"), WRONG.values(), ids=WRONG)
def test_a_value_that_cannot_be_is_refused_by_field_value_and_reason(field: str, value: object) -> None:
    found = refusal(json.dumps({**made.RECORD, field: value}).encode())
    assert found.status == 422
    assert found.findings[0].field == field
    assert field in found.detail
    assert found.findings[0].reason


def test_a_missing_and_an_unknown_field_are_both_named() -> None:
    given = {**made.RECORD, "sise": 1}
    del given["size"]
    found = {finding.field: finding.reason for finding in refusal(json.dumps(given).encode()).findings}
    assert found == {"size": "is missing", "sise": "is not an input of this model"}


def test_a_batch_names_the_record_and_the_field() -> None:
    body = {"records": [made.RECORD, {**made.RECORD, "size": None}]}
    assert refusal(json.dumps(body).encode(), batch=True).findings[0].field == "records[1].size"


@pytest.mark.parametrize("count", [0, 4])
def test_a_batch_has_one_record_at_least_and_a_bound(count: int) -> None:
    body = json.dumps({"records": [made.RECORD] * count}).encode()
    assert refusal(body, batch=True).findings[0].field == "records"


TWICE = {
    "as written": '{"size": 1, ',
    "spaced": '{"size" : 1, ',
    "on another line": '{"size"\n: 1, ',
    "escaped": '{"\\u0073ize": 1, ',
}


@pytest.mark.parametrize("start", TWICE.values(), ids=TWICE)
def test_a_key_that_stands_twice_is_refused(start: str) -> None:
    found = refusal((start + json.dumps(made.RECORD)[1:]).encode())
    assert found.status == 400
    assert "'size' stands twice" in found.detail


@pytest.mark.parametrize("odd", [':":', '":', 'a " : b', '\\":{'])
def test_a_text_that_looks_like_a_key_is_a_text(odd: str) -> None:
    assert one(place=odd)[2] == odd


NAMES = ["schema", "model_config", "copy", "_hidden", "class", "naïve column", "a.b", "input_0", "json"]


def test_a_column_may_be_called_anything() -> None:
    extra: dict[str, Any] = {name: {"kind": "numeric"} for name in NAMES}
    requests = records.Requests(made.schema(**extra), 1)
    row = requests.rows([{**made.RECORD, **dict.fromkeys(NAMES, 2.5)}])[0]
    assert row.count(2.5) == len(NAMES)


def test_without_calendar_features_no_time_is_asked_for() -> None:
    schema = made.schema().model_copy(update={"features": type(made.schema().features)()})
    given = {name: value for name, value in made.RECORD.items() if name != "at"}
    assert records.Requests(schema, 1).rows([given]) == [(6.5, 11.2, "north", "zone 7", True)]
