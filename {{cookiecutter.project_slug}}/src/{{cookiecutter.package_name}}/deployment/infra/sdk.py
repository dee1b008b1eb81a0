"""Azure's library for infrastructure and promotion: what training's own use of it does not have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ...training import azure
from .target import InfraError, Target

T = TypeVar("T")
Overrides = list[dict[str, Any]]


def client(target: Target, *, registry: bool = False) -> Any:
    """A client for the target's workspace, or its registry. The identity is the session's: OIDC, az login, managed."""
    library = azure.sdk()
    from azure.identity import DefaultAzureCredential

    named = {"registry_name": target.registry} if registry else {"workspace_name": target.workspace or None}
    options = {"enable_telemetry": False, "show_progress": False}
    with azure.asked("say where that is"):  # of a registry it is asked at once
        return library.MLClient(DefaultAzureCredential(), target.subscription, target.group, **named, **options)


def load(kind: str, path: Path, overrides: Overrides) -> Any:
    """The entity in a YAML file. Raises `InfraError` with what the library finds wrong."""
    library = azure.sdk()
    try:
        with azure.asked("read it"):
            return getattr(library, f"load_{kind}")(path, params_override=overrides)
    except azure.AzureError as error:
        said = error.problem.partition(": ")[2]
        raise InfraError(f"{path} is not what azure-ai-ml takes: {said}", fix="correct the file") from None


def found(get: Callable[[], T]) -> T | None:
    """What is there on Azure, None where it is not. Raises `AzureError` where Azure refuses to say."""
    from azure.core.exceptions import ResourceNotFoundError

    with azure.asked("look it up"):
        try:
            return get()
        except ResourceNotFoundError:
            return None
