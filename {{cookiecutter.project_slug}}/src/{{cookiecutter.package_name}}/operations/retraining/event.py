"""`Mlops.DriftDetected`: the served model meets something else than it came from, or is worse than it was."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from ... import workspace
from ...events import cloud, outbox
from ...events.cloud import Event, written
from ...events.schemas import Data, EventError, Name
from ...workspace import Workspace

if TYPE_CHECKING:
    from ..drift.check import Checked

DRIFT_DETECTED = "Mlops.DriftDetected"
REGRESSION, DRIFT = "regression", "drift"
TOLD = 5  # columns


class Drift(Data):
    """What was found of which model, in the window up to `until`; `columns` are the worst, worst first."""

    model_config = ConfigDict(alias_generator=to_camel)

    kind: Name
    champion: Name
    until: Name
    columns: list[str]
    said: Name

    def subject(self) -> str:
        return f"models/{self.champion}"


@dataclass(frozen=True)
class Told(Event):
    """An event that is checked by the schema of this layer."""

    def check(self) -> None:
        """Raises `EventError` where this is not an event that we may send."""
        try:
            data = Drift.model_validate(self.data, strict=True, by_alias=True, by_name=False)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise EventError(f"{self.type}: {where}: {first['msg']}", fix="send what `mlops monitor` found") from None
        if self.subject != data.subject():
            raise EventError(f"{self.type} has subject {self.subject!r}", fix=f"it is {data.subject()!r}")


def of(found: Checked, champion: str, source: str, until: datetime, at: datetime) -> Told:
    """The event of a check that found something. The same window of the same model gives the same event."""
    kind = REGRESSION if "performance" in found.groups else DRIFT
    columns = list(dict.fromkeys(it.column for it in found.alarms))[:TOLD]
    data: dict[str, Any] = {"kind": kind, "champion": champion, "until": until.isoformat(), "columns": columns}
    named = json.dumps([DRIFT_DETECTED, source, champion, until.isoformat()])
    id = str(uuid.uuid5(uuid.NAMESPACE_URL, named))  # noqa: A001
    told = {**data, "said": found.sentence}
    return Told(id, DRIFT_DETECTED, source, f"models/{champion}", written(at), told)


def announce(place: Workspace, told: Told) -> bool:
    """Put it into the outbox of where models are trained. False: it was told before."""
    with workspace.database(place.state, outbox.TABLES) as connection, workspace.transaction(connection):
        return outbox.add(connection, told)


def source(place: Workspace) -> str:
    return cloud.source(place.name)
