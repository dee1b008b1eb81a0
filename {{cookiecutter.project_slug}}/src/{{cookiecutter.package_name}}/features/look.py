"""A look-up for people: the values of an entity, how old they are, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from . import online, retrieval
from .featureset import WHOLE, FeatureError, FeatureSet
from .online import Online


def up(store: Path, found: FeatureSet, entity: str | None, now: datetime) -> Iterator[str]:
    """Lines about an entity. Raises `FeatureError` where nothing is known of it, or nothing is online."""
    if found.entity and entity is None:
        raise FeatureError(f"{found.name!r} is by {found.entity}", fix=f"name one: `mlops features get {found.entity}`")
    wanted, name = retrieval.wanted(found), (entity if found.entity else None) or WHOLE
    with closing(Online(store)) as values:
        as_of = values.holds(wanted)
        if as_of is None:
            wrong = f"{store / online.FILE} holds nothing of {found.name!r}, version {found.version}, as it is now"
            raise FeatureError(wrong, fix=online.MATERIALISE)
        began = time.perf_counter()
        value = values.get(wanted, name)
        took = (time.perf_counter() - began) * 1e6
    if value is None:
        wrong = f"{found.name!r} has no value of {name!r} that was younger than {found.ttl} at {as_of}"
        raise FeatureError(wrong, fix="check how the table writes it; or it had no known label for that long")
    old = online.age(value, now)
    stale = f", older than its ttl of {found.ttl}: servers get null" if old > found.ttl else ""
    yield f"{found.name} of {name}: of {value.at.isoformat()}, {old} old{stale}; looked up in {took:.0f} µs"
    yield from (f"  {feature} = {given}" for feature, given in value.features.items())
