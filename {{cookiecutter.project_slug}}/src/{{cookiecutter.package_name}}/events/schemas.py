"""What each type of event carries: Azure Machine Learning's data, cased as documented, and our own `DataLanded`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel, to_pascal

from ..errors import MlopsError

AZURE = "Microsoft.MachineLearningServices."
RUN_STATUS_CHANGED = f"{AZURE}RunStatusChanged"
RUN_COMPLETED = f"{AZURE}RunCompleted"
MODEL_REGISTERED = f"{AZURE}ModelRegistered"
MODEL_DEPLOYED = f"{AZURE}ModelDeployed"
DATA_LANDED = "Mlops.DataLanded"

Name = Annotated[str, StringConstraints(min_length=1)]
Words = dict[str, str]
Status = Literal[
    "NotStarted",
    "Starting",
    "Provisioning",
    "Preparing",
    "Queued",
    "Running",
    "Finalizing",
    "CancelRequested",
    "Completed",
    "Failed",
    "Canceled",
    "NotResponding",
    "Paused",
]


class EventError(MlopsError):
    """An event is not what its type says, or is no event at all."""


class Data(BaseModel):
    """The data of one type; `subject` is what the event is about, as Azure writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, alias_generator=to_pascal)

    def subject(self) -> str:
        raise NotImplementedError


class Run(Data):
    """A run has ended well."""

    model_config = ConfigDict(alias_generator=to_camel)

    experiment_id: Name
    experiment_name: Name
    run_id: Name
    run_type: str | None
    run_tags: Words
    run_properties: Words

    def subject(self) -> str:
        return f"experiments/{self.experiment_id}/runs/{self.run_id}"


class RunStatus(Run):
    """A run is in another state than before."""

    run_status: Status


class Model(Data):
    """A version of a model came into the registry."""

    model_name: Name
    model_version: Name
    model_tags: Words
    model_properties: Words

    def subject(self) -> str:
        return f"models/{self.model_name}:{self.model_version}"


class Deployment(Data):
    """Models went to a service. `model_ids` is a list with commas, as in Azure."""

    service_name: Name
    service_compute_type: str
    model_ids: Name
    service_tags: Words
    service_properties: Words

    def subject(self) -> str:
        return f"endpoints/{self.service_name}"


class Landed(Data):
    """The landed data is in a new state."""

    model_config = ConfigDict(alias_generator=to_camel)

    state: Name
    rows: int

    def subject(self) -> str:
        return f"data/{self.state}"


TYPES: dict[str, type[Data]] = {
    RUN_STATUS_CHANGED: RunStatus,
    RUN_COMPLETED: Run,
    MODEL_REGISTERED: Model,
    MODEL_DEPLOYED: Deployment,
    DATA_LANDED: Landed,
}


def of(kind: str) -> type[Data]:
    """The schema of a type. Raises `EventError` for one that is not ours to send."""
    if kind not in TYPES:
        raise EventError(f"{kind!r} is no type of event here", fix=f"one of {', '.join(TYPES)}")
    return TYPES[kind]


def check(kind: str, data: dict[str, Any]) -> Data:
    """The data of an event of this type. Raises `EventError` where a key is missing, unknown, or of another kind."""
    try:
        return of(kind).model_validate(data, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise EventError(f"{kind}: {where}: {first['msg']}", fix=f"see `mlops events schema {kind}`") from None


def cased(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """`data` with the keys as documented, however their sender cased them; keys that the schema does not know stay."""
    if kind not in TYPES:
        return data
    known = {str(field.alias).lower(): str(field.alias) for field in TYPES[kind].model_fields.values()}
    return {known.get(key.lower(), key): value for key, value in data.items()}


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON schema of a type's data, for consumers elsewhere."""
    return {"$id": kind, **of(kind).model_json_schema(by_alias=True)}
