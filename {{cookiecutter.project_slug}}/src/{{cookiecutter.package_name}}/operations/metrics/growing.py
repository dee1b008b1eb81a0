"""Files that only grow, in a folder for each hour: which there are, and the whole lines that came since a place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

OPEN = timedelta(days=2)  # how long after its hour a file may still grow without a look at everything
CHUNK = 16 * 2**20  # bytes of a file that are read at a time


def hours(root: Path, since: str = "") -> Iterator[tuple[str, Path]]:
    """(`yyyy/MM/dd/HH`, its folder) from `since` on, oldest first; older years, months and days are not opened."""

    def below(folder: Path, done: str, depth: int) -> Iterator[tuple[str, Path]]:
        for path in sorted(it for it in folder.iterdir() if it.is_dir() and it.name.isdigit()):
            name = f"{done}/{path.name}" if done else path.name
            if name < since[: len(name)]:
                continue
            if depth == 3:
                yield name, path
            else:
                yield from below(path, name, depth + 1)

    if root.is_dir():
        yield from below(root, "", 0)


def files(root: Path, collection: str, since: str = "") -> list[tuple[str, Path]]:
    """(hour, file) of a collection of every deployment below `root`, oldest hour first."""
    folders = [it / collection for it in sorted(root.iterdir()) if it.is_dir()] if root.is_dir() else []
    found = [(hour, path) for folder in folders for hour, inside in hours(folder, since) for path in jsonl(inside)]
    return sorted(found)


def plain(root: Path, since: str = "") -> list[tuple[str, Path]]:
    """The same of a folder that has no deployments: outcomes."""
    return [(hour, path) for hour, inside in hours(root, since) for path in jsonl(inside)]


def jsonl(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def hour_of(at: datetime) -> str:
    """The folder of a time."""
    return f"{at.astimezone(UTC):%Y/%m/%d/%H}"


def before(hour: str, by: timedelta = OPEN) -> str:
    """The hour that lies so far before another."""
    at = datetime.strptime(hour, "%Y/%m/%d/%H").replace(tzinfo=UTC)
    return hour_of(max(at, datetime(1, 1, 10, tzinfo=UTC)) - by)


def whole(path: Path, offset: int, most: int = CHUNK) -> tuple[list[bytes], int]:
    """The whole lines from `offset` on, some `most` bytes of them, and where the next begins.

    A line without its end is not there yet: it is being written, or stays torn for ever.
    """
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(most)
        while data and b"\n" not in data and (more := file.read(most)):
            data += more
    end = data.rfind(b"\n") + 1
    return data[:end].splitlines(), offset + end
