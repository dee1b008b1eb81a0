"""What callers depend on: the inputs and the output, with a version. It lies beside the client as `contract.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ...errors import MlopsError
from ...features import retrieval
from ...model import handoff
from ...model.project import Schema

FILE = "contract.json"
Kind = Literal["timestamp", "numeric", "categorical", "boolean"]


class ContractError(MlopsError):
    """A contract cannot be read, is broken, or is not the one that the client was made from."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(Part):
    """One input. An `optional` one may be left out: the service looks it up."""

    name: str
    kind: Kind
    nullable: bool = False
    min: float | None = None
    max: float | None = None
    optional: bool = False

    @property
    def words(self) -> str:
        """What it may be, for people."""
        kinds = {
            "timestamp": "a time, in UTC where it has no offset",
            "numeric": "a number",
            "categorical": "a text; one that training never saw counts as unknown",
            "boolean": "true or false",
        }
        parts = [kinds[self.kind]]
        if self.min is not None or self.max is not None:
            bounds = (("at least", self.min), ("at most", self.max))
            parts.append(" and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None))
        if self.nullable:
            parts.append("None where unknown")
        if self.optional:
            parts.append("looked up where it is left out")
        return ", ".join(parts)


class Contract(Part):
    """Inputs in order, and what comes out. The version is `major.minor`: a new major one breaks callers."""

    format: Literal[1] = 1
    major: int = 1
    minor: int = 0
    target: str
    task: Literal["regression", "binary", "multiclass"]
    classes: tuple[str, ...] = ()
    inputs: tuple[Input, ...]

    @property
    def version(self) -> str:
        return f"{self.major}.{self.minor}"

    @property
    def text(self) -> str:
        """The file's content."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"

    def numbered(self, other: Self, major: int, minor: int) -> Self:
        """`other` as the next version of this one."""
        return other.model_copy(update={"major": self.major + major, "minor": 0 if major else self.minor + minor})


def of(schema: Schema, looked_up: frozenset[str] = frozenset()) -> Contract:
    """The contract of a model with this schema; `looked_up` are inputs that a caller may leave out."""
    inputs = []
    for name in schema.inputs:
        if name == schema.table.timestamp:
            inputs.append(Input(name=name, kind="timestamp"))
            continue
        column = schema.columns[name]
        bounds = {"min": column.min, "max": column.max}
        optional = name in looked_up
        inputs.append(Input(name=name, kind=column.kind, nullable=column.nullable, optional=optional, **bounds))
    return Contract(
        target=schema.table.target, task=schema.training.task, classes=schema.table.classes, inputs=tuple(inputs)
    )


def of_handoff(folder: Path) -> Contract:
    """The contract of a handed-off model, by its `schema.json` and what it looks up."""
    schema = handoff.read_schema(handoff.read_json(folder / handoff.SCHEMA), folder / handoff.SCHEMA)
    path = folder / retrieval.FILE
    sets = retrieval.read(path) if path.is_file() else []
    return of(schema, frozenset(name for it in sets for name in it.features))


def read(path: Path) -> Contract:
    """A `contract.json`, or the `schema.json` of a hand-off. Raises `ContractError` where it is neither."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "inputs" in content:
            return Contract.model_validate(content)
        return of(handoff.read_schema(content, path))
    except FileNotFoundError:
        raise ContractError(f"{path} does not exist", fix="`mlops client generate` writes it") from None
    except (ValidationError, ValueError, AttributeError) as error:
        fix = f"name a {FILE}, or the {handoff.SCHEMA} of a hand-off"
        raise ContractError(f"{path} is no contract: {str(error).splitlines()[0]}", fix=fix) from None
