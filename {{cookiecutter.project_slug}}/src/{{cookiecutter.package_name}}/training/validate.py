"""Step `validate`: what can be said of the snapshot only as a whole. Rows and batches were checked when they landed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from ..data import disk, manifest
from ..data.manifest import Manifest
from ..errors import DataError
from ..model import frame as frames
from ..model import handoff
from ..model.project import Schema
from ..model.train import FEWEST

REPORT = "report.json"


@dataclass(frozen=True)
class Finding:
    """One check's outcome, and what was seen."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Whole:
    """A snapshot: its folder, its manifest, its rows, and what project.toml says of them."""

    folder: Path
    manifest: Manifest
    rows: pd.DataFrame
    schema: Schema


def run(folder: Path, schema: Schema, out: Path) -> list[Finding]:
    """Check the snapshot in `folder`, write the report. Raises `DataError` naming every check that failed."""
    whole = Whole(folder, manifest.load(folder), frames.read(folder), schema)
    found = [Finding(name, *check(whole)) for name, check in CHECKS.items()]
    handoff.write_json(out / REPORT, {"state": whole.manifest.state, "checks": [asdict(it) for it in found]})
    if wrong := [it for it in found if not it.passed]:
        lines = "".join(f"\n  {it.name}: {it.detail}" for it in wrong)
        raise DataError(
            f"the snapshot is not fit to learn from:{lines}", fix="see `mlops data status`; correct the source"
        )
    return found


def checksums(it: Whole) -> tuple[bool, str]:
    """Every file is the one that was landed."""
    wrong = [file.path for file in it.manifest.files if disk.sha256(it.folder / file.path) != file.sha256]
    return not wrong, f"{', '.join(wrong)} changed" if wrong else f"{len(it.manifest.files)} files"


def count(it: Whole) -> tuple[bool, str]:
    """As many rows as the manifest counts."""
    return len(it.rows) == it.manifest.rows, f"{len(it.rows):,} rows, {it.manifest.rows:,} in the manifest"


def columns(it: Whole) -> tuple[bool, str]:
    """Every column that project.toml names is there, and holds a value."""
    wanted = dict.fromkeys((it.schema.table.timestamp, it.schema.table.target, *it.schema.columns))
    empty = [name for name in wanted if name not in it.rows or it.rows[name].isna().all()]
    return not empty, f"{', '.join(empty)} absent or without a value" if empty else f"{len(wanted)} columns"


def keys(it: Whole) -> tuple[bool, str]:
    """No key stands twice, in whatever batches its rows came."""
    key = list(it.schema.table.key)
    if not key:
        return True, "project.toml names no key"
    twice = int(it.rows.duplicated(key).sum())
    return (
        not twice,
        f"{twice:,} rows repeat the {', '.join(key)} of another" if twice else f"{len(it.rows):,} are distinct",
    )


def labels(it: Whole) -> tuple[bool, str]:
    """Enough rows have a label to learn from."""
    target = it.schema.table.target
    known = int(it.rows[target].notna().sum()) if target in it.rows else 0
    return known >= FEWEST, f"{known:,} of {len(it.rows):,} rows have a label, at least {FEWEST} are needed"


CHECKS: dict[str, Callable[[Whole], tuple[bool, str]]] = {
    "checksums": checksums,
    "row count": count,
    "columns": columns,
    "keys": keys,
    "labels": labels,
}


def passed(report: Path) -> None:
    """Raises `DataError` where the report in `report` is not that of a snapshot which passed."""
    found = handoff.read_json(report / REPORT)
    if not found["checks"] or not all(it["passed"] for it in found["checks"]):
        raise DataError(f"{report / REPORT} holds a check that failed", fix="run the step `validate` again")
