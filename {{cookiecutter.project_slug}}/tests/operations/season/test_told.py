"""A season that does not show what it promises fails the story; one that does is drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from {{cookiecutter.package_name}}.deployment.rehearsal.copied import RehearsalError
from {{cookiecutter.package_name}}.operations import story
from {{cookiecutter.package_name}}.operations.season import diary, picture
from {{cookiecutter.package_name}}.operations.season.diary import Entry
from {{cookiecutter.package_name}}.operations.season.told import Came

AT = datetime(2025, 2, 24, tzinfo=UTC)
ERRORS = pd.DataFrame(
    {
        "at": pd.date_range(AT - timedelta(days=3), periods=8, freq="D"),
        "loss": [4.0, 4.2, 4.1, 7.0, 7.1, 7.0, 5.0, 5.1],
        "rows": [100] * 8,
        "version": ["1"] * 6 + ["2"] * 2,
    }
)
ERRORS.attrs["loss"] = "absolute error"


def season(failed: list[str] | None = None, turns: datetime | None = AT) -> Any:
    return SimpleNamespace(comes=SimpleNamespace(turns=turns), crowd=SimpleNamespace(asked=9, failed=failed or []))


@pytest.fixture
def came() -> Came:
    """A season in which all went as it should."""
    release: Any = SimpleNamespace(approved="policy.toml", began=AT + timedelta(days=3))
    signal: Any = SimpleNamespace(at=AT.isoformat(), kind="regression")
    entries = (Entry(AT, "alarm", "regression"), Entry(AT, "training", "version 2"), Entry(AT, "release", "done"))
    return Came(signal, release, 0, 4.1, 7.0, 5.05, 7.2, ERRORS, entries)


def test_a_season_as_it_should_be_is_a_story(came: Came) -> None:
    story.must(season(), came)
    assert "an error of 5.05; the version before would have had 7.2 on the same rows" in story.words(season(), came)
    assert "saw it in what came true" in story.words(season(), came)
    drifted: Any = SimpleNamespace(at=AT.isoformat(), kind="drift")
    assert "saw it in what callers sent" in story.words(season(), replace(came, signal=drifted))


@pytest.mark.parametrize(
    ("changed", "failed", "said"),
    [
        ({}, ["noon: 502"], "1 requests failed"),
        ({"early": 1}, [], "before anything had changed"),
        ({"release": None}, [], "no version that production asked for took over"),
        ({"release": SimpleNamespace(approved="Zoe")}, [], "the policy did not answer, Zoe did"),
        ({"after": 7.5}, [], "the error did not recover: 7.50, and 7.20 with the version before"),
        ({"after": 7.3, "during": 9.0}, [], "the error did not recover"),
        ({"after": float("nan")}, [], "the error did not recover"),
    ],
)
def test_what_is_missing_from_it_fails_the_story(
    came: Came, changed: dict[str, Any], failed: list[str], said: str
) -> None:
    with pytest.raises(RehearsalError, match=said):
        story.must(season(failed), replace(came, **changed))


def test_rows_of_ones_own_promise_only_that_everybody_is_answered(came: Came) -> None:
    story.must(season(turns=None), replace(came, release=None, signal=None))
    assert "saw no drift that mattered" in story.words(season(turns=None), replace(came, release=None, signal=None))
    with pytest.raises(RehearsalError, match="1 requests failed"):
        story.must(season(["noon: 502"], turns=None), came)


def test_it_is_drawn(came: Came, tmp_path: Path) -> None:
    alone = picture.draw(came.errors, (), None, tmp_path / "alone.png").read_bytes()
    beside = came.errors.assign(otherwise=[float("nan")] * 6 + [7.2, 7.1])
    beside.attrs = came.errors.attrs
    assert picture.draw(beside, (), None, tmp_path / "beside.png").read_bytes() != alone
    drawn = picture.draw(came.errors, came.entries, AT, tmp_path / "reports" / "season.png")
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert drawn.stat().st_size > 20_000


def test_the_mean_error_is_weighted_by_rows() -> None:
    few = ERRORS.assign(rows=[100, 100, 300, 1, 1, 1, 1, 1])
    assert diary.mean(few, AT - timedelta(days=3), AT) == pytest.approx((4.0 + 4.2 + 3 * 4.1) / 5)
    assert pd.isna(diary.mean(few, AT + timedelta(days=90), AT + timedelta(days=99)))
