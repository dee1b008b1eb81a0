"""A workspace of its own for each test, a clock that stands still, and the real broker in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.events import bus, cloud, server, webhook
from {{cookiecutter.package_name}}.events.bus import Address
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


@pytest.fixture(autouse=True)
def no_bus_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    of_bus = (bus.ENDPOINT, bus.KEY, bus.TOPIC, bus.SUBSCRIPTION)
    for name in (workspace.NAME, cloud.SOURCE, webhook.KEY, *of_bus):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(made.AT)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def address(place: Workspace, clock: SimulatedClock) -> Iterator[Address]:
    """A broker for the time of the test, on the test's clock."""
    with server.reached(place, clock) as found:
        yield found
