"""Boosted trees as bit masks: each value of each column says which leaves of all trees it still allows.

A leaf is a bit. For every stretch between two thresholds of a column (and for every category), the leaves that a row
with such a value can end in are known beforehand, over all trees at once. A row's leaves are then the AND of one line a
column, and no tree is walked. The idea is QuickScorer's (Lucchese et al., SIGIR 2015); here the lines are made
beforehand, which takes little memory since boosting has at most 256 bins a column.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer

from .inputs import Floats, Input, Lookup, Number, Row, UnsupportedError

MAX_BYTES = 256 * 2**20
CHUNK = 256  # rows at once, so that the lines stay in the processor's cache
Bits = npt.NDArray[np.uint64] | npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Lines:
    """One input's lines in the table of masks: `first` is its own first; `edges` are a number's thresholds."""

    source: Input
    first: int
    edges: list[float]
    values: Floats  # (lines, width): a value that stands for each line


class Masks:
    """Histogram gradient boosting; `predict` gives the raw sums (rows, outputs)."""

    name = "bit masks"

    def __init__(self, model: Any, inputs: list[Input]) -> None:
        trees = [tree for iteration in model._predictors for tree in iteration]
        self.outputs = int(model.n_trees_per_iteration_)
        leaves = max(int(tree.nodes["is_leaf"].sum()) for tree in trees)
        self.kind: Any = np.uint32 if leaves <= 32 else np.uint64
        self.size = 32 if leaves <= 32 else 64
        self.words = -(-leaves // self.size)
        self.lines = list(lay_out(remapped(model, inputs), trees))
        total = sum(len(part.values) for part in self.lines)
        if total * len(trees) * self.words * self.size // 8 > MAX_BYTES:
            raise UnsupportedError(f"{len(trees)} trees of up to {leaves} leaves need more than {MAX_BYTES:,} bytes")
        self.table = np.full((total, len(trees), self.words), np.iinfo(self.kind).max, dtype=self.kind)
        self.leaf_values = np.zeros((len(trees), self.words, self.size + 1))
        for number, tree in enumerate(trees):
            self.fill(number, tree)
        self.pack(np.asarray(model._baseline_prediction, dtype=np.float64).reshape(-1))

    def fill(self, number: int, tree: Any) -> None:
        """Strike out, in every line, the leaves of tree `number` that its values cannot reach."""
        nodes, owner = tree.nodes, {feature: part for part in self.lines for feature in part.source.features}
        spans, order = leaf_spans(nodes)
        for place, leaf in enumerate(order):
            self.leaf_values[number, place // self.size, place % self.size + 1] = nodes[leaf]["value"]
        self.table[: len(self.lines[0].values), number] &= self.bits(0, len(order))
        for node, (low, middle, high) in spans.items():
            part = owner[int(nodes[node]["feature_idx"])]
            left = goes_left(part, tree, nodes[node])
            keep = np.where(left[:, None], ~self.bits(middle, high), ~self.bits(low, middle))
            self.table[part.first : part.first + len(part.values), number] &= keep

    def bits(self, low: int, high: int) -> Bits:
        """(words,) with the bits of leaves `low` to `high` - 1 set."""
        whole = (1 << high) - (1 << low)
        return np.array([whole >> word * self.size & (1 << self.size) - 1 for word in range(self.words)], self.kind)

    def pack(self, baseline: Floats) -> None:
        """Order trees by output, so that a sum runs over neighbours; lay the tables flat for `take`."""
        count = self.table.shape[1]
        by_output = np.arange(count).reshape(-1, self.outputs).T.ravel()
        self.table = np.ascontiguousarray(self.table[:, by_output].reshape(len(self.table), -1))
        self.leaf_values = np.ascontiguousarray(self.leaf_values[by_output].ravel())
        self.offsets = np.arange(self.table.shape[1]) * (self.size + 1)
        self.baseline = baseline
        self.finders = [finder(part) for part in self.lines]

    def predict(self, rows: Sequence[Row]) -> Floats:
        """Prepared rows -> raw sums (rows, outputs)."""
        if len(rows) == 1:
            lines = [find(rows[0]) for find in self.finders]
            return self.sums(np.bitwise_and.reduce(self.table.take(lines, axis=0), axis=0, keepdims=True))
        columns = list(zip(*rows, strict=True))
        found = [searched(part, columns[part.source.at]) for part in self.lines]
        chunks = [[lines[at : at + CHUNK] for lines in found] for at in range(0, len(rows), CHUNK)]
        return np.concatenate([self.sums(self.meet(chunk)) for chunk in chunks])

    def edges(self) -> dict[int, list[float]]:
        """Position in a prepared row -> the values at which some tree splits it."""
        return {part.source.at: part.edges for part in self.lines if isinstance(part.source, Number)}

    def meet(self, found: list[npt.NDArray[np.intp]]) -> Any:
        """The leaves that every column allows: one bit a tree."""
        alive = self.table.take(found[0], axis=0)
        for lines in found[1:]:
            alive &= self.table.take(lines, axis=0)
        return alive

    def sums(self, alive: Any) -> Floats:
        """The bits' places -> the leaves' values, summed. `frexp` counts places from 1; 0 is where no bit is set."""
        places = np.frexp(alive)[1]
        values = self.leaf_values.take(places + self.offsets)
        return np.asarray(values.reshape(len(alive), self.outputs, -1).sum(axis=2) + self.baseline)


def remapped(model: Any, inputs: list[Input]) -> list[Input]:
    """The inputs as the trees see them: the estimator encodes its categorical features again and puts them first."""
    inner: ColumnTransformer | None = model._preprocessor
    if inner is None:
        return inputs
    categorical = np.asarray(model.is_categorical_, dtype=bool)
    place = {int(old): new for new, old in enumerate([*np.flatnonzero(categorical), *np.flatnonzero(~categorical)])}
    return [moved(inner, part, place, categorical) for part in inputs]


def moved(inner: ColumnTransformer, part: Input, place: dict[int, int], categorical: npt.NDArray[np.bool_]) -> Input:
    """One input with the features' new places, its table encoded as `inner` does."""
    features = tuple(place[old] for old in part.features)
    if isinstance(part, Number):
        if categorical[list(part.features)].any():
            raise UnsupportedError("a number that the estimator takes as a category")
        return replace(part, features=features)
    probe = np.zeros((len(part.table), len(categorical)))
    probe[:, list(part.features)] = part.table
    return replace(part, features=features, table=inner.transform(probe)[:, list(features)])


def lay_out(inputs: list[Input], trees: list[Any]) -> Iterator[Lines]:
    """Which lines each input gets: one between neighbouring thresholds and one for missing, or one a category."""
    first = 0
    for part in inputs:
        edges: list[float] = []
        if isinstance(part, Number):
            edges = thresholds(trees, part.features[0])
            values = np.array([*edges, np.inf, np.nan])[:, None]
        else:
            values = part.table
        yield Lines(part, first, edges, values)
        first += len(values)


def thresholds(trees: list[Any], feature: int) -> list[float]:
    """All thresholds at which some tree splits `feature`, ascending."""
    splits = [tree.nodes[(tree.nodes["feature_idx"] == feature) & (tree.nodes["is_leaf"] == 0)] for tree in trees]
    return [float(edge) for edge in np.unique(np.concatenate([found["num_threshold"] for found in splits]))]


def leaf_spans(nodes: Any) -> tuple[dict[int, tuple[int, int, int]], list[int]]:
    """Leaves from left to right, and for each split: its first leaf, the first of its right side, the one after."""
    order: list[int] = []
    spans: dict[int, tuple[int, int, int]] = {}

    def visit(node: int) -> None:
        if nodes[node]["is_leaf"]:
            order.append(node)
            return
        low = len(order)
        visit(int(nodes[node]["left"]))
        middle = len(order)
        visit(int(nodes[node]["right"]))
        spans[node] = (low, middle, len(order))

    visit(0)
    return spans, order


def goes_left(part: Lines, tree: Any, node: Any) -> npt.NDArray[np.bool_]:
    """(lines,) of whether the values of each go to the left at `node`."""
    values = part.values[:, part.source.features.index(int(node["feature_idx"]))]
    missing = np.isnan(values)
    if node["is_categorical"]:
        codes = np.where(missing, 0, values).astype(np.uint32)
        words = tree.raw_left_cat_bitsets[int(node["bitset_idx"])][codes // 32]
        left = (words >> (codes % 32) & 1).astype(bool)
    else:
        left = values <= node["num_threshold"]
    return np.where(missing, bool(node["missing_go_to_left"]), left)


def finder(part: Lines) -> Any:
    """A function: prepared row -> the line of its value in this input."""
    source = part.source
    at, first = source.at, part.first
    if isinstance(source, Lookup):
        lines = {value: first + code for value, code in source.codes.items()}
        unseen = first + source.unseen
        return lambda row: lines.get(row[at], unseen)
    edges, missing = part.edges, first + len(part.edges) + 1
    fill = None if source.fill != source.fill else source.fill
    shift, scale = source.shift, source.scale

    def find(row: Row) -> int:
        value: Any = row[at]
        if value is None or value != value:
            if fill is None:
                return missing
            value = fill
        return first + bisect_left(edges, (value - shift) / scale)

    return find


def searched(part: Lines, column: Sequence[Any]) -> npt.NDArray[np.intp]:
    """(rows,) values of a column -> the line of each."""
    if isinstance(part.source, Lookup):
        return part.first + part.source.rows(column)
    values = part.source.values(column)[:, 0]
    found = np.searchsorted(part.edges, values, side="left")
    return np.asarray(part.first + np.where(np.isnan(values), len(part.edges) + 1, found))
