"""The model card: what was measured, and the places that a person has to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .evaluate import FEW, shown

if TYPE_CHECKING:
    from .train import Fitted

TO_FILL = """## Intended use
*Not filled in. The person who hands this model off writes here who may use it, for which decisions, and for which not.*

## Limits and risks
*Not filled in. The person who hands this model off writes here what it was not trained for, and whom a wrong prediction
harms.*
"""


def text(fitted: Fitted, trained: dict[str, Any], pictures: list[Path]) -> str:
    """The card as Markdown; `pictures` stand in the folder `plots` beside it."""
    schema = fitted.schema
    images = "\n\n".join(f"![{path.stem}]({path.parent.name}/{path.name})" for path in pictures)
    parts = (
        f"# Model card: {schema.table.target}\n",
        f"Predicts `{schema.table.target}` ({schema.training.task}) with {schema.training.estimator}, "
        f"seed {schema.training.seed}.\n",
        f"**{fitted.evaluation.sentence}**\n",
        TO_FILL,
        f"## Data\n{data(fitted, trained)}",
        f"## Figures on the test rows\n{figures(fitted)}",
        f"## By slice\n{slices(fitted)}",
        f"## Inputs\n{inputs(fitted)}",
        f"## Pictures\n{images}\n",
    )
    return "\n".join(parts)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def data(fitted: Fitted, trained: dict[str, Any]) -> str:
    """Which rows the model learned from, and which it was judged on."""
    times = fitted.test[fitted.schema.table.timestamp]
    return table(
        ("rows", "count", "from", "to"),
        [
            ("training", f"{trained['rows']:,}", trained["from"], trained["to"]),
            ("test", f"{len(times):,}", times.iloc[0].isoformat(), times.iloc[-1].isoformat()),
        ],
    )


def figures(fitted: Fitted) -> str:
    """Every metric of the task beside the baseline's."""
    found = fitted.evaluation
    rows = [(name, shown(value), shown(found.baseline[name])) for name, value in found.model.items()]
    how = f"Models are compared by `{found.metric}`; {fitted.schema.metric.direction} is better."
    return f"{how} The interval of the gain is a 95 % bootstrap over stretches of time.\n\n" + table(
        ("metric", "model", "baseline"), rows
    )


def count(rows: int) -> str:
    """A number of rows, and whether it is too small to say much."""
    return f"{rows:,} (few)" if rows < FEW else f"{rows:,}"


def slices(fitted: Fitted) -> str:
    """The metric by slice; a slice of few rows says so."""
    found = fitted.evaluation.slices
    if not found:
        return "No slices are named in `project.toml` (`training.slices`).\n"
    rows = [[part.column, part.value, count(part.rows), shown(part.model), shown(part.baseline)] for part in found]
    return table(("column", "value", "rows", f"{fitted.evaluation.metric}", "baseline"), rows)


def inputs(fitted: Fitted) -> str:
    """The columns that a caller sends."""
    schema = fitted.schema
    rows = [
        [f"`{name}`", str(column.kind), "yes" if column.nullable else "no"] for name, column in schema.columns.items()
    ]
    stamp = [[f"`{schema.table.timestamp}`", "timestamp", "no"]] if schema.features.calendar else []
    return table(("column", "kind", "may be missing"), stamp + rows)
