"""Linear and logistic regression: a product over the numbers, and for each category what it adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .inputs import Floats, Input, Lookup, Row


class Linear:
    """A linear model over prepared rows; `predict` gives the decision values (rows, outputs)."""

    name = "weights"

    def __init__(self, model: Any, inputs: list[Input]) -> None:
        weights = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64)).T  # (features, outputs)
        self.intercept = np.atleast_1d(np.asarray(model.intercept_, dtype=np.float64))
        self.numbers = [part for part in inputs if not isinstance(part, Lookup)]
        self.weights = weights[[part.features[0] for part in self.numbers]]
        lookups = [part for part in inputs if isinstance(part, Lookup)]
        self.added = [(part, part.table @ weights[list(part.features)]) for part in lookups]

    def edges(self) -> dict[int, list[float]]:
        """A linear model splits nowhere."""
        return {}

    def predict(self, rows: Sequence[Row]) -> Floats:
        """Prepared rows -> decision values (rows, outputs)."""
        columns = list(zip(*rows, strict=True))
        out = np.tile(self.intercept, (len(rows), 1))
        if self.numbers:
            out += np.hstack([part.values(columns[part.at]) for part in self.numbers]) @ self.weights
        for part, added in self.added:
            out += added.take(part.rows(columns[part.at]), axis=0)
        return out
