"""The FastAPI application that serves one accepted model."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from . import openapi
from .endpoint import Limits, Scoring
from .problems import MEDIA_TYPE, ProblemError, answer
from .served import Served
from .stamp import Stamp

HINTS = {404: "there is no such path; the ones there are stand in /openapi.json", 405: "this path takes other methods"}


def create(served: Served, key: str | None = None, limits: Limits | None = None) -> FastAPI:
    """The application; without a `key` anybody who reaches it may score."""
    scoring = Scoring(served, key, limits or Limits())
    app = FastAPI(
        title=f"{served.schema.table.target} predictions",
        version=served.digest[:12],
        redirect_slashes=False,
        redoc_url=None,
    )
    direct = {"/score": scoring.route(scoring.one), "/score/batch": scoring.route(scoring.many)}
    app.router.routes.extend(Route(path, route, methods=["POST"]) for path, route in direct.items())
    add_information(app, served)
    add_problems(app, served)
    app.add_middleware(Stamp, digest=served.digest, direct=direct)
    document: dict[str, Any] = {}

    def described() -> dict[str, Any]:
        return document or document.update(openapi.describe(app, scoring)) or document

    app.openapi = described  # type: ignore[method-assign]
    return app


def add_information(app: FastAPI, served: Served) -> None:
    """What a person or an orchestrator asks."""

    @app.get("/", summary="What is served here", tags=["information"])
    async def about() -> dict[str, Any]:
        schema = served.schema
        about = {"target": schema.table.target, "task": schema.training.task, "inputs": list(schema.inputs)}
        return {"model": served.digest, **about, "documentation": "/docs", "description": "/openapi.json"}

    @app.get("/health/live", summary="The process answers", tags=["health"])
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/health/ready", summary="A model is loaded, and how it is scored", tags=["health"])
    async def ready() -> dict[str, Any]:
        way = served.way
        return {"status": "ready", "model": served.digest, "scorer": way.scorer.name, "how": way.sentence}


def add_problems(app: FastAPI, served: Served) -> None:
    """Every refusal is a problem; an unexpected error says nothing of our insides (uvicorn logs its traceback)."""

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        hint = HINTS.get(error.status_code, str(error.detail))
        problem = ProblemError(error.status_code, hint, headers=error.headers)
        return answer(problem, request.scope["request_id"])

    async def fail(request: Request, _: Exception) -> Response:
        # this runs outside of `Stamp`, which has set the id but will not see the answer
        request_id = request.scope.get("request_id", "")
        problem = ProblemError(500, "the service failed; its log has the reason under this request's time")
        headers = {"X-Request-ID": request_id, "X-Model-Digest": served.digest}
        return Response(problem.body(request_id), 500, headers, media_type=MEDIA_TYPE)

    app.add_exception_handler(HTTPException, refuse)
    app.add_exception_handler(Exception, fail)
