"""A line of JSON for each prediction: who answered what, how fast, and for a sample of them to which inputs.

Which predictions are in the sample follows from their id, so that each reader shows the same ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ...deployment.serving.layout import Layout
from ...deployment.serving.lines import INPUTS, OUTPUTS
from ...model.project import Schema
from ...workspace import Workspace
from . import growing
from .settings import Logs, columns

HIDDEN = "(redacted)"


def sampled(event: str, share: float) -> bool:
    """Whether a prediction's inputs are shown. A copy is shown where its live request is."""
    base = event.replace("-shadow", "").encode()
    return int.from_bytes(hashlib.blake2b(base, digest_size=8).digest(), "big") < share * 2**64


@dataclass
class Reader:
    """Reads what is recorded, on and on; `since` leaves older predictions out."""

    place: Workspace
    schema: Schema
    rules: Logs
    since: datetime | None = None
    offsets: dict[Path, int] = field(default_factory=dict)
    given: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = frozenset(columns(self.schema)) - set(self.rules.redacted)
        self.newest = growing.hour_of(self.since) if self.since else ""

    def lines(self) -> Iterator[dict[str, Any]]:
        """What came since the last call, hour by hour, in the order of time within each.

        Of an hour the answers are read before the inputs, which are written first: so each answer finds its own.
        """
        first, root = self.newest and growing.before(self.newest), Layout(self.place).records
        inputs = by_hour(growing.files(root, INPUTS, first)) if self.rules.inputs else {}
        for hour, paths in sorted(by_hour(growing.files(root, OUTPUTS, first)).items()):
            found = [it for path in paths for line in self.new(path) for it in answers(line)]
            for path in inputs.get(hour, []):
                self.keep(path)
            self.newest = max(self.newest, hour) if found else self.newest
            kept = (it for it in found if self.since is None or datetime.fromisoformat(it["time"]) >= self.since)
            yield from (self.shown(it) for it in sorted(kept, key=lambda it: str(it["time"])))

    def new(self, path: Path) -> Iterator[dict[str, Any]]:
        """The records of a file that were not read yet; a line that is none of ours is left out."""
        while True:
            lines, self.offsets[path] = growing.whole(path, self.offsets.get(path, 0))
            if not lines:
                return
            for line in lines:
                try:
                    found = from_json(line)
                except ValueError:
                    continue
                if isinstance(found, dict) and isinstance(found.get("data"), list):
                    yield found

    def keep(self, path: Path) -> None:
        """The inputs that are in the sample."""
        for line in self.new(path):
            for row in line["data"]:
                event = str(row.pop("event_id", ""))
                if sampled(event, self.rules.inputs):
                    self.given[event] = row

    def shown(self, it: dict[str, Any]) -> dict[str, Any]:
        """A prediction as it is logged."""
        given = self.given.pop(it["event_id"], None)
        out = {**it, **self.hidden(it)}
        if given is None:
            return out
        return {**out, "inputs": {name: self.value(name, value) for name, value in given.items()}}

    def hidden(self, it: dict[str, Any]) -> dict[str, Any]:
        """What a prediction's own fields say of columns that are redacted."""
        named = {"entity": self.schema.table.entity, "prediction": self.schema.table.target}
        named["probabilities"] = self.schema.table.target
        return {key: HIDDEN for key, name in named.items() if key in it and name in self.rules.redacted}

    def value(self, name: str, value: Any) -> Any:
        """A column's value, or that it is not shown; nor is what the project does not know: it could be anything."""
        return value if name in self.known else HIDDEN


def by_hour(files: list[tuple[str, Path]]) -> dict[str, list[Path]]:
    """The files of each hour."""
    out: dict[str, list[Path]] = {}
    for hour, path in files:
        out.setdefault(hour, []).append(path)
    return out


def answers(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The predictions of a line of outputs."""
    for row in line["data"]:
        about = {"time": line["time"], "event_id": row["event_id"], "request": line.get("xrequestid")}
        yield {**about, "version": line.get("modelversion"), **row}
