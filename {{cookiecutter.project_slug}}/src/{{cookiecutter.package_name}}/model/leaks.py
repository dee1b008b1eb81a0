"""Columns that give the target away: one that determines it, or several of which it is the sum or the product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEARLY = 0.97  # of what there is to explain, on later rows
MONOTONE = 0.999  # rank correlation
EXACT = 1e-6  # share of the variance that a sum may leave open
LEARN, BINS, FEWEST, ROUNDS, ROWS = 0.7, 200, 50, 30, 20_000


@dataclass(frozen=True)
class Leak:
    """Columns that together give the target away, and how that was seen."""

    columns: tuple[str, ...]
    how: str


def find(columns: dict[str, pd.Series], numbers: dict[str, pd.Series], target: pd.Series, classes: int) -> list[Leak]:
    """Look at each of `columns` (floats, or dtype `category`), and at all `numbers` (floats) together.

    Rows are in time order. `target` holds floats for regression (`classes` = 0), else class numbers from 0. Fewer rows
    than `FEWEST` tell nothing.
    """
    if len(target) < FEWEST:
        return []
    single = [leak for name, values in columns.items() if (leak := alone(name, values, target, classes))]
    arrays = {name: values.to_numpy(dtype=np.float64) for name, values in numbers.items()}
    wanted, name = target.to_numpy(dtype=np.float64), str(target.name)
    together = sums(arrays, wanted, name) if classes <= 2 else []
    if not classes:
        told = {leak.columns for leak in together}
        together += [leak for leak in products(arrays, wanted, name) if leak.columns not in told]
    exact = {column for leak in together for column in leak.columns}
    return together + [leak for leak in single if leak.columns[0] not in exact]


def is_number(values: pd.Series) -> bool:
    return pd.api.types.is_float_dtype(values)


def alone(name: str, values: pd.Series, target: pd.Series, classes: int) -> Leak | None:
    """A single column that says what the target will be."""
    wanted = target.to_numpy(dtype=np.float64)
    if is_number(values) and not classes and (order := same_order(values.to_numpy(), wanted)) > MONOTONE:
        return Leak((name,), f"it rises or falls with {target.name} (rank correlation {order:.4f})")
    cut = int(len(wanted) * LEARN)
    codes = bins(values, cut)
    share = told_class(codes, wanted, cut, classes) if classes else told_number(codes, wanted, cut)
    return None if share < NEARLY else Leak((name,), f"it alone tells {share:.1%} of {target.name} on later rows")


def same_order(values: Floats, target: Floats) -> float:
    """The absolute rank correlation of the rows that have both; 0 where most have not."""
    both = ~np.isnan(values)
    if both.sum() <= len(target) / 2 or min(np.ptp(values[both]), np.ptp(target[both])) == 0:
        return 0.0
    ranks = pd.DataFrame({"column": values[both], "target": target[both]}).rank().to_numpy()
    return float(abs(np.corrcoef(ranks, rowvar=False)[0, 1]))


def bins(values: pd.Series, cut: int) -> Ints:
    """A code from 0 for each row, missing values having their own; -1 for what the first `cut` rows do not have."""
    if is_number(values):
        numbers = values.to_numpy(dtype=np.float64)
        known = numbers[:cut][~np.isnan(numbers[:cut])]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS))) if len(known) else known
        codes = np.searchsorted(edges, numbers) + 1
        codes[np.isnan(numbers)] = 0
    else:
        codes = values.cat.codes.to_numpy().astype(np.int64) + 1
    return np.where(np.isin(codes, codes[:cut]), codes, -1).astype(np.int64)


def told_number(codes: Ints, target: Floats, cut: int) -> float:
    """R2 on the later rows of each code's mean rank of the target in the earlier ones."""
    ranks = pd.Series(target).rank(pct=True).to_numpy()
    later = np.flatnonzero(codes[cut:] >= 0) + cut
    if len(later) < (len(codes) - cut) / 2 or ranks[later].std() == 0:
        return 0.0
    means = pd.Series(ranks[:cut]).groupby(codes[:cut]).mean()
    said = means.reindex(codes[later]).to_numpy()
    return float(1 - ((ranks[later] - said) ** 2).sum() / ((ranks[later] - ranks[later].mean()) ** 2).sum())


def told_class(codes: Ints, target: Floats, cut: int, classes: int) -> float:
    """How far above chance each code's commonest class in the earlier rows recalls the classes of the later ones."""
    later = np.flatnonzero(codes[cut:] >= 0) + cut
    if len(later) < (len(codes) - cut) / 2 or len(np.unique(target[later])) < 2:
        return 0.0
    commonest = pd.crosstab(codes[:cut], target[:cut]).idxmax(axis=1)
    said = commonest.reindex(codes[later]).to_numpy()
    recall = float(pd.Series(said == target[later]).groupby(target[later]).mean().mean())
    return (recall - 1 / classes) / (1 - 1 / classes)


def sums(columns: dict[str, Floats], target: Floats, name: str) -> list[Leak]:
    """Sets of columns of which the target is a linear combination."""
    return [Leak(names, f"{name} = {formula}") for names, formula in combinations(columns, target, " + ")]


def products(columns: dict[str, Floats], target: Floats, name: str) -> list[Leak]:
    """Sets of positive columns of which a positive target is a product of powers."""
    if not (target > 0).all():
        return []
    logs = {column: np.log(values) for column, values in columns.items() if (values[~np.isnan(values)] > 0).all()}
    return [Leak(names, f"{name} = {formula}") for names, formula in combinations(logs, np.log(target), " * ")]


def combinations(columns: dict[str, Floats], target: Floats, sign: str) -> list[tuple[tuple[str, ...], str]]:
    """Every smallest set of columns that gives the target exactly, with the formula (up to `ROUNDS` looks)."""
    small = reduced(columns, target)
    open_sets, seen = [frozenset(range(len(small.names)))], set()
    found: dict[tuple[str, ...], str] = {}
    for _ in range(ROUNDS):
        if not open_sets:
            break
        these = open_sets.pop()
        if these in seen or not small.gives(sorted(these)):
            continue
        seen.add(these)
        least = small.least(sorted(these))
        found[tuple(small.names[at] for at in least)] = small.formula(least, sign)
        open_sets += [these - {at} for at in least]
    return list(found.items())


@dataclass(frozen=True)
class Reduced:
    """The triangle of the QR of the standardised columns, the target last: small, and as good for least squares."""

    names: tuple[str, ...]
    square: Floats
    centre: Floats
    scale: Floats

    def weights(self, these: Sequence[int]) -> Floats:
        """The least squares weights of the columns `these` for the target."""
        found = np.linalg.lstsq(self.square[:, list(these)], self.square[:, -1], rcond=None)[0]
        return np.asarray(found, dtype=np.float64)

    def gives(self, these: Sequence[int]) -> bool:
        """Whether the columns `these` leave nothing of the target open."""
        if not these:
            return False
        target = self.square[:, -1]
        rest = target - self.square[:, list(these)] @ self.weights(these)
        return bool(rest @ rest <= EXACT * (target @ target))

    def least(self, these: list[int]) -> list[int]:
        """Columns of `these` that still give the target, none of which can be spared."""
        lightest = [these[at] for at in np.argsort(np.abs(self.weights(these)), kind="stable")]
        for at in lightest:
            rest = [other for other in these if other != at]
            if self.gives(rest):
                these = rest
        return these

    def formula(self, these: list[int], sign: str) -> str:
        """`casual + registered`; a sum's weights and a product's powers are shown where they are not 1."""
        weights = self.weights(these) * self.scale[-1] / self.scale[these]
        parts = [term(self.names[at], weight, sign) for at, weight in zip(these, weights, strict=True)]
        rest = self.centre[-1] - weights @ self.centre[these]
        return sign.join(parts if abs(rest) <= 1e-3 * self.scale[-1] else [*parts, "a constant"])


def term(name: str, weight: float, sign: str) -> str:
    """One column's part of a formula."""
    if abs(weight - 1) < 1e-3:
        return name
    return f"{weight:.4g} {name}" if sign == " + " else f"{name}^{weight:.4g}"


def reduced(columns: dict[str, Floats], target: Floats) -> Reduced:
    """Columns that are mostly missing or constant are left out, then rows with any missing value."""
    whole = {name: values for name, values in columns.items() if np.isnan(values).mean() < 0.5}
    matrix = np.column_stack([*whole.values(), target])
    matrix = matrix[np.isfinite(matrix).all(axis=1)]
    matrix = matrix[:: max(1, len(matrix) // ROWS)]
    if len(matrix) < max(FEWEST, 5 * matrix.shape[1]) or np.ptp(matrix[:, -1]) == 0:
        return Reduced((), np.zeros((1, 1)), np.zeros(1), np.ones(1))
    used = np.flatnonzero(np.ptp(matrix, axis=0) > 0)
    centre, scale = matrix[:, used].mean(axis=0), matrix[:, used].std(axis=0)
    square = np.asarray(np.linalg.qr((matrix[:, used] - centre) / scale, mode="r"), dtype=np.float64)
    return Reduced(tuple(np.array(list(whole), dtype=object)[used[:-1]]), square, centre, scale)
