"""What `mlops data describe` found, as a report for a person and as a `project.toml`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from .kinds import HIGH, MOSTLY, Found
from .leaks import Leak
from .project import METRICS, Task

METRIC: dict[Task, str] = {"regression": "mae", "binary": "roc_auc", "multiclass": "log_loss"}


@dataclass(frozen=True)
class Proposal:
    """A table's columns and what to do with them; `rows` were counted, every `step`-th was looked at."""

    shown_path: str
    rows: int
    step: int
    target: str
    task: Task
    target_note: str
    classes: tuple[str, ...]
    timestamp: str
    calendar: tuple[str, ...]
    columns: dict[str, Found]
    leaks: tuple[Leak, ...]
    key: tuple[str, ...]
    entities: tuple[str, ...]
    slices: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def width(self) -> int:
        """The number of columns, the target among them."""
        return len(self.columns)

    @property
    def leaking(self) -> tuple[str, ...]:
        """The columns that give the target away, in the table's order."""
        told = {name for leak in self.leaks for name in leak.columns}
        return tuple(name for name in self.columns if name in told)

    @property
    def features(self) -> list[Found]:
        """The columns that a model may learn from."""
        out = self.left_out
        return [it for name, it in self.columns.items() if name not in (*out, self.target, self.timestamp)]

    @property
    def left_out(self) -> dict[str, str]:
        """Column -> why it is no feature."""
        out = {it.name: it.note or "is another time" for it in self.columns.values() if not it.usable}
        out |= {name: self.how(name) for name in self.leaking}
        return {name: why for name, why in out.items() if name not in (self.target, self.timestamp)}

    def how(self, name: str) -> str:
        """How the column `name` gives the target away."""
        return "GIVES THE TARGET AWAY: " + next(leak.how for leak in self.leaks if name in leak.columns)

    def report(self) -> str:
        """For people: every column, then what they should look at."""
        looked = f", of which every {self.step}th was looked at" if self.step > 1 else ""
        head = [
            f"{self.shown_path}: {self.rows:,} rows{looked}, {self.width} columns",
            "; ".join(
                filter(None, [f"target: {self.target}, {self.task}, judged by {METRIC[self.task]}", self.target_note])
            ),
            f"time:   {self.timestamp}",
            f"key:    {', '.join(self.key) or 'none found'}",
            f"entity: {', '.join(self.entities) or 'none found'}",
            "",
        ]
        return (
            "\n".join([*head, *self.listing(), "", *(f"WARNING: {line}" for line in self.all_warnings())]).rstrip()
            + "\n"
        )

    def listing(self) -> list[str]:
        """A line a column."""
        wide = max(len(name) for name in self.columns)
        return [
            f"  {it.name:<{wide}}  {self.role(it):<12}{it.distinct:>9,} values  {self.remark(it)}".rstrip()
            for it in self.columns.values()
        ]

    def role(self, it: Found) -> str:
        """What the column will be."""
        if it.name == self.target:
            return "target"
        if it.name == self.timestamp:
            return "time"
        return "left out" if it.name in self.left_out else it.sort

    def remark(self, it: Found) -> str:
        """Why a column is left out, or what to know of it."""
        missing = f"missing {it.missing:.1%}" if it.missing else ""
        why = "" if it.name in (self.target, self.timestamp) else self.left_out.get(it.name, it.note)
        return "; ".join(part for part in (why, missing) if part)

    def all_warnings(self) -> list[str]:
        """What a person has to look at, the gravest first."""
        out = [f"{name} {self.how(name)}" for name in self.leaking]
        for it in self.columns.values():
            if it.name in self.left_out and it.name not in self.leaking and it.sort != "timestamp":
                out.append(f"{it.name} {it.note}: left out")
            elif it.usable and it.missing > MOSTLY:
                out.append(f"{it.name} is missing in {it.missing:.0%} of the rows")
            elif it.sort == "categorical" and it.distinct > HIGH and it.name != self.target:
                out.append(f"{it.name} has {it.distinct:,} values: the rarest share one code above {HIGH}")
        return [*out, *self.warnings]

    def toml(self) -> str:
        """The `project.toml`. Columns that are left out stand in it as comments, with the reason."""
        folder = PurePosixPath(self.shown_path).parent.as_posix()
        metric = METRIC[self.task]
        lines = [
            f"# Proposed from {self.shown_path}: correct what is wrong. What each key means: docs of the project.",
            "[source]",
            f"folder = {quoted(folder)}",
            "",
            "[table]",
            f"path = {quoted(self.shown_path)}",
            f"timestamp = {quoted(self.timestamp)}",
            f"target = {quoted(self.target)}",
            *([f"key = {listed(self.key)}"] if self.key else ["# key = []  # no column names a row"]),
            *([f"entity = {quoted(self.entities[0])}"] if self.entities else []),
            *([f"# entity = {quoted(name)}" for name in self.entities[1:]]),
            *([f"classes = {listed(self.classes)}  # the last is the positive one"] if self.classes else []),
            'label_delay = "0s"  # how long after a row\'s time its target becomes known',
            "",
            "[columns]  # min and max, where given, are what is possible, not what was seen",
            *self.column_lines(),
            "",
            "[features]",
            f"calendar = {listed(self.calendar)}",
            "",
            "[training]",
            f"task = {quoted(self.task)}",
            'estimator = "hist-gradient-boosting"',
            "seed = 7",
            "test_fraction = 0.2",
            f"slices = {listed(self.slices)}",
            "",
            "[metric]",
            f"name = {quoted(metric)}",
            f"direction = {quoted(METRICS[self.task][metric])}",
        ]
        return "\n".join(lines) + "\n"

    def column_lines(self) -> list[str]:
        """A line a feature, then a comment for each column that is left out."""
        out = []
        for it in self.features:
            nullable = ", nullable = true" if it.missing else ""
            remark = f"  # {one_line(it.note)}" if it.note else ""
            out.append(f"{key(it.name)} = {{ kind = {quoted(it.sort)}{nullable} }}{remark}")
        return out + [f"# left out: {one_line(name)}: {one_line(why)}" for name, why in self.left_out.items()]


def one_line(text: str) -> str:
    """Text that cannot end a comment."""
    return " ".join(text.split())


def quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False)


def key(name: str) -> str:
    """A TOML key, in quotes where it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)


def listed(names: tuple[str, ...]) -> str:
    """A TOML list of strings."""
    return f"[{', '.join(map(quoted, names))}]"
