"""A hand-off folder under test: loaded once, asked by every test through the very parts that will serve it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ModelError
from ...model import check, handoff
from ...model.handoff import Handoff
from ...model.project import Schema
from ...service.problems import ProblemError
from ...service.records import Requests
from ...service.served import Served
from .limits import Limits

Record = dict[str, Any]
Item = dict[str, Any]
MOST = 10_000


@dataclass
class Subject:
    """`folder` is the hand-off, `mlflow` the same model as MLflow has it, `expected` what project.toml says of it."""

    folder: Path
    expected: Schema
    limits: Limits
    mlflow: Path | None = None
    seen: dict[str, Any] = field(default_factory=dict)

    def load(self) -> Served:
        """Load the model, once it may be trusted. Raises `ModelError`."""
        loaded = handoff.load(self.folder)
        try:
            served = Served(loaded)
            requests = Requests(served.schema, MOST, served.fill)
        except ProblemError as error:
            raise ModelError(
                f"{handoff.REQUEST} is refused by the service: {error.detail}", fix=handoff.AGAIN
            ) from None
        self.seen |= {"loaded": loaded, "served": served, "requests": requests}
        return served

    @property
    def loaded(self) -> Handoff:
        found = self.seen["loaded"]
        assert isinstance(found, Handoff)
        return found

    @property
    def served(self) -> Served:
        found = self.seen["served"]
        assert isinstance(found, Served)
        return found

    @property
    def requests(self) -> Requests:
        found = self.seen["requests"]
        assert isinstance(found, Requests)
        return found

    @property
    def schema(self) -> Schema:
        """The model's own."""
        return self.loaded.schema

    @property
    def records(self) -> list[Record]:
        """The sample records, which a test may change."""
        return [dict(record) for record in self.served.sample]

    def score(self, records: list[Record]) -> list[Item]:
        """As the service answers a batch. Raises `ModelError` where it refuses."""
        try:
            return self.served.score(self.requests.rows(records))
        except ProblemError as error:
            raise ModelError(error.detail, fix="train the model again, or correct project.toml") from None

    def one(self, raw: bytes) -> Item:
        """As the service answers one request."""
        return self.served.score([self.requests.one(raw)])[0]

    def refuses(self, records: list[Record]) -> bool:
        """Whether the service refuses these records."""
        try:
            self.requests.rows(records)
        except ProblemError:
            return True
        return False

    def sound(self, records: list[Record], what: str) -> list[Item]:
        """Answers that are finite; probabilities that are some. Raises `ModelError` naming `what` was asked."""
        try:
            items = self.score(records)
        except ModelError as error:
            raise ModelError(f"{what}: {error.problem}", fix=error.fix) from None
        for figures in self.figures(items):
            good = np.isfinite(figures).all()
            if self.schema.classification:
                good = good and (figures >= 0).all() and abs(float(figures.sum()) - 1) < 1e-6
            if not good:
                raise ModelError(f"{what} gives {figures.tolist()}", fix="train the model again")
        return items

    def figures(self, items: list[Item]) -> npt.NDArray[np.float64]:
        """Items as numbers: (rows, 1), or (rows, classes)."""
        rows = [list(it["probabilities"].values()) if "probabilities" in it else [it["prediction"]] for it in items]
        return np.array(rows, dtype=np.float64)


def equal(given: list[Item], expected: list[Item], what: str) -> None:
    """Raises `ModelError` for the first answer that is not the expected one, to the tolerance of hand-off checks."""
    for number, (one, other) in enumerate(zip(given, expected, strict=True)):
        if not check.same(one, other):
            raise ModelError(f"{what}: record {number} gives {one}, and {other} before", fix="train the model again")


def encoded(record: Record) -> bytes:
    """A request's body."""
    return json.dumps(record).encode()
