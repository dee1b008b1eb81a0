"""`data/quarantine/`: what did not pass, with its rows, the reason in words, and the Data Docs page.

The folder of an entry is written before the commit that names it. Its status is in the manifest of the landed folder.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ..errors import DataError
from ..model import frame as frames
from . import disk
from .gate import Finding, Verdict
from .manifest import Held, Manifest, Mark

ROWS, PRINTS, REASON, WHY = "rows.parquet", "fingerprints.txt", "reason.md", "_why"


def folder(root: Path) -> Path:
    """The quarantine of a landed folder: `data/landed` has `data/quarantine`, any other has one with its own name."""
    return root.with_name("quarantine" if root.name == "landed" else f"{root.name}-quarantine")


def put(
    root: Path, name: str, entry: Held, rows: pd.DataFrame, bad: dict[int, list[str]], verdicts: dict[str, Verdict]
) -> None:
    """Write the entry `name`, whole or not at all: its rows, their fingerprints, the pages and the reason."""
    target = folder(root) / name
    part = target.with_name(f".{name}{disk.PART}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    why = [", ".join(bad.get(int(at), [])) for at in rows.index]
    buffer = io.BytesIO()
    storable(rows).assign(**{WHY: why}).to_parquet(buffer, index=False)
    disk.write(part / ROWS, buffer.getvalue())
    disk.write(part / PRINTS, "".join(f"{it}\n" for it in fingerprints(rows)).encode())
    links = []
    for suite, verdict in verdicts.items():
        if verdict.page:
            disk.write(part / f"{suite}.html", verdict.page.encode())
            links.append(f"{suite}.html")
    findings = [finding for verdict in verdicts.values() for finding in verdict.findings]
    disk.write(part / REASON, text(name, entry, findings, links).encode())
    replace(part, target)


def put_file(root: Path, name: str, entry: Held, original: Path) -> None:
    """Write the entry of a file that cannot be read: the file itself, and why."""
    target = folder(root) / name
    part = target.with_name(f".{name}{disk.PART}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    disk.write(part / original.name, original.read_bytes())
    disk.write(part / REASON, text(name, entry, [], []).encode())
    replace(part, target)


def replace(part: Path, target: Path) -> None:
    """Put a finished folder in place; one that is there was never committed."""
    shutil.rmtree(target, ignore_errors=True)
    part.replace(target)
    disk.settle(target.parent)


def storable(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns of mixed values as text, since a Parquet column has one type."""
    out = rows.copy()
    for name in out.select_dtypes(object):
        out[name] = pd.Series([cell(value) for value in out[name]], index=out.index, dtype=object)
    return out


def cell(value: object) -> str | None:
    """A parsed value as text, so that parsing it again gives the same value."""
    if value is None or value != value:
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else str(value)


def fingerprints(rows: pd.DataFrame) -> list[str]:
    """A name for the content of each parsed row, the same in whichever batch it is read again."""
    columns = [[frames.category(cell(value)) for value in rows[name].astype(object)] for name in sorted(rows.columns)]
    texts = ("\x1f".join("\x00" if it is None else it for it in row) for row in zip(*columns, strict=True))
    return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]


def seen(root: Path, manifest: Manifest, since: Mark) -> set[str]:
    """Fingerprints of the quarantined rows that a source may give again when it is read from `since` on."""
    out: set[str] = set()
    for name, entry in manifest.quarantine.items():
        path = folder(root) / name / PRINTS
        if (entry.edge or reaches(entry.marks[1], since)) and path.exists():
            out.update(path.read_text(encoding="utf-8").split())
    return out


def reaches(mark: Mark, since: Mark) -> bool:
    """Whether `mark` is not before `since`; times as ISO text sort as times."""
    if mark is None or since is None:
        return mark is not None
    return bool(mark >= since)  # type: ignore[operator]


def read(root: Path, name: str) -> pd.DataFrame:
    """The rows of an entry, as text where they could not be read."""
    path = folder(root) / name / ROWS
    if not path.exists():
        fix = f"put a corrected file into the source folder, then `mlops quarantine drop {name} --reason ...`"
        raise DataError(f"{name} has no rows that could be read", fix=fix)
    return pd.read_parquet(path).drop(columns=[WHY])


def forget(root: Path, name: str) -> None:
    """Remove the rows of an entry; why they were there stays to be read."""
    (folder(root) / name / ROWS).unlink(missing_ok=True)


def find(manifest: Manifest, name: str) -> Held:
    """The entry that waits under `name`. Raises `DataError` where there is none."""
    entry = manifest.quarantine.get(name)
    if entry is None:
        raise DataError(f"the quarantine has no batch {name!r}", fix=choices(manifest))
    if entry.status != "held":
        raise DataError(f"{name} was {entry.status} on {entry.decided}", fix=choices(manifest))
    return entry


def choices(manifest: Manifest) -> str:
    """What may be decided on."""
    held = manifest.held()
    return f"name one of {', '.join(held)}" if held else "nothing is held"


def sweep(root: Path, manifests: Iterable[Manifest]) -> None:
    """Remove folders that no commit names: a run that wrote them was killed."""
    known = {name for manifest in manifests for name in manifest.quarantine}
    place = folder(root)
    for path in place.iterdir() if place.is_dir() else ():
        leftover = path.name.startswith(".") and path.name.endswith(disk.PART)
        if leftover or (path.name.isdigit() and len(path.name) == 6 and path.name not in known):
            shutil.rmtree(path, ignore_errors=True)


def text(name: str, entry: Held, findings: list[Finding], links: list[str]) -> str:
    """`reason.md`."""
    span = " to ".join(str(mark) for mark in dict.fromkeys(entry.marks) if mark is not None)
    what = "refused whole" if entry.whole else f"{entry.rows} of {entry.batch_rows} rows set aside, the others landed"
    lines = [
        f"# Batch {name}: {what}",
        "",
        f"From `{entry.source}`{', watermark ' + span if span else ''}: {entry.batch_rows} rows, read on {entry.at}.",
        "",
        *(f"- {why}" for why in entry.why),
        "",
    ]
    if findings:
        lines += ["| expectation | column | rows | examples |", "|---|---|---|---|"]
        lines += [row(finding) for finding in findings]
        pages = ", ".join(f"[{link}]({link})" for link in links)
        lines += ["", f"Data Docs: {pages}. The rows: `{ROWS}`, with the reason for each in `{WHY}`.", ""]
    return "\n".join([*lines, *advice(name, readable=bool(findings))]) + "\n"


def row(finding: Finding) -> str:
    """A finding as a line of the table."""
    examples = ", ".join(f"`{example}`" for example in finding.examples).replace("|", "\\|")
    return f"| `{finding.expectation}` | {finding.column} | {finding.count or 'all'} | {examples} |"


def advice(name: str, *, readable: bool) -> list[str]:
    """What to do, by what is wrong."""
    drop = f"`mlops quarantine drop {name} --reason TEXT`"
    lines = [
        "## What to do",
        f"- The source is wrong: correct it there; corrected rows are read again by themselves. Then {drop}.",
    ]
    if readable:
        lines += [
            f"- `project.toml` is wrong: correct it, then `mlops quarantine release {name}` checks and lands the rows.",
            f"- The rows are right all the same: `mlops quarantine release {name} --accept --by NAME --reason TEXT`.",
        ]
    return lines
