"""`mlops data describe`: what is in a table, and a `project.toml` for it that a person then corrects."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pandas as pd

from ..errors import DataError, ProjectError
from . import frame as frames
from . import kinds, leaks, project, roles
from .kinds import Found
from .leaks import Leak
from .peek import Peek, peek
from .project import Task
from .proposal import Proposal

MAX_CLASSES, FEW_CLASSES = 50, 10


def propose(path: Path, target: str, *, shown_path: str) -> Proposal:
    """Describe the table in `path`. Raises `DataError` where no model could be trained on it.

    `shown_path` is what the proposed file says: the path as the project will know it.
    """
    looked = peek(path)
    table = looked.frame.rename(columns=str)
    frames.require(table, (target,))
    found = {name: kinds.look(table[name]) for name in table.columns}
    task, note = task_of(table[target], found[target])
    others = {name: it for name, it in found.items() if name != target}
    timestamp, time_warnings = roles.choose_time(table, others, path)
    given = leaking(table, others, target, task, timestamp)
    told = {name for leak in given for name in leak.columns}
    usable = {name: it for name, it in others.items() if it.usable and name not in told}
    entities = roles.entities_of(usable, len(table))
    proposal = Proposal(
        shown_path=shown_path,
        rows=looked.rows,
        step=looked.step,
        target=target,
        task=task,
        target_note=note,
        classes=classes_of(table[target]) if task == "binary" else (),
        timestamp=timestamp,
        calendar=roles.calendar_of(roles.times(table[timestamp]), set(table.columns)),
        columns=found,
        leaks=tuple(given),
        key=roles.key_of(table, others, timestamp, entities),
        entities=entities,
        slices=roles.slices_of(table, usable),
        warnings=(*time_warnings, *row_warnings(looked, table, found, target)),
    )
    return checked(proposal, path)


def checked(proposal: Proposal, path: Path) -> Proposal:
    """The proposal, if it can be loaded. Raises `DataError` where no column is left to learn from."""
    if not proposal.features and not proposal.calendar:
        why = "; ".join(f"{name} {reason}" for name, reason in proposal.left_out.items())
        raise DataError(f"{path} has no column to learn from: {why}", fix="add columns that are known beforehand")
    try:
        project.parse(tomllib.loads(proposal.toml()))
    except (ProjectError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path} cannot be described as it is: {error}", fix="rename that column") from None
    return proposal


def task_of(values: pd.Series, found: Found) -> tuple[Task, str]:
    """(task, remark) from the target's values. Raises `DataError` where it cannot be predicted."""
    wrong = f"the target {found.name!r}"
    if found.sort in ("empty", "constant", "nested") or found.distinct < 2:
        raise DataError(f"{wrong} {found.note or 'has one value only'}", fix="choose another --target, or other rows")
    if found.distinct == 2:
        return "binary", ""
    if pd.api.types.is_numeric_dtype(values):
        given = values.dropna().astype("float64")
        if (given % 1 == 0).all() and found.distinct <= FEW_CLASSES:
            return (
                "multiclass",
                f"{found.distinct} whole numbers, taken as classes; write regression if their size counts",
            )
        return "regression", ""
    if found.sort in ("timestamp", "mixed", "text", "id") or found.distinct > MAX_CLASSES:
        reason = found.note or f"is a {found.sort} with {found.distinct:,} values"
        raise DataError(f"{wrong} {reason}", fix=f"choose a number, or at most {MAX_CLASSES} classes")
    return "multiclass", ""


def classes_of(values: pd.Series) -> tuple[str, ...]:
    """The names of the classes, in order."""
    return tuple(sorted(set(frames.as_category(values).dropna())))


def leaking(table: pd.DataFrame, found: dict[str, Found], target: str, task: Task, timestamp: str) -> list[Leak]:
    """The columns that give the target away, looked for in time order."""
    rows = table[table[target].notna()]
    rows = rows.iloc[roles.times(rows[timestamp]).argsort(kind="stable")]
    if task == "regression":
        wanted, classes = frames.as_number(rows[target]), 0
    else:
        codes, names = pd.factorize(frames.as_category(rows[target]), sort=True)
        wanted, classes = pd.Series(codes.astype("float64"), name=target), len(names)
    single = {name: as_kind(rows[name], it) for name, it in found.items() if it.usable}
    numbers = {name: values for name, it in found.items() if (values := as_number(rows[name], it)) is not None}
    known = leaks.find(single, numbers, wanted, classes)
    bare = [Leak(tuple(name for name in leak.columns if name != timestamp), leak.how) for leak in known]
    return [leak for leak in bare if leak.columns]


def as_kind(values: pd.Series, it: Found) -> pd.Series:
    """A feature column as the estimator would have it; categories as such."""
    if it.sort == "categorical":
        return frames.as_category(values).astype("category")
    return (
        frames.as_boolean(values) if it.sort == "boolean" else pd.to_numeric(values, errors="coerce").astype("float64")
    )


def as_number(values: pd.Series, it: Found) -> pd.Series | None:
    """A column that sums can be made of: numbers, and times as seconds."""
    if it.sort == "timestamp":
        at = roles.times(values)
        return pd.Series((at - at.min()).dt.total_seconds(), dtype="float64")
    if it.sort == "boolean":
        return frames.as_boolean(values)
    if it.sort in ("constant", "empty", "nested", "text", "id"):  # the number of a row often counts time
        return None
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return None if numbers.isna().mean() > kinds.MOSTLY else numbers


def row_warnings(looked: Peek, table: pd.DataFrame, found: dict[str, Found], target: str) -> list[str]:
    """What to know of the rows as a whole."""
    out = []
    hashable = [name for name, it in found.items() if it.sort != "nested"]
    if twice := int(table.duplicated(hashable).sum()):
        out.append(f"{twice:,} rows are there twice")
    if unknown := int(table[target].isna().sum()):
        out.append(f"{target} is missing in {unknown:,} rows: they are not trained on")
    if looked.step > 1:
        out.append(
            f"every {looked.step}th row was looked at: that a key is unique, or a value missing, may not be seen"
        )
    if len(table) < leaks.FEWEST:
        out.append(f"{len(table)} rows are too few to see whether a column gives the target away")
    return out


def write(proposal: Proposal, path: Path, *, force: bool) -> Path | None:
    """Write `path`; gives where the old one was kept. Raises `ProjectError` if there is one and not `force`."""
    kept = None
    if path.exists():
        if not force:
            raise ProjectError(f"{path} is there already", fix="--force replaces it, and keeps the old one as .bak")
        kept = path.with_name(f"{path.name}.bak")
        shutil.copyfile(path, kept)
    part = path.with_name(f".{path.name}.part")
    part.write_text(proposal.toml(), encoding="utf-8", newline="\n")
    part.replace(path)
    return kept
