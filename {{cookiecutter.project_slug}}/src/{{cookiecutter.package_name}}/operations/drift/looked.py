"""The last look at what is served, kept for the status, the metrics and whoever must know that nothing can be seen."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from ...errors import DataError
from ...workspace import Workspace
from .check import Checked

FILE = Path("monitor", "looked.json")


@dataclass(frozen=True)
class Looked:
    """`nearest`: by group and column, the measure nearest to its threshold, as a share of it. `rows` are the window's.

    `blind` is since when no column could be judged, look after look; empty where one was.
    """

    at: str
    version: str
    sentence: str
    rows: int
    columns: int
    unjudged: int
    drifted: bool
    nearest: list[tuple[str, str, float]]
    blind: str


def of(found: Checked, version: str, at: datetime, before: Looked | None) -> Looked:
    """What a look found; `before` is the look before it."""
    nearest: dict[tuple[str, str], float] = {}
    for it in found.findings:
        if it.drifted is not None:
            key = (it.group, it.column)
            nearest[key] = max(nearest.get(key, 0.0), it.ratio)
    columns = len({it.column for it in found.findings})
    unjudged = len(found.unjudged)
    since = before.blind if before and before.blind and before.version == version else at.isoformat()
    return Looked(
        at=at.isoformat(),
        version=version,
        sentence=found.sentence,
        rows=max((it.rows for it in found.windows), default=0),
        columns=columns,
        unjudged=unjudged,
        drifted=found.drifted,
        nearest=[(*key, round(value, 6)) for key, value in sorted(nearest.items())],
        blind=since if unjudged == columns else "",
    )


def keep(place: Workspace, looked: Looked) -> None:
    """Write it in place of the last one, whole or not at all."""
    path = place.folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(looked), indent=2) + "\n", encoding="utf-8", newline="\n")
    part.replace(path)


def last(place: Workspace) -> Looked | None:
    """The last look; none before the first. Raises `DataError` where its file is not one."""
    path = place.folder / FILE
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        known["nearest"] = [(str(group), str(column), float(share)) for group, column, share in known["nearest"]]
        return Looked(**known)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} is no look at what is served: {error!r}", fix="delete it; the next look writes it"
        ) from None
