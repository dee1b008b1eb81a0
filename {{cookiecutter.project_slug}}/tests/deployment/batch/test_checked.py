"""Rows are asked what the service asks of its callers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from {{cookiecutter.package_name}}.deployment.batch import cells, checked, output
from {{cookiecutter.package_name}}.deployment.batch.source import Chunk
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.service.problems import ProblemError
from {{cookiecutter.package_name}}.service.records import Requests
from {{cookiecutter.package_name}}.service.served import Served

from . import made

GOOD: dict[str, Any] = {"at": "2025-03-03T08:00:00", "km": 3.5, "warm": 11.0, "zone": "4", "rain": True}


def chunk(*rows: dict[str, Any]) -> Chunk:
    return Chunk(0, 1, pa.table({name: [row[name] for row in rows] for name in rows[0]}), 1.0)


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text of numbers": ({"km": "3.5", "warm": "1.1e1", "rain": "yes"}, {}),
    "a code as a number": ({"zone": 4}, {}),
    "a code as a broken number": ({"zone": 4.0}, {}),
    "a code with its broken end": ({"zone": "4.0"}, {}),
    "whole kilometres": ({"km": 3}, {"km": 3.0}),
    "a decimal": ({"km": Decimal("3.5")}, {}),
    "a time": ({"at": dt.datetime(2025, 3, 3, 8)}, {}),
    "a time elsewhere": ({"at": "2025-03-03T10:00:00+02:00"}, {}),
    "a day": ({"at": dt.date(2025, 3, 3)}, {"at": "2025-03-03T00:00:00"}),
    "a truth as a number": ({"rain": 1}, {}),
    "a missing number": ({"warm": float("nan")}, {"warm": None}),
}


@pytest.mark.parametrize("name", SAME)
def test_a_value_means_in_a_file_what_it_means_in_a_request(name: str, model: Served) -> None:
    stored, sent = SAME[name]
    requests = Requests(model.schema, 1)
    _, rows, refused = checked.check(chunk({**GOOD, **stored}), {}, model, requests)
    assert refused == {}
    assert rows == requests.rows([{**GOOD, **sent}])


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "too far": ({"km": 501.0}, {}),
    "not a number": ({"km": "far"}, {}),
    "a number to Python alone": ({"km": "1_0"}, {}),
    "an infinite one": ({"km": float("inf")}, {"km": 1e999}),
    "missing": ({"km": None}, {}),
    "no category": ({"zone": None}, {}),
    "no truth": ({"rain": "perhaps"}, {}),
    "a number of two": ({"rain": 2}, {}),
    "no time": ({"at": "yesterday"}, {}),
    "seconds for a time": ({"at": 1_700_000_000}, {}),
    "a time before all times": ({"at": "1500-01-01"}, {}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_row_is_refused_for_the_reason_that_the_service_gives(name: str, model: Served) -> None:
    stored, _ = WRONG[name]
    requests = Requests(model.schema, 1)
    _, rows, refused = checked.check(chunk({**GOOD, **stored}), {}, model, requests)
    assert rows == []
    if name == "an infinite one":  # which JSON cannot say
        assert "finite" in refused[0]
        return
    with pytest.raises(ProblemError) as problem:
        requests.rows([{**GOOD, **stored}])
    assert [it.field for it in problem.value.findings] == [f"records[0].{next(iter(stored))}"]
    assert problem.value.findings[0].reason in refused[0]


def test_all_that_is_wrong_with_a_row_is_told(model: Served) -> None:
    requests = Requests(model.schema, 1)
    _, _, refused = checked.check(chunk({**GOOD, "km": -1.0, "rain": "perhaps"}), {}, model, requests)
    assert refused[0].count("; ") == 1


def test_rows_without_an_answer_are_found_one_by_one(model: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scorer gives no number for one, and refuses the whole batch for another."""
    requests = Requests(model.schema, 10)
    rows = chunk(*({**GOOD, "km": float(it)} for it in range(10)))
    predict = model.way.scorer.predict

    def moody(given: list[Any]) -> Any:
        if any(row[0] == 7.0 for row in given):
            raise ValueError("seven")
        found = predict(given).copy()
        found[[row[0] == 3.0 for row in given]] = float("inf")
        return found

    monkeypatch.setattr(model.way.scorer, "predict", moody)
    scored = checked.score(rows, {}, model, requests)
    assert scored.refused == {3: checked.NO_ANSWER, 7: checked.NO_ANSWER}
    assert scored.places == [0, 1, 2, 4, 5, 6, 8, 9]
    assert len(scored.predicted) == 8


def test_times_finer_than_a_microsecond_and_codes_are_read() -> None:
    schema = made.schema()
    fine = pa.chunked_array([pa.array([1_741_000_000_123_456_789], pa.timestamp("ns"))])
    assert cells.values(fine, "at", schema) == ["2025-03-03T11:06:40.123456"]
    coded = pa.chunked_array([pa.array(["4", "5", "4"]).dictionary_encode()])
    assert cells.values(coded, "zone", schema) == ["4", "5", "4"]


def test_columns_to_keep_must_be_there_and_not_be_those_of_scoring() -> None:
    schema = made.schema()
    assert output.kept(schema, ("km", "at", "trip no", "x"), ("x",)) == ("trip no", "at", "x")
    with pytest.raises(DataError, match="no column 'y'"):
        output.kept(schema, ("x",), ("y",))
    with pytest.raises(DataError, match="'prediction' is written by scoring"):
        output.kept(schema, ("prediction",), ("prediction",))


def test_a_table_without_an_input_is_refused_before_anything_is_written(model: Served, tmp_path: Path) -> None:
    table = made.rows(20).rename(columns={"zone": "zones"})
    with pytest.raises(DataError, match="no column 'zone'") as error:
        made.score(made.write(table, tmp_path / "in.csv"), tmp_path / "out.csv", model)
    assert "did you mean 'zones'?" in error.value.fix
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]
    with pytest.raises(DataError, match=r"ends in '\.xlsx'"):
        made.score(made.write(made.rows(5), tmp_path / "in.csv"), tmp_path / "out.xlsx", model)
    (tmp_path / "empty.csv").write_text("at,km,warm,zone,rain\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds no rows"):
        made.score(tmp_path / "empty.csv", tmp_path / "out.csv", model)
