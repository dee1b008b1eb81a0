"""The data of each type, as documented: nothing missing, nothing more, nothing of another kind."""

from __future__ import annotations

from typing import Any

import pytest

from {{cookiecutter.package_name}}.events import schemas
from {{cookiecutter.package_name}}.events.schemas import EventError

GOOD = {"ModelName": "trips", "ModelVersion": "1", "ModelTags": {}, "ModelProperties": {}}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a key that is missing": (
        {"ModelVersion": "1", "ModelTags": {}, "ModelProperties": {}},
        "ModelName: Field required",
    ),
    "a key that nobody knows": ({**GOOD, "Stage": "x"}, "Stage: Extra inputs"),
    "a number for a text": ({**GOOD, "ModelVersion": 1}, "ModelVersion: Input should be a valid string"),
    "a tag that is no text": ({**GOOD, "ModelTags": {"n": 1}}, "ModelTags.n"),
    "an empty name": ({**GOOD, "ModelName": ""}, "ModelName"),
    "a key by our own name": ({**GOOD, "model_name": "trips"}, "model_name"),
}


def test_good_data_passes_and_names_its_subject() -> None:
    assert schemas.check(schemas.MODEL_REGISTERED, GOOD).subject() == "models/trips:1"


@pytest.mark.parametrize(("data", "why"), WRONG.values(), ids=WRONG)
def test_wrong_data_is_refused_with_its_key(data: dict[str, Any], why: str) -> None:
    with pytest.raises(EventError, match=why) as refused:
        schemas.check(schemas.MODEL_REGISTERED, data)
    assert refused.value.fix == f"see `mlops events schema {schemas.MODEL_REGISTERED}`"


def test_the_types_are_those_that_the_client_library_knows_of_azure_machine_learning() -> None:
    """`DatasetDriftDetected` belongs to monitors that Azure has retired."""
    from azure.eventgrid import SystemEventNames

    azure = {name.value for name in SystemEventNames if name.value.startswith(schemas.AZURE)}
    ours = set(schemas.TYPES) - {schemas.DATA_LANDED}
    assert ours == azure - {f"{schemas.AZURE}DatasetDriftDetected"}


@pytest.mark.parametrize("kind", schemas.TYPES)
def test_each_type_has_a_schema_and_a_subject(kind: str) -> None:
    found = schemas.json_schema(kind)
    assert found["$id"] == kind
    assert found["additionalProperties"] is False
    assert set(found["required"]) == {str(field.alias) for field in schemas.TYPES[kind].model_fields.values()}


def test_data_without_a_type_of_its_own_has_no_subject() -> None:
    with pytest.raises(NotImplementedError):
        schemas.Data().subject()
