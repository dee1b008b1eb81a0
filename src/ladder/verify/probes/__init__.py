"""The static probes: each reads, and says what it saw. Their names are those in `maturity.toml`."""

from __future__ import annotations

from collections.abc import Callable

from ..facts import Facts
from ..seen import Seen
from . import (
    coverage,
    data,
    delivery,
    deployment,
    environment,
    handoff,
    lineage,
    operations,
    registry,
    scoring,
    signals,
    store,
    tests,
    tracking,
    training,
    trial,
    workspaces,
)

Probe = Callable[[Facts], Seen]
MODULES = (
    coverage,
    data,
    delivery,
    deployment,
    environment,
    handoff,
    lineage,
    operations,
    registry,
    scoring,
    signals,
    store,
    tests,
    tracking,
    training,
    trial,
    workspaces,
)
PROBES: dict[str, Probe] = {probe.__name__: probe for module in MODULES for probe in module.PROBES}
