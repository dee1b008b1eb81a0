"""Where on Azure: names and places, which come from the environment and from nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...errors import MlopsError

VARIABLES = {
    "subscription": "AZURE_SUBSCRIPTION_ID",
    "group": "AZURE_RESOURCE_GROUP",
    "location": "AZURE_LOCATION",
    "workspace": "AZURE_ML_WORKSPACE",
    "registry": "AZURE_ML_REGISTRY",
}
REGISTRY = "registry"  # the environment that is no workspace
LOCAL = ("subscription", "group", "location", "workspace")
SHARED = ("subscription", "group", "location", REGISTRY)


class InfraError(MlopsError):
    """`azure/infra` cannot be meant so, or Azure does not take it."""


@dataclass(frozen=True)
class Target:
    """A subscription, a resource group, a location, and the names of what is in them."""

    subscription: str
    group: str
    location: str = ""
    workspace: str = ""
    registry: str = ""


def of_environment(needed: tuple[str, ...]) -> Target:
    """What the environment names. Raises `InfraError` listing the variables that are not set."""
    found = {name: os.environ.get(variable, "") for name, variable in VARIABLES.items()}
    lacking = [VARIABLES[name] for name in needed if not found[name]]
    if lacking:
        fix = "set them, in CI as variables of the environment; none is a secret: the identity is that of the session"
        raise InfraError(f"not set: {', '.join(lacking)}", fix=fix)
    return Target(**found)
