"""The running endpoint, as a release needs it: its address, whether a deployment is ready, a change in force."""

from __future__ import annotations

import os

from ...errors import ModelError
from ...workspace import Workspace
from ..serving import address, status
from ..serving.layout import ServingError
from .journal import ReleaseError

SECONDS = 120.0  # to load a model, warm it and switch


class NotReadyError(ModelError):
    """A deployment that does not come up, or does not stay up."""


def up(place: Workspace) -> bool:
    """Whether an endpoint runs."""
    return status.read(place).running


def must_run(place: Workspace) -> None:
    """Raises `ReleaseError` while no endpoint runs: that is not the model's fault."""
    if not up(place):
        fix = "`mlops endpoint up --detach`, then `mlops rollout run --once` goes on"
        raise ReleaseError(f"the endpoint of {place.name} does not run", fix=fix)


def url(place: Workspace) -> str:
    """Where it answers."""
    must_run(place)
    return status.read(place).address


def key() -> str | None:
    """What callers must send, where the endpoint asks for it."""
    return os.environ.get(address.KEY) or None


def wait_ready(place: Workspace, name: str) -> None:
    """Wait for a deployment. Raises `NotReadyError` with what its scorer said."""
    must_run(place)
    try:
        status.ready(place, name, SECONDS)
    except ServingError as error:
        must_run(place)
        raise NotReadyError(error.problem, fix=error.fix) from None


def settle(place: Workspace, number: int) -> None:
    """Wait until a committed state is in force. Raises `NotReadyError` naming who is not ready for it."""
    must_run(place)
    try:
        status.settle(place, SECONDS, number)
    except ServingError as error:
        must_run(place)
        raise NotReadyError(error.problem, fix=error.fix) from None


def settle_if_up(place: Workspace, number: int) -> None:
    """The same where an endpoint runs; one that comes up later begins with the committed state."""
    if up(place):
        settle(place, number)
