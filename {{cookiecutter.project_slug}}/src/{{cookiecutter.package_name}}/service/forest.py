"""Random forests: one row walks all trees at once, a level a step; many rows go through scikit-learn's own trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .inputs import Floats, Input, Number, Row, UnsupportedError

FEW = 8  # rows up to which walking all trees at once is faster than each tree's own loop


class Forest:
    """A forest over prepared rows; `predict` gives the trees' mean (rows, outputs)."""

    name = "flat trees"

    def __init__(self, model: Any, inputs: list[Input]) -> None:
        if model.n_outputs_ != 1:
            raise UnsupportedError(f"{model.n_outputs_} targets")
        self.inputs, self.width = inputs, model.n_features_in_
        self.trees = [estimator.tree_ for estimator in model.estimators_]
        sizes = [tree.node_count for tree in self.trees]
        self.roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        parts = [flattened(tree, int(root)) for tree, root in zip(self.trees, self.roots, strict=True)]
        self.column, self.threshold, self.left, self.right = (np.concatenate(part) for part in zip(*parts, strict=True))
        self.values = np.concatenate([tree.value[:, 0, :] for tree in self.trees])
        self.depth = max(tree.max_depth for tree in self.trees)

    def predict(self, rows: Sequence[Row]) -> Floats:
        """Prepared rows -> means (rows, outputs)."""
        found = self.matrix(rows)
        if len(rows) > FEW:
            return np.asarray(sum(tree.predict(found).reshape(len(rows), -1) for tree in self.trees) / len(self.trees))
        return np.stack([self.walk(row) for row in found])

    def edges(self) -> dict[int, list[float]]:
        """Position in a prepared row -> the values at which some tree splits it."""
        numbers = [part for part in self.inputs if isinstance(part, Number)]
        split = {part.at: self.column % self.width == part.features[0] for part in numbers}
        return {at: np.unique(self.threshold[of & np.isfinite(self.threshold)]).tolist() for at, of in split.items()}

    def matrix(self, rows: Sequence[Row]) -> npt.NDArray[np.float32]:
        """What the trees see: 32-bit floats, as they were grown on."""
        columns = list(zip(*rows, strict=True))
        out = np.zeros((len(rows), self.width), dtype=np.float32)
        for part in self.inputs:
            out[:, list(part.features)] = part.values(columns[part.at])
        return out

    def walk(self, row: npt.NDArray[np.float32]) -> Floats:
        """All trees for one row. Each feature stands twice: missing as what is below any threshold, and as it is."""
        seen = np.concatenate([np.where(np.isnan(row), -np.inf, row), row]).astype(np.float64)
        nodes = self.roots
        for _ in range(self.depth):
            goes_left = seen.take(self.column.take(nodes)) <= self.threshold.take(nodes)
            nodes = np.where(goes_left, self.left.take(nodes), self.right.take(nodes))
        return np.asarray(self.values.take(nodes, axis=0).mean(axis=0))


def flattened(tree: Any, root: int) -> tuple[npt.NDArray[np.intp], Floats, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """(column, threshold, left, right) of a tree whose nodes are numbered from `root`; a leaf leads to itself."""
    count = tree.node_count
    leaf, own = tree.children_left < 0, np.arange(root, root + count)
    column = np.where(leaf, 0, tree.feature)
    to_right = ~leaf & (tree.missing_go_to_left == 0)
    left = np.where(leaf, own, tree.children_left + root)
    right = np.where(leaf, own, tree.children_right + root)
    return column + to_right * tree.n_features, np.where(leaf, np.inf, tree.threshold), left, right
