"""What kind of column a column is, judged from its values and, where these leave it open, from its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from . import frame as frames

Sort = Literal["numeric", "categorical", "boolean", "timestamp", "constant", "empty", "id", "text", "mixed", "nested"]
FEATURES: tuple[Sort, ...] = ("numeric", "categorical", "boolean")
CODES, HIGH, LONG, MOSTLY = 12, 255, 50, 0.5
CODE_WORDS = frozenset({"id", "ids", "code", "key", "zip", "postcode", "uuid", "guid", "number", "no", "nr", "type"})
COUNT_WORDS = frozenset(
    {"count", "cnt", "num", "n", "qty", "quantity", "amount", "total", "passengers", "persons", "age"}
)
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")


@dataclass(frozen=True)
class Found:
    """One column: its kind, how many values it has, whether some are missing, and what a person should know of it."""

    name: str
    sort: Sort
    distinct: int
    missing: float
    note: str = ""

    @property
    def usable(self) -> bool:
        return self.sort in FEATURES


def look(values: pd.Series) -> Found:
    """Judge one column of a table."""
    name, rows = str(values.name), len(values)
    given = values.dropna()
    missing = 1 - len(given) / rows
    if given.empty:
        return Found(name, "empty", 0, missing, "has no value at all")
    if given.dtype == object and given.map(lambda value: isinstance(value, list | dict | set | np.ndarray)).any():
        return Found(name, "nested", 0, missing, "holds lists or records")
    distinct = int(given.nunique())
    if distinct == 1 and not missing:
        return Found(name, "constant", 1, missing, f"is always {frames.spoken(given.iloc[0])}")
    sort, note = judge(given, words(name), distinct)
    if sort in FEATURES and missing > MOSTLY:
        note = "; ".join(filter(None, [note, f"is missing in {missing:.0%} of the rows"]))
    return Found(name, sort, distinct, missing, note)


def words(name: str) -> frozenset[str]:
    """`customerId_no` -> customer, id, no."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return frozenset(re.split(r"[^a-z0-9]+", spaced.lower()))


def judge(given: pd.Series, named: frozenset[str], distinct: int) -> tuple[Sort, str]:
    """(kind, note) of the values that are there."""
    if pd.api.types.is_datetime64_any_dtype(given):
        return "timestamp", ""
    if pd.api.types.is_timedelta64_dtype(given):
        return "mixed", "is a length of time: write it as a number"
    if is_boolean(given):
        return "boolean", ""
    if pd.api.types.is_numeric_dtype(given):
        return numbers(given.astype("float64"), named, distinct)
    return texts(given.astype(str), distinct)


def is_boolean(given: pd.Series) -> bool:
    """Two values, and ones that `frame.as_boolean` reads."""
    if given.nunique() != 2:
        return False
    found = {str(value).lower() for value in given.unique()}
    return found <= frames.TRUE | frames.FALSE and bool(found & frames.TRUE) and bool(found & frames.FALSE)


def numbers(given: pd.Series, named: frozenset[str], distinct: int) -> tuple[Sort, str]:
    """A quantity, a code, or the number of the row."""
    whole = bool((given % 1 == 0).all())
    if not whole:
        return "numeric", ""
    spread = float(given.max() - given.min())
    if distinct == len(given) and (named & CODE_WORDS or spread < 2 * len(given)):
        return "id", "has another value in each row"
    if named & CODE_WORDS:
        return "categorical", "is a number that names something; write numeric if its size means something"
    if distinct <= CODES and spread <= 31 and not named & COUNT_WORDS and distinct < len(given) / 10:
        return (
            "categorical",
            f"holds {distinct} whole numbers, taken as codes; write numeric if their size means something",
        )
    return "numeric", ""


def texts(given: pd.Series, distinct: int) -> tuple[Sort, str]:
    """A category, a number or a time in disguise, a name of the row, or prose."""
    as_numbers = pd.to_numeric(given, errors="coerce")
    if as_numbers.notna().all():
        return numbers(as_numbers.astype("float64"), frozenset(), distinct)
    if as_numbers.notna().mean() > 0.9:
        strange = given[as_numbers.isna()]
        wrong = f"is a number but for {strange.iloc[0]!r} and the like in {len(strange)} rows: empty or correct these"
        return "mixed", wrong
    if is_time(given):
        return "timestamp", ""
    if given.str.len().mean() > LONG:
        return "text", "is prose, which no estimator here reads"
    if distinct > 0.9 * len(given) and len(given) > 20:
        return "id", "has another value in nearly each row"
    if given.str.fullmatch(DATE.pattern + r"([ T].*)?").mean() > 0.9:
        return "mixed", f"is a time such as {given.iloc[0]!r}: write times as 2026-01-31T08:00:00"
    if distinct > HIGH:
        return "categorical", f"has {distinct:,} values: the rarest share one code above {HIGH}"
    return "categorical", ""


def is_time(given: pd.Series) -> bool:
    """Dates in ISO form, each of them."""
    if not given.head(100).str.match(r"\d{4}-?\d{2}-?\d{2}").all():
        return False
    return bool(pd.to_datetime(given, utc=True, format="ISO8601", errors="coerce").notna().all())
