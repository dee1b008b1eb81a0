"""What is told of a feature set: `Mlops.FeaturesStale` when it is found too old, `Mlops.FeaturesFresh` when no more.

The types are this layer's own, so that their schemas are here and not among those of the layer that carries events.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from ...events.cloud import Event, written
from ...events.schemas import Data, EventError, Name
from .health import Health, seconds

FEATURES_STALE, FEATURES_FRESH = "Mlops.FeaturesStale", "Mlops.FeaturesFresh"


class Features(Data):
    """A feature set's state has changed; lengths of time are in seconds, `since` is when it was found too old."""

    model_config = ConfigDict(alias_generator=to_camel)

    feature_set: Name
    version: Name
    state: Name
    why: str
    since: Name
    age_seconds: float | None
    ttl_seconds: float

    def subject(self) -> str:
        return f"features/{self.feature_set}:{self.version}"


TYPES: dict[str, type[Data]] = {FEATURES_STALE: Features, FEATURES_FRESH: Features}


@dataclass(frozen=True)
class Told(Event):
    """An event that is checked by the schema of this layer."""

    def check(self) -> None:
        """Raises `EventError` where this is not an event that we may send."""
        try:
            data = TYPES[self.type].model_validate(self.data, strict=True, by_alias=True, by_name=False)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise EventError(f"{self.type}: {where}: {first['msg']}", fix="`mlops freshness schema` has it") from None
        if self.subject != data.subject():
            raise EventError(f"{self.type} has subject {self.subject!r}", fix=f"it is {data.subject()!r}")


def of(kind: str, source: str, it: Health, since: str, at: datetime) -> Told:
    """The event of an episode that began at `since`: told again, it is the same event."""
    values: dict[str, Any] = {"featureSet": it.name, "version": it.version, "state": it.state, "why": it.why}
    data = {**values, "since": since, "ageSeconds": seconds(it.served), "ttlSeconds": it.ttl.total_seconds()}
    subject = f"features/{it.key}"
    named = json.dumps([kind, source, subject, since])
    return Told(str(uuid.uuid5(uuid.NAMESPACE_URL, named)), kind, source, subject, written(at), data)


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON schema of a type's data, for consumers elsewhere."""
    return {"$id": kind, **TYPES[kind].model_json_schema(by_alias=True)}
