"""Which of some rows are new, changed, or there already. Of two versions of a row the newer by the watermark counts."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from . import partition
from .layout import Layout, mark
from .manifest import File, Manifest, Mark

Mask = npt.NDArray[np.bool_]
PATH, AT, ROW = "\0path", "\0at", "\0row"  # names that no source's column has


@dataclass(frozen=True)
class Matched:
    """Rows against what is landed: three masks over the rows, and for each changed one where its old version stands."""

    new: Mask
    changed: Mask
    known: Mask
    replaced: dict[str, npt.NDArray[np.int64]]


def newest(rows: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Without repeated and outdated versions. Two versions of equal age that differ both stay: nobody can choose."""
    rows = rows.drop_duplicates()
    if not layout.key:
        return rows
    latest = rows.groupby(list(layout.key), sort=False, dropna=False)[layout.watermark].transform("max")
    return rows[rows[layout.watermark] == latest]


def match(rows: pd.DataFrame, root: Path, manifest: Manifest, layout: Layout, *, late: bool = True) -> Matched:
    """Compare `rows` (one version each) with what is landed.

    Where a row and its landed version are equally old and differ, the row counts; with `late=False`, the landed one.
    """
    old = landed(rows, root, manifest, layout)
    both = numbered(rows).merge(old, on=list(layout.identity), how="inner", suffixes=("", "\0old"))
    at = both[ROW].to_numpy(dtype=np.int64)
    same, age = equal(both, layout), older(both, layout)
    changed = ~same & (age > 0 if not late else age >= 0)
    found, differs = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    found[at], differs[at[changed]] = True, True
    where = both[changed].groupby(PATH, sort=True)[AT]
    replaced = {str(path): np.sort(at.to_numpy(dtype=np.int64)) for path, at in where}
    return Matched(~found, differs, found & ~differs, replaced)


def numbered(rows: pd.DataFrame) -> pd.DataFrame:
    """With the place of each row."""
    return rows.assign(**{ROW: np.arange(len(rows))})


def equal(both: pd.DataFrame, layout: Layout) -> Mask:
    """Where every column is as it was landed; missing equals missing."""
    same = np.ones(len(both), dtype=bool)
    for name in layout.types:
        if name not in layout.identity:
            one, other = both[name], both[f"{name}\0old"]
            same &= ((one == other) | (one.isna() & other.isna())).to_numpy(dtype=bool)
    return same


def older(both: pd.DataFrame, layout: Layout) -> npt.NDArray[np.int8]:
    """1 where the landed version is older than the row, 0 where they are equally old, -1 where it is newer."""
    if layout.watermark in layout.identity:
        return np.zeros(len(both), dtype=np.int8)
    one, other = both[layout.watermark], both[f"{layout.watermark}\0old"]
    return (one > other).to_numpy(dtype=np.int8) - (one < other).to_numpy(dtype=np.int8)


def landed(rows: pd.DataFrame, root: Path, manifest: Manifest, layout: Layout) -> pd.DataFrame:
    """The landed versions of `rows`, with the file and the place in it where each stands."""
    identity = list(layout.identity)
    wanted = hashed(rows[identity])
    parts = []
    for file in candidates(rows, manifest, layout):
        ids = layout.frame(pq.read_table(root / file.path, columns=identity, partitioning=None))
        hits = np.flatnonzero(np.isin(hashed(ids), wanted))
        if len(hits):
            parts.append(placed(partition.read(root, file, layout).iloc[hits], file.path, hits))
    return pd.concat(parts, ignore_index=True) if parts else placed(rows.iloc[:0], "", np.empty(0, dtype=np.int64))


def placed(rows: pd.DataFrame, path: str, at: npt.NDArray[np.int64]) -> pd.DataFrame:
    """With the file and the place in it of each row."""
    out = rows.copy()
    out[PATH], out[AT] = path, at
    return out


def hashed(frame: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """A number for each row, to look through many quickly; who is meant is then decided by the values themselves."""
    return np.asarray(pd.util.hash_pandas_object(frame, index=False, categorize=False), dtype=np.uint64)


def candidates(rows: pd.DataFrame, manifest: Manifest, layout: Layout) -> list[File]:
    """The files that may hold one of `rows`: their own partitions; where a row can move, all whose keys overlap."""
    if not manifest.files or rows.empty:
        return []
    if layout.timestamp in layout.identity:
        own = set(partition.labels(rows[layout.timestamp], manifest.partition or "day"))
        return [file for file in manifest.files if partition.label_of(file) in own]
    keys = sorted({mark(value) for value in rows[layout.key[0]]}, key=ranked)
    return [file for file in manifest.files if file.keys is None or overlaps(keys, *file.keys)]


def ranked(key: Mark) -> Any:
    """Keys are of one type, which the layout sees to; a type checker cannot know."""
    return key


def overlaps(keys: list[Mark], low: Mark, high: Mark) -> bool:
    """Whether one of the sorted `keys` is from `low` to `high`."""
    at = bisect_left(keys, ranked(low), key=ranked)
    return at < len(keys) and bool(ranked(keys[at]) <= high)
