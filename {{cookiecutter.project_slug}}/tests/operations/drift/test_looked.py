"""The last look is kept whole, says since when nothing could be judged, and a file that is none is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.operations.drift import looked
from {{cookiecutter.package_name}}.operations.drift.check import Checked
from {{cookiecutter.package_name}}.operations.drift.looked import Looked
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

AT, HOUR = datetime(2026, 2, 1, tzinfo=UTC), timedelta(hours=1)


def seen(count: int, **instead: Any) -> Checked:
    """A look at so many rows of a week."""
    return made.checked(made.rows(4000), made.rows(count, 1, days=7.0, **instead))


def test_what_was_found_is_kept_with_each_columns_nearest_measure(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "dev")
    assert looked.last(place) is None
    found = seen(1400, km=made.rows(1400, 2)["km"].to_numpy() + 3)
    kept = looked.of(found, "7", AT, None)
    looked.keep(place, kept)
    assert looked.last(place) == kept
    assert (kept.drifted, kept.unjudged, kept.columns, kept.rows, kept.blind) == (True, 0, 3, 1400, "")
    nearest = {column: share for _, column, share in kept.nearest}
    assert nearest["km"] > 1
    assert nearest["zone"] < 1
    assert nearest["km"] == pytest.approx(max(it.ratio for it in found.findings if it.column == "km"))


def test_since_when_nothing_could_be_judged_outlasts_looks_but_not_a_version() -> None:
    few = seen(20)
    first = looked.of(few, "7", AT, None)
    assert (first.unjudged, first.blind, first.nearest) == (3, AT.isoformat(), [])
    assert looked.of(few, "7", AT + HOUR, first).blind == AT.isoformat()
    assert looked.of(few, "8", AT + HOUR, first).blind == (AT + HOUR).isoformat()
    judged = looked.of(seen(1400), "7", AT + HOUR, first)
    assert judged.blind == ""
    assert looked.of(few, "7", AT + 2 * HOUR, judged).blind == (AT + 2 * HOUR).isoformat()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nearest": [1]}'])
def test_a_file_that_is_no_look_is_refused_by_name(tmp_path: Path, text: str) -> None:
    place = Workspace(tmp_path, "dev")
    looked.keep(place, Looked(AT.isoformat(), "7", "no drift", 300, 3, 0, False, [("features", "km", 0.5)], ""))
    (place.folder / looked.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"looked\.json is no look"):
        looked.last(place)
