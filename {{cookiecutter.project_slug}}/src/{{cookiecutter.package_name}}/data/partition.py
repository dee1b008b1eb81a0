"""Partitions: one Parquet file for each day or month of the rows' timestamp, named by its content."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from . import disk
from .layout import Layout, mark
from .manifest import By, File, Manifest

DENSE = 500  # rows a day from which a file a day is worth its while
FORMATS: dict[By, str] = {"day": "%Y-%m-%d", "month": "%Y-%m"}


def choose(times: pd.Series) -> By:
    """By day where the rows are many, by month where a file a day would hold next to nothing."""
    days = max(times.dt.normalize().nunique(), 1)
    return "day" if len(times) / days >= DENSE else "month"


def labels(times: pd.Series, by: By) -> pd.Series:
    """The folder of each row."""
    named: pd.Series = f"{by}=" + times.dt.strftime(FORMATS[by])
    return named


def label_of(file: File) -> str:
    """The folder of a file."""
    return file.path.split("/")[0]


def read(root: Path, file: File, layout: Layout) -> pd.DataFrame:
    """The rows of a file, in its order."""
    return layout.frame(pq.read_table(root / file.path, columns=list(layout.types), partitioning=None))


def rewrite(
    root: Path,
    manifest: Manifest,
    layout: Layout,
    rows: pd.DataFrame,
    replaced: dict[str, npt.NDArray[np.int64]],
) -> tuple[File, ...]:
    """Write the partitions that change as new files beside the old ones; gives all files of the new state.

    `rows` come in; `replaced` are the places, by file, of the versions that go.
    """
    by = manifest.partition or "day"
    groups = dict(list(rows.groupby(labels(rows[layout.timestamp], by), sort=True)))
    files = {label_of(file): file for file in manifest.files}
    for label in sorted({*groups, *(path.split("/")[0] for path in replaced)}):
        old = files.pop(label, None)
        parts = [] if old is None else [kept(root, old, layout, replaced.get(old.path))]
        parts += [groups[label]] if label in groups else []
        whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
        if len(whole):
            files[label] = write(root, label, whole, layout)
    return tuple(files.values())


def kept(root: Path, file: File, layout: Layout, gone: npt.NDArray[np.int64] | None) -> pd.DataFrame:
    """The rows of a file that stay."""
    rows = read(root, file, layout)
    return rows if gone is None else rows.drop(index=rows.index[gone])


def write(root: Path, label: str, rows: pd.DataFrame, layout: Layout) -> File:
    """Write one partition. Equal rows give equal bytes, in whatever order and batches they came."""
    rows = rows.sort_values(layout.order, kind="stable", ignore_index=True)
    buffer = io.BytesIO()
    pq.write_table(layout.stored(rows), buffer, compression="zstd")
    sha256 = hashlib.sha256(buffer.getbuffer()).hexdigest()
    path = f"{label}/{sha256[:16]}.parquet"
    disk.write(root / path, buffer.getvalue())
    return described(path, sha256, rows, layout)


def described(path: str, sha256: str, rows: pd.DataFrame, layout: Layout) -> File:
    """What the manifest says of a file."""
    times, first = rows[layout.timestamp], layout.key[0] if layout.key else None
    nulls = {str(name): int(count) for name, count in rows.isna().sum().items() if count}
    return File(
        path=path,
        sha256=sha256,
        rows=len(rows),
        start=times.min().isoformat(),
        end=times.max().isoformat(),
        nulls=nulls,
        keys=(mark(rows[first].min()), mark(rows[first].max())) if first else None,
    )
