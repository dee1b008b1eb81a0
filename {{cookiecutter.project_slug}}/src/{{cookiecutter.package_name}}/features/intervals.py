"""The intervals of a feature set in time, one for each landed partition, and what each is computed from.

The inputs of an interval are the landed files from which its windows read, and the definition. Their digest says
cheaply that nothing has changed. Where it differs, the rows decide: see `materialise.py`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from ..data.manifest import File
from . import engine
from .featureset import FeatureSet
from .record import Interval


@dataclass(frozen=True)
class Part:
    """A landed partition: the time from `start` and before `end`, and the files from which its values are computed."""

    label: str
    start: datetime
    end: datetime
    files: tuple[File, ...]


def parts(found: FeatureSet, files: Sequence[File]) -> list[Part]:
    """The partitions of landed files, in time order."""
    grouped: dict[str, list[File]] = {}
    for file in files:
        grouped.setdefault(file.path.split("/")[0], []).append(file)
    spans = sorted((*span(label, group), label) for label, group in grouped.items())
    within = Within(files)
    return [Part(label, start, end, within(start - found.longest, end)) for start, end, label in spans]


class Within:
    """Which files hold rows of a time, without looking at each one for each time."""

    def __init__(self, files: Sequence[File]) -> None:
        self.files = sorted(files, key=lambda file: (file.start, file.path))
        self.starts = [file.start for file in self.files]
        self.ends = list(accumulate((file.end for file in self.files), max))

    def __call__(self, start: datetime, end: datetime) -> tuple[File, ...]:
        """Those of [start, end)."""
        first = start.isoformat()
        some = self.files[bisect_left(self.ends, first) : bisect_left(self.starts, end.isoformat())]
        return tuple(file for file in some if file.end >= first)


def pending(found: FeatureSet, part: Part) -> Interval:
    """A partition's interval before it is computed."""
    start, end = part.start.isoformat(), part.end.isoformat()
    return Interval(found.name, found.version, part.label, start, end, "Pending", inputs(found, part), found.digest)


def inputs(found: FeatureSet, part: Part) -> str:
    """The digest of what an interval is computed from."""
    files = "".join(f"{file.sha256}\n" for file in part.files)
    return digest(found, part, files)


def digest(found: FeatureSet, part: Part, content: str) -> str:
    """Definition, engine, time and content in one name."""
    text = f"{found.digest}\n{engine.NAME}\n{part.start} {part.end}\n{content}"
    return hashlib.sha256(text.encode()).hexdigest()


def span(label: str, files: Sequence[File]) -> tuple[datetime, datetime]:
    """The time of a partition, `day=2025-01-31` or `month=2025-01`; of any other folder, that of its rows."""
    kind, _, text = label.partition("=")
    if kind == "day":
        start = datetime.fromisoformat(text)
        return start, start + timedelta(days=1)
    if kind == "month":
        start = datetime.fromisoformat(f"{text}-01")
        return start, (start + timedelta(days=32)).replace(day=1)
    first, last = min(file.start for file in files), max(file.end for file in files)
    return datetime.fromisoformat(first), datetime.fromisoformat(last) + timedelta(microseconds=1)
