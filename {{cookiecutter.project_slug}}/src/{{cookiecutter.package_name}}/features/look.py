"""A look-up for people: the values of an entity, how old they are, and how long it took."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from ..model.durations import format_duration
from ..model.messages import choices
from . import retrieval
from .featureset import MATERIALISE, WHOLE, FeatureError, FeatureSet
from .online import Online, naive
from .status import whole

SHOWN = 1000  # entities among which a name that was mistyped is looked for
NONE = "none had one: old data? see --at of `mlops features materialise`"


def up(store: Path, found: FeatureSet, entity: str | None, now: datetime) -> Iterator[str]:
    """Lines about an entity. Raises `FeatureError` where nothing is known of it, or nothing is online."""
    wanted = retrieval.wanted(found)
    with closing(Online(store)) as values:
        as_of = values.holds(wanted)
        if as_of is None:
            wrong = f"{values.path} holds nothing of {found.name!r}, version {found.version}, as it is now"
            raise FeatureError(wrong, fix=MATERIALISE)
        known = tuple(values.entities(wanted, SHOWN))
        if found.entity and entity is None:
            fix = f"name one: `mlops features get {known[0]!r}`" if known else NONE
            raise FeatureError(f"{found.name!r} is by {found.entity}, and none was named", fix=fix)
        name = (entity if found.entity else None) or WHOLE
        began = time.perf_counter()
        value = values.get(wanted, name)
        took = (time.perf_counter() - began) * 1e6
    if value is None:
        wrong = f"{found.name!r} has no value of {name!r} that was younger than {format_duration(found.ttl)} at {as_of}"
        raise FeatureError(wrong, fix=choices(name, near(name, known)) if known else NONE)
    old = naive(now) - value.at
    stale = f", older than its ttl of {format_duration(found.ttl)}: servers get null" if old > found.ttl else ""
    yield f"{found.name} of {name}: of {value.at.isoformat()}, {whole(old)} old{stale}; looked up in {took:.0f} µs"
    yield from (f"  {feature} = {given}" for feature, given in value.features.items())


def near(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """What may have been meant, else a few that there are."""
    return tuple(difflib.get_close_matches(name, known, n=1)) or known[:3]
