"""What an event does here: the `handlers.py` of each layer, found by being there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import TypeAlias

from .. import layers
from ..workspace import Workspace
from .cloud import Event

# Called inside of the transaction on the workspace's state.db that notes the event in the inbox: what it writes through
# this connection is done once, and nothing else that it does is. It must not commit; an `MlopsError` takes all of it
# back, and the event comes again later.
Handler: TypeAlias = Callable[[sqlite3.Connection, Workspace, Event, datetime], None]


@dataclass(frozen=True)
class Handlers:
    """Handlers by type of event, and the tables that they write."""

    by_type: Mapping[str, tuple[Handler, ...]] = field(default_factory=dict)
    tables: str = ""

    def of(self, event: Event) -> tuple[Handler, ...]:
        """Who handles this event: nobody, or one or several, in the order of their layers."""
        return self.by_type.get(event.type, ())


def find() -> Handlers:
    """Those of the layers that are present: `HANDLERS`, type -> handler, and if need be `TABLES`, in `handlers.py`."""
    return gather(layers.modules("handlers"))


def gather(modules: list[ModuleType]) -> Handlers:
    """The handlers of these modules together; several may handle one type."""
    found: dict[str, tuple[Handler, ...]] = {}
    for module in modules:
        for kind, handler in module.HANDLERS.items():
            found[kind] = (*found.get(kind, ()), handler)
    return Handlers(found, "".join(getattr(module, "TABLES", "") for module in modules))
