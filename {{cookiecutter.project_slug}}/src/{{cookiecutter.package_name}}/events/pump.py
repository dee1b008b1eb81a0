"""One round of the bus: look for new data, send what waits, take what came. A loop calls it again and again.

With `MLOPS_EVENTS_ENDPOINT` it works with that Event Grid; else with the broker that runs for this repo, or with one of
its own that lives as long as the `Pump`. Events wait in files in any case, so it does not matter who is up when.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from ..clock import Clock
from ..workspace import Workspace
from . import bus, consume, outbox, relay, server, watch
from .bus import Address, BusError
from .consume import Consumed


@dataclass(frozen=True)
class Pumped:
    """What a round did: whether new data was `landed` and told, events `sent`, and those that came."""

    landed: bool
    sent: int
    consumed: Consumed

    @property
    def idle(self) -> bool:
        """Nothing happened."""
        return not self.landed and not self.sent and not self.consumed.received


class Pump:
    """Rounds that share their way to the broker; it is looked for again after it was lost."""

    def __init__(self, place: Workspace, clock: Clock) -> None:
        self.place, self.clock = place, clock
        self.open = ExitStack()
        self.address: Address | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open.close()

    def once(self, echo: Callable[[str], None]) -> Pumped:
        """Watch, send, consume. Raises `BusError` where the broker is not reached; nothing is lost by it."""
        landed = watch.run(self.place, self.clock)
        try:
            return self.carry(self.way(), landed, echo)
        except BusError:  # it may come back at another address, or this process has to be it from now on
            self.open.close()
            self.address = None
            raise

    def way(self) -> Address:
        """The broker's address, which holds as long as it answers."""
        if self.address is None:
            self.address = self.open.enter_context(server.reached(self.place, self.clock))
        return self.address

    def carry(self, address: Address, landed: bool, echo: Callable[[str], None]) -> Pumped:
        """Send and consume."""
        with bus.publisher(address) as publisher:
            sent = relay.run(self.place.state, publisher, outbox.BATCH, self.clock)
        with bus.consumer(address) as consumer:
            return Pumped(landed, sent, consume.run(self.place, self.clock, consumer, echo=echo))


def once(place: Workspace, clock: Clock, echo: Callable[[str], None]) -> Pumped:
    """A single round. Raises `BusError` as `Pump.once` does."""
    with Pump(place, clock) as pump:
        return pump.once(echo)
