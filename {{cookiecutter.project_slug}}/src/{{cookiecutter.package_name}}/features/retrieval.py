"""`feature_retrieval.json`: what a server needs to look up the features that a model was trained with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ..errors import ModelError
from .featureset import FeatureSet

FILE = "feature_retrieval.json"
FORMAT = 1


@dataclass(frozen=True)
class Wanted:
    """One feature set as a model uses it."""

    name: str
    version: str
    digest: str
    entity: str | None
    timestamp: str
    features: tuple[str, ...]
    ttl: timedelta


def described(sets: tuple[FeatureSet, ...]) -> dict[str, Any]:
    """The file's content."""
    return {"format": FORMAT, "feature_sets": [row(found) for found in sets]}


def row(found: FeatureSet) -> dict[str, Any]:
    return {
        "name": found.name,
        "version": found.version,
        "digest": found.digest,
        "entity": found.entity,
        "timestamp": found.timestamp,
        "features": list(found.names),
        "ttl_seconds": found.ttl.total_seconds(),
        "source_delay_seconds": found.source_delay.total_seconds(),
    }


def write(path: Path, sets: tuple[FeatureSet, ...]) -> None:
    text = json.dumps(described(sets), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def wanted(found: FeatureSet) -> Wanted:
    """A definition as a server asks for it."""
    return Wanted(found.name, found.version, found.digest, found.entity, found.timestamp, found.names, found.ttl)


def read(path: Path) -> list[Wanted]:
    """The sets in the file. Raises `ModelError` where it is not one of ours."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r}")
        return [parsed(one) for one in content["feature_sets"]]
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        fix = "train the model again: its folder was changed, or is of another version of this repo"
        raise ModelError(f"{path} is not a list of feature sets: {error}", fix=fix) from None


def parsed(one: dict[str, Any]) -> Wanted:
    ttl = timedelta(seconds=one["ttl_seconds"])
    names = tuple(one["features"])
    return Wanted(one["name"], one["version"], one["digest"], one["entity"], one["timestamp"], names, ttl)
