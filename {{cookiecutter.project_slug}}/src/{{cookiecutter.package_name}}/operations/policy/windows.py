"""Freeze windows of `policy.toml`: while one is open, releases are held in the policy's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ...deployment.release import holds
from ...deployment.release.holds import HeldError
from ...deployment.release.world import World
from . import rules
from .rules import Freeze, Policy

BY = "policy.toml"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Window:
    """A freeze window that is open: since when, until when, and why."""

    since: datetime
    until: datetime
    reason: str


def standing(policy: Policy, now: datetime) -> Window | None:
    """The window that is open at `now`, the one that ends last where there are several."""
    local = now.astimezone(ZoneInfo(policy.timezone))
    found = [it for it in (of(freeze, local) for freeze in policy.freeze) if it]
    return max(found, key=lambda it: it.until, default=None)


def of(freeze: Freeze, now: datetime) -> Window | None:
    """The window that a rule has open at `now`, a time in the policy's zone."""
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    if freeze.since and freeze.until:
        since = datetime.combine(freeze.since, time(), now.tzinfo)
        until = datetime.combine(freeze.until + timedelta(days=1), time(), now.tzinfo)
    elif DAYS[now.weekday()] in freeze.days:
        since, until = midnight + length(freeze.begins), midnight + length(freeze.ends)
    else:
        return None
    return Window(since, until, freeze.reason) if since <= now < until else None


def length(clock: str) -> timedelta:
    hours, minutes = clock.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def keep(world: World) -> str:
    """Hold releases for as long as a window is open. Who let them go on in it has the last word."""
    now = world.clock.now()
    window = standing(rules.read(world.root / rules.FILE), now)
    words = holds.history(world.prod)
    if window is None or holds.last(words, now):
        return ""
    if words and not words[-1].held and datetime.fromisoformat(words[-1].at) >= window.since:
        return ""
    try:
        return holds.hold(world.prod, BY, window.reason, now, window.until).sentence
    except HeldError:  # somebody was quicker
        return ""
