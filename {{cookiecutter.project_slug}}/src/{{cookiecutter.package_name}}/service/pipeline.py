"""The pipeline as it was handed off, over prepared rows: slow, and right by definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..model.project import Schema
from .inputs import Floats, Row, flat


class ByPipeline:
    """Scores through pandas and scikit-learn."""

    name = "pipeline"

    def __init__(self, pipeline: Pipeline, schema: Schema) -> None:
        self.pipeline, self.schema = pipeline, schema

    def predict(self, rows: Sequence[Row]) -> Floats:
        """Prepared rows -> predictions (rows,), or probabilities (rows, classes) for a classifier."""
        texts = set(self.schema.of_kind("categorical"))
        columns = zip(self.schema.prepared, zip(*rows, strict=True), strict=True)
        series = {name: pd.Series(values, dtype="object" if name in texts else "float64") for name, values in columns}
        answer = self.pipeline.predict_proba if self.schema.classification else self.pipeline.predict
        return np.asarray(answer(pd.DataFrame(series)), dtype=np.float64)

    def categories(self, name: str) -> list[str]:
        """The texts that the encoder of column `name` learned."""
        columns: Any = self.pipeline.steps[0][1]
        for _, step, taken in columns.transformers_:
            for part in flat(step):
                if hasattr(part, "categories_") and name in taken:
                    found = part.categories_[list(taken).index(name)]
                    return [value for value in found if isinstance(value, str)]
        return []
