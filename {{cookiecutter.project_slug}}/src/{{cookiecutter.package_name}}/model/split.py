"""The split in time: a model learns from what was known before the cut, and is judged on what came after."""

from __future__ import annotations

import pandas as pd

from ..errors import DataError
from .project import Schema


def by_time(frame: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows in time order -> (train, test). The last `training.test_fraction` of the rows are the test.

    With `training.window`, rows are left out that are older than the last one by more than that. Rows of equal time
    stay on one side, and a row whose label was not yet known at the cut is in neither. Raises `DataError` where a side
    is empty.
    """
    times = frame[schema.table.timestamp]
    if times.isna().any():
        wrong = f"{schema.table.timestamp!r} is missing in {int(times.isna().sum())} rows"
        raise DataError(wrong, fix="fill it in, or leave these rows out")
    if schema.training.window and len(frame):
        recent = times >= times.iloc[-1] - schema.training.window
        frame, times = frame[recent], times[recent]
    if len(frame) < 2:
        raise DataError(f"{len(frame)} rows with a label cannot be split", fix="give more rows")
    start = min(max(int(len(frame) * (1 - schema.training.test_fraction)), 1), len(frame) - 1)
    cut = times.iloc[start]
    known = times + schema.table.label_delay <= cut
    train, test = frame[(times < cut) & known], frame[times >= cut]
    if train.empty:
        wrong = f"no label was known before {cut}, where the test rows start ({len(test)} of {len(frame)} rows)"
        raise DataError(wrong, fix="give rows over a longer time, or lower training.test_fraction or table.label_delay")
    return train, test
