"""Drills with what serves: a registered model is altered, the endpoint is killed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...deployment.promotion.package import HANDOFF
from ...deployment.rehearsal import copied
from ...deployment.release.journal import REFUSED
from ...deployment.serving import status
from ...model import handoff
from ..retraining import asked
from .floor import Floor

SECONDS = 60.0


def model(floor: Floor) -> None:
    """A model is altered after it was registered: refused, a person is told, nobody meets it."""
    it = floor.season
    before = floor.champion()
    copied.edit(it.world.root / "gate.toml", "champion", tolerance=1.0)
    copied.edit(it.world.root / "gate.toml", "slices", champion=1.0)
    copied.commit(it.world.root, "a lax gate, for the drill")
    floor.until(lambda: True, "a step passes", 1)
    asked.by_hand(it.world.dev, "the drill", it.clock.now())
    it.round(("training",))
    version = it.world.registry(it.world.dev).versions()[-1]
    floor.claim(version.sha256 != before, f"version {version.number} is registered")
    path = Path(unquote(urlsplit(version.source).path)).parent / HANDOFF / handoff.MODEL
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    floor.fault("one byte of its file was changed")
    it.round(("automation", "releases"))
    it.round(("alerts",))
    floor.claim(floor.released()[0] == REFUSED, "its release is refused")
    floor.claim(floor.alert("release-stopped"), "a person is told")
    floor.until(lambda: True, "callers go on asking", 1)
    floor.claim(floor.champion() == before, "callers have the version that they had")
    floor.answered()


def outage(floor: Floor) -> None:
    """The endpoint is killed: it is told, the loop brings it up, and it answers as before."""
    it = floor.season
    floor.until(lambda: True, "a step passes", 1)
    before, pid = floor.champion(), status.read(it.world.prod).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    floor.fault(f"kill -9 of the endpoint's supervisor, process {pid}")
    end = time.monotonic() + SECONDS
    while status.read(it.world.prod).running and time.monotonic() < end:
        time.sleep(0.05)
    it.round(("alerts",))
    floor.claim(floor.alert("endpoint-down"), "a person is told")
    it.round(("endpoint",))
    back = status.settle(it.world.prod, SECONDS)
    floor.claim(back.running, f"the loop brought it up again, at {back.address}")
    it.round(("alerts",))
    floor.claim(not floor.alert("endpoint-down"), "the alert cleared by itself")
    floor.until(lambda: True, "callers go on asking", 1)
    floor.claim(floor.champion() == before, "they have the version that they had")
    floor.answered()
