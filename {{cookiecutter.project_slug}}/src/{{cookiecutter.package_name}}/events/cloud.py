"""CloudEvents 1.0: the life-cycle facts of training, with Azure Machine Learning's types, subjects and data."""

from __future__ import annotations

import base64
import binascii
import json
import os
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import schemas
from .schemas import EventError

VERSION = "1.0"
SOURCE = "MLOPS_EVENTS_SOURCE"
LARGEST = 1_000_000  # bytes of one event that Event Grid takes
RESEND = "have its sender send a CloudEvent 1.0 or an Event Grid event"
# what Event Grid's own schema calls the attributes of a CloudEvent
GRID = {"eventtype": "type", "topic": "source", "eventtime": "time"}


@dataclass(frozen=True)
class Event:
    """Something that happened. `source` and `id` together tell it from every other."""

    id: str
    type: str
    source: str
    subject: str
    time: str
    data: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As a CloudEvent in structured form."""
        kind = {"specversion": VERSION, "datacontenttype": "application/json"}
        return {**kind, **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Event:
        """Read a CloudEvent or an event in Event Grid's schema, its keys in any case. Raises `EventError`."""
        if not isinstance(raw, dict):
            raise EventError(f"an event is an object, not {raw!r:.80}", fix=RESEND)
        keys = {key.lower(): value for key, value in raw.items()}
        keys = {GRID.get(key, key) if "eventtype" in keys else key: value for key, value in keys.items()}
        if keys.get("specversion", VERSION) != VERSION:
            raise EventError(f"CloudEvents {keys['specversion']!r} is not {VERSION}", fix=RESEND)
        for name in ("id", "type", "source"):
            if not isinstance(keys.get(name), str) or not keys[name]:
                raise EventError(f"an event without {name}: {json.dumps(raw, default=str)[:200]}", fix=RESEND)
        subject, at = keys.get("subject") or "", keys.get("time") or ""
        return cls(keys["id"], keys["type"], keys["source"], subject, str(at), content(keys))

    def check(self) -> None:
        """Raises `EventError` where this is not an event that we may send."""
        data = schemas.check(self.type, self.data)
        if self.subject != data.subject():
            raise EventError(f"{self.type} has subject {self.subject!r}", fix=f"it is {data.subject()!r}")
        size = len(json.dumps(self.as_json()))
        if size > LARGEST:
            raise EventError(f"{self.subject} has {size:,} bytes", fix=f"{LARGEST:,} at most: shorten its tags")


@dataclass(frozen=True)
class RunFacts:
    """What an event tells of a run."""

    experiment_id: str
    experiment_name: str
    run_id: str
    run_type: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        named = {"experiment_id": self.experiment_id, "experiment_name": self.experiment_name, "run_id": self.run_id}
        return {**named, "run_type": self.run_type, "run_tags": self.tags, "run_properties": self.properties}


def source(workspace: str) -> str:
    """Where events come from: `MLOPS_EVENTS_SOURCE`, such as a workspace's resource id, else a plain local path."""
    return os.environ.get(SOURCE) or f"/workspaces/{workspace}"


def run_status_changed(source: str, *, run: RunFacts, status: str, at: datetime) -> Event:
    """A run came into `status`; a run comes into each once."""
    return event(schemas.RUN_STATUS_CHANGED, source, at, {**run.as_data(), "run_status": status}, status)


def run_completed(source: str, *, run: RunFacts, at: datetime) -> Event:
    """A run has ended well."""
    return event(schemas.RUN_COMPLETED, source, at, run.as_data())


def model_registered(
    source: str, *, name: str, version: str | int, tags: dict[str, str], properties: dict[str, str], at: datetime
) -> Event:
    """A version of a model came into the registry."""
    data = {"model_name": name, "model_version": str(version), "model_tags": tags, "model_properties": properties}
    return event(schemas.MODEL_REGISTERED, source, at, data)


def model_deployed(
    source: str,
    *,
    service: str,
    models: list[str],
    tags: dict[str, str],
    properties: dict[str, str],
    at: datetime,
    compute: str = "Local",
) -> Event:
    """Models, each `name:version`, went to a service. It may go back to one, so the time is part of the fact."""
    named = {"service_name": service, "service_compute_type": compute, "model_ids": ",".join(models)}
    data = {**named, "service_tags": tags, "service_properties": properties}
    return event(schemas.MODEL_DEPLOYED, source, at, data, named["model_ids"], written(at))


def data_landed(source: str, *, state: str, rows: int, at: datetime) -> Event:
    """The landed data is in the state that its manifest names."""
    return event(schemas.DATA_LANDED, source, at, {"state": state, "rows": rows})


def event(kind: str, source: str, at: datetime, values: dict[str, Any], *fact: str) -> Event:
    """An event whose id follows from what it is about and `fact`: told again, it is the same event."""
    fields = schemas.of(kind).model_fields
    data = {str(fields[name].alias): value for name, value in values.items()}
    subject = schemas.check(kind, data).subject()
    named = json.dumps([kind, source, subject, *fact])
    return Event(str(uuid.uuid5(uuid.NAMESPACE_URL, named)), kind, source, subject, written(at), data)


def written(at: datetime) -> str:
    """A time as CloudEvents have it, in UTC. Raises `EventError` for one without a zone."""
    if at.tzinfo is None:
        raise EventError(f"the time {at} has no zone", fix="hand in the clock's time, which is in UTC")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def content(keys: dict[str, Any]) -> dict[str, Any]:
    """The data of an event, with the keys as documented. Raises `EventError` where it is not an object."""
    data = keys.get("data")
    try:
        if "data_base64" in keys:
            data = json.loads(base64.b64decode(keys["data_base64"], validate=True))
        elif isinstance(data, str | bytes):
            data = json.loads(data)
    except (binascii.Error, TypeError, ValueError) as error:
        raise EventError(f"the data of {keys['type']} {keys['id']} is not JSON: {error}", fix=RESEND) from None
    if not isinstance(data, dict | None):
        raise EventError(f"the data of {keys['type']} {keys['id']} is no object: {data!r:.80}", fix=RESEND)
    return schemas.cased(keys["type"], data or {})


def parse(body: bytes | str) -> list[Event]:
    """The events of a request body: one or a list, as CloudEvents or in Event Grid's schema. Raises `EventError`."""
    try:
        raw = json.loads(body)
    except ValueError as error:
        raise EventError(f"not JSON: {error}", fix=RESEND) from None
    return read(raw)


def read(raw: Any) -> list[Event]:
    """The same, of JSON that is parsed already."""
    return [Event.from_json(one) for one in (raw if isinstance(raw, list) else [raw])]
