"""DuckDB within bounds, and its errors in words."""

from __future__ import annotations

import pytest

from {{cookiecutter.package_name}}.features import engine
from {{cookiecutter.package_name}}.features.featureset import FeatureError

WRONG = {
    "not SQL": "SELECT FROM WHERE",
    "no such column": "SELECT nothing FROM range(1)",
    "no such function": "SELECT median_of_medians(1)",
    "not a number": "SELECT CAST('x' AS DOUBLE)",
    "a logarithm of zero": "SELECT LN(x - x) FROM range(3) AS t(x)",
}


@pytest.mark.parametrize("query", WRONG.values(), ids=WRONG)
def test_sql_that_cannot_be_run_names_the_definition_and_the_reason(query: str) -> None:
    with engine.connected() as database, pytest.raises(FeatureError, match="'traffic' cannot be run: ") as caught:
        engine.table(database, query, "feature set 'traffic'")
    assert "definitions.py" in caught.value.fix


def test_division_by_zero_is_null_as_on_spark() -> None:
    with engine.connected() as database:
        query = "SELECT x / 0 AS whole, x * 1.5 / 0 AS part, 0.0 / x AS none FROM range(1) AS t(x)"
        assert engine.table(database, query, "a test").to_pylist() == [{"whole": None, "part": None, "none": None}]


def test_what_needs_more_memory_than_is_allowed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MEMORY", "30MB")
    query = "SELECT list(x || ' long enough to be kept apart') AS all_of_it FROM range(3000000) AS t(x)"
    with engine.connected(threads=1) as database, pytest.raises(FeatureError, match="30MB") as caught:
        engine.table(database, query, "a test")
    assert "shorter" in caught.value.fix
