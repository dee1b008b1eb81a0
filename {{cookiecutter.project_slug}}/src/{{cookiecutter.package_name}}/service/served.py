"""The model that is served: how it scores, which way it takes, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ModelError
from ..model import handoff as handoffs
from ..model.handoff import Handoff
from . import compiled, fill, proof
from .compiled import Compiled
from .inputs import Floats, Row, UnsupportedError
from .pipeline import ByPipeline
from .problems import Finding, ProblemError
from .proof import Proof
from .records import Requests

Item = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """Compiled where it could be proven equal, else the pipeline, and then `why`."""

    scorer: Compiled | ByPipeline
    proof: Proof | None
    why: str

    @property
    def fast(self) -> bool:
        return not self.why

    @property
    def sentence(self) -> str:
        """How the model is scored, for records and logs."""
        if self.proof and self.fast:
            return f"{self.scorer.name}: equal to the pipeline on {self.proof.rows} rows to {self.proof.difference:.1e}"
        return f"by the pipeline, some hundred times slower: {self.why}"


def way(loaded: Handoff, sample: Sequence[Row]) -> Way:
    """Compile and prove; a model that does not compile is served by its pipeline."""
    plain = ByPipeline(loaded.pipeline, loaded.schema)
    try:
        fast = compiled.build(loaded.pipeline, loaded.schema)
    except UnsupportedError as error:
        return Way(plain, None, f"{error} is not supported")
    found = proof.prove(fast, plain, loaded.schema, sample)
    if not found.holds:
        return Way(plain, found, f"the compiled form differs from it by {found.difference:.1e} ({fast.name})")
    return Way(fast, found, "")


class Served:
    """An accepted model, ready to score prepared rows."""

    def __init__(self, loaded: Handoff) -> None:
        self.digest, self.schema, self.folder = loaded.digest, loaded.schema, loaded.folder
        self.pipeline = loaded.pipeline
        self.classes = [str(name) for name in loaded.pipeline.classes_] if self.schema.classification else []
        self.fill = fill.find(loaded.folder, loaded.schema)
        self.sample = sample_records(loaded)
        rows = Requests(self.schema, max(1, len(self.sample))).rows(self.sample)
        self.way = way(loaded, rows)

    def score(self, rows: Sequence[Row]) -> list[Item]:
        """One item a row, in order. Raises `ProblemError` where the model has no answer to a row."""
        try:
            predicted = self.way.scorer.predict(rows)
        except ValueError as error:  # scikit-learn's word for values that it cannot take
            raise ProblemError(422, f"the model does not take these values: {error}") from None
        return self.items(predicted)

    def items(self, predicted: Floats) -> list[Item]:
        """Predictions as the service answers them."""
        found = predicted.tolist()
        if not self.classes:
            for number, value in enumerate(found):
                if not math.isfinite(value):
                    finding = Finding(f"record {number}", value, "gives no finite prediction")
                    raise ProblemError(422, "the model has no answer to these values", [finding])
            return [{"prediction": value} for value in found]
        classes = self.classes
        best = predicted.argmax(axis=1).tolist()
        rows = zip(best, found, strict=True)
        return [{"prediction": classes[at], "probabilities": dict(zip(classes, row, strict=True))} for at, row in rows]


def sample_records(loaded: Handoff) -> list[dict[str, Any]]:
    """The records of the sample request. Raises `ModelError` where there are none."""
    path = loaded.folder / handoffs.REQUEST
    records = handoffs.read_json(path).get("records")
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        raise ModelError(f"{path} holds no records", fix=handoffs.AGAIN)
    return records
