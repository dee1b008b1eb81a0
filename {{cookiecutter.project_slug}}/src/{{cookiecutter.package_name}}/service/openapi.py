"""The API's description: the scoring routes from the schema, with the sample of the hand-off as the examples."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .endpoint import Scoring
from .problems import MEDIA_TYPE
from .served import Served

REFERENCE = "#/components/schemas/{model}"
REFUSALS = {
    "400": "The body is not JSON, or a key stands in it twice",
    "401": "The API key is missing or wrong",
    "408": "The body did not arrive in time",
    "413": "The body is too long",
    "415": "The body is not sent as application/json",
    "422": "A value is missing, unknown, or not what the model takes",
}
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details, RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "value": {}, "reason": {"type": "string"}},
            },
        },
    },
}


def describe(app: FastAPI, scoring: Scoring) -> dict[str, Any]:
    """The OpenAPI document."""
    served = scoring.served
    document = get_openapi(title=app.title, version=app.version, routes=app.routes, summary=summary(served))
    records, answers = served.sample, served.score(scoring.requests.rows(served.sample))
    one = operation("Score one record", "Record", records[0], answer(served), {**answers[0], "model": served.digest})
    answered = {"model": served.digest, "predictions": answers}
    many = operation("Score a batch of records", "Batch", {"records": records}, batch_answer(served), answered)
    document["paths"] |= {"/score": {"post": one}, "/score/batch": {"post": many}}
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(request_schemas(scoring), Problem=PROBLEM)
    if scoring.key is not None:
        components["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
        one["security"] = many["security"] = [{"key": []}]
    return document


def summary(served: Served) -> str:
    schema = served.schema
    return f"{schema.training.task} of {schema.table.target} by model {served.digest[:12]}"


def request_schemas(scoring: Scoring) -> dict[str, Any]:
    """The JSON schemas of `Record` and `Batch`."""
    models: list[tuple[type[BaseModel], Any]] = [(scoring.requests.record, "validation")]
    models.append((scoring.requests.batch, "validation"))
    found: dict[str, Any] = models_json_schema(models, ref_template=REFERENCE)[1]["$defs"]
    return found


def operation(title: str, body: str, example: object, answer: object, answered: object) -> dict[str, Any]:
    """One scoring route."""
    given = {"schema": {"$ref": REFERENCE.format(model=body)}, "example": example}
    good = {"description": "The prediction", "content": json_content({"schema": answer, "example": answered})}
    problem = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    bad = {status: {"description": words, "content": problem} for status, words in REFUSALS.items()}
    return {
        "summary": title,
        "operationId": title.lower().replace(" ", "_"),
        "tags": ["scoring"],
        "requestBody": {"required": True, "content": json_content(given)},
        "responses": {"200": good, **bad},
    }


def json_content(content: object) -> dict[str, object]:
    return {"application/json": content}


def item(served: Served) -> dict[str, Any]:
    """The schema of one answer."""
    if not served.classes:
        return {"prediction": {"type": "number"}}
    chance = {"type": "number", "minimum": 0, "maximum": 1}
    shares = {"type": "object", "properties": dict.fromkeys(served.classes, chance), "required": served.classes}
    return {"prediction": {"type": "string", "enum": served.classes}, "probabilities": shares}


def answer(served: Served) -> dict[str, Any]:
    """The schema of `/score`'s answer."""
    properties = {**item(served), "model": {"type": "string", "description": "sha256 of the model's file"}}
    return {"type": "object", "properties": properties, "required": list(properties)}


def batch_answer(served: Served) -> dict[str, Any]:
    """The schema of `/score/batch`'s answer."""
    one = {"type": "object", "properties": item(served), "required": list(item(served))}
    properties = {"model": {"type": "string"}, "predictions": {"type": "array", "items": one}}
    return {"type": "object", "properties": properties, "required": list(properties)}
