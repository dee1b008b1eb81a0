"""`mlops accept PATH`: a handed-off folder is checked, kept under its digest with a record, and served from then on."""

from __future__ import annotations

import getpass
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..clock import Clock
from ..errors import ModelError
from ..model import handoff
from ..model.project import Schema
from . import checks, store
from .checks import Check, Examined


class RefusedError(ModelError):
    """A hand-off that is not taken; `checks` has every outcome."""

    def __init__(self, path: Path, outcome: list[Check]) -> None:
        failed = [check for check in outcome if not check.passed]
        lines = "".join(f"\n  {check.name} {check.mark}: {check.detail}" for check in failed)
        fix = "the model that is served stays as it was; correct the hand-off and accept it again"
        super().__init__(f"{path} is refused: {len(failed)} of {len(outcome)} checks did not pass{lines}", fix=fix)
        self.checks = outcome


@dataclass(frozen=True)
class Accepted:
    """A model that was taken: its digest, where it is kept, what was checked."""

    digest: str
    folder: Path
    checks: list[Check]
    again: bool


def run(path: Path, expected: Schema, models: store.Store, clock: Clock, by: str = "", reason: str = "") -> Accepted:
    """Check, keep, record, point. Raises `RefusedError` naming every check that failed; nothing is changed then.

    The copy is checked and not the original, which could change in between. The same folder again changes nothing but
    the pointer, so that accepting an older one is how to go back to it.
    """
    with models.staging() as staged:
        copy(path, staged)
        examined = Examined(staged, expected, reason)
        outcome = checks.run(examined)
        if examined.loaded is None or not all(check.passed for check in outcome):
            raise RefusedError(path, [tidy(check, staged, path) for check in outcome])
        digest = examined.loaded.digest
        again = models.holds(digest, handoff.sha256(staged / handoff.SUMS))
        if not again:
            write_record(staged, examined, outcome, by or user(), clock)
            models.keep(staged, digest)
        models.point(digest)
        return Accepted(digest, models.folder(digest), outcome, again)


def copy(path: Path, staged: Path) -> None:
    """Copy what the checksums list, and them; other files were not handed off."""
    listed = handoff.read_sums(path)
    shutil.copyfile(path / handoff.SUMS, staged / handoff.SUMS)
    for name in listed:
        if (path / name).is_file():
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path / name, staged / name)


def tidy(check: Check, staged: Path, path: Path) -> Check:
    """A detail that names the folder which the user knows."""
    return Check(check.name, check.passed, check.detail.replace(str(staged), str(path)))


def user() -> str:
    """Who runs this, as the machine has it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may know no name for its user
        return "unknown"


def write_record(folder: Path, it: Examined, outcome: list[Check], by: str, clock: Clock) -> None:
    """`acceptance.json` for machines, `ACCEPTANCE.md` for people."""
    assert it.loaded is not None
    assert it.served is not None
    record: dict[str, Any] = {
        "format": 1,
        "digest": it.loaded.digest,
        "sums_sha256": handoff.sha256(folder / handoff.SUMS),
        "at": clock.now().isoformat(timespec="seconds"),
        "by": by,
        "reason": it.reason,
        "target": it.loaded.schema.table.target,
        "scorer": it.served.way.scorer.name,
        "compiled": it.served.way.fast,
        "proof": asdict(it.served.way.proof) if it.served.way.proof else None,
        "checks": [asdict(check) for check in outcome],
        "schema": it.loaded.schema.model_dump(mode="json"),
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    (folder / store.RECORD).write_text(text, encoding="utf-8", newline="\n")
    (folder / store.TEXT).write_text(page(record, outcome), encoding="utf-8", newline="\n")


def page(record: dict[str, Any], outcome: list[Check]) -> str:
    """The record in words."""
    rows = "".join(
        f"| {check.name} | {check.mark} | {check.detail.replace('|', chr(92) + '|')} |\n" for check in outcome
    )
    why = f"\nReason given: {record['reason']}\n" if record["reason"] else ""
    return (
        f"# Acceptance of model {record['digest'][: store.SHORT]}\n\n"
        f"Accepted by {record['by']} at {record['at']}.\n{why}\n"
        f"| check | outcome | seen |\n| --- | --- | --- |\n{rows}\n"
        f"sha256 of the model: `{record['digest']}`\n"
    )
