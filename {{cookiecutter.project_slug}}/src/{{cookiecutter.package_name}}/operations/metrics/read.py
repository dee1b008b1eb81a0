"""From the record files to the sums: what has come since the last reading, and nothing twice.

A reading looks at the hours that may still grow. Once in a while it looks at all of them: a batch of records that the
disk refused is written later, into the hour from which it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from ...clock import Clock
from ...deployment.serving.layout import Layout
from ...deployment.serving.lines import OUTPUTS
from ...deployment.serving.outcomes import FOLDER
from ...workspace import Workspace, transaction
from . import growing, totals
from .records import Counting
from .totals import Sums

BATCH = 20_000  # lines of one transaction
SWEEP = timedelta(hours=1)
KEPT = timedelta(days=120)  # how long a prediction waits here for its outcome
NEWEST, SWEPT = "newest hour", "swept"
Take = Callable[[str, bytes], None]


def catch_up(place: Workspace, clock: Clock) -> int:
    """Count what came; gives how many lines. Killed anywhere, it goes on where the last whole batch ended."""
    lines, more = 0, True
    with totals.opened(place) as connection:
        now = clock.now()
        everything = due(totals.marked(connection, SWEPT), now)
        while more:
            with transaction(connection):
                count, more = batch(connection, place, everything)
                if everything and not more:
                    forget(connection)
                    totals.mark(connection, SWEPT, now.isoformat())
            lines += count
    return lines


def due(swept: str, now: datetime) -> bool:
    """Is it time to look at every hour? After a clock was set back, too."""
    return not swept or abs(now - datetime.fromisoformat(swept)) >= SWEEP


def batch(connection: sqlite3.Connection, place: Workspace, everything: bool) -> tuple[int, bool]:
    """Count up to `BATCH` lines in the caller's transaction; gives how many, and whether there may be more."""
    newest = totals.marked(connection, NEWEST)
    since = growing.before(newest) if newest and not everything else ""
    counting, count = Counting(connection, Sums()), 0
    outputs = [(*it, counting.outputs) for it in growing.files(Layout(place).records, OUTPUTS, since)]
    outcomes = [(*it, counting.outcome) for it in growing.plain(place.folder / FOLDER, since)]
    left = False
    for hour, path, take in (*outputs, *outcomes):
        read, rest = grown(connection, place, hour, path, take)
        newest, count, left = max(newest, hour) if read else newest, count + read, left or rest
        if count >= BATCH:
            break
    if count:
        counting.sums.write(connection)
        totals.mark(connection, NEWEST, newest)
    return count, left or count >= BATCH


def grown(connection: sqlite3.Connection, place: Workspace, hour: str, path: Path, take: Take) -> tuple[int, bool]:
    """Take new whole lines of one file; gives how many, and whether some may be left."""
    name = path.relative_to(place.folder).as_posix()
    row = connection.execute("SELECT offset FROM place WHERE path = ?", (name,)).fetchone()
    offset = int(row["offset"]) if row else 0
    size = path.stat().st_size
    if size <= offset:
        return 0, False
    lines, end = growing.whole(path, offset)
    for line in lines:
        take(hour, line)
    connection.execute("INSERT OR REPLACE INTO place VALUES (?, ?)", (name, end))
    return len(lines), bool(lines) and end < size


def forget(connection: sqlite3.Connection) -> None:
    """Ids that are so old that no outcome comes any more; the sums stay."""
    newest = totals.marked(connection, NEWEST)
    if newest:
        connection.execute("DELETE FROM seen WHERE hour < ?", (growing.before(newest, KEPT),))
