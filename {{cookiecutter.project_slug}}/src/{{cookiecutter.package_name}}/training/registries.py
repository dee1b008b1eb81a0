"""Which registry a step registers in: MLflow's in the workspace here, Azure Machine Learning's in a job there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from .. import workspace
from ..clock import Clock
from .context import AZURE_RUN
from .versions import Version


class Port(Protocol):
    """What the pipeline needs of a registry."""

    @property
    def client(self) -> Any: ...

    def register(self, _: Any, tags: dict[str, str], folders: dict[str, Path]) -> Version: ...

    def versions(self) -> Sequence[Version]: ...

    def get(self, wanted: str) -> Version: ...

    def champion(self) -> Version | None: ...


def here(root: Path, clock: Clock) -> Port:
    """The registry of the place where this process runs."""
    if os.environ.get(AZURE_RUN):
        from . import registry_azure

        return registry_azure.Registry(root)
    from .registry import Registry

    return Registry(workspace.current(root), clock)
