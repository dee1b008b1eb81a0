"""What the endpoint's commands print."""

from __future__ import annotations

from collections.abc import Iterator

from ...workspace import Workspace
from . import rules, running
from .state import Change
from .status import Status

SHORT = 12
SHOWN = 5


def status(it: Status) -> Iterator[str]:
    """The status, a line for each thing."""
    yield running.said(it.committed)
    if not it.running:
        yield "the endpoint does not run; `mlops endpoint up --detach` starts it in this state"
        return
    yield f"serving at {it.address}, process {it.pid}; gateway {it.gateway_pid}, restarted {it.gateway_restarts} times"
    if not it.gateway:
        yield "the gateway does not answer (is MLOPS_API_KEY set as it was for `up`?)"
    elif not it.settled:
        waits = ", ".join(it.gateway["waits_for"]) or "a moment"
        yield f"in force is {it.in_force or 'no state yet'}; state {it.committed.number} waits for: {waits}"
    for scorer in it.scorers.values():
        live, copied = it.committed.traffic.get(scorer.name, 0), it.committed.mirror.get(scorer.name, 0)
        share = f"{live} %" if live or not copied else f"{copied} % copied"
        words = "ready" if scorer.ready else f"{scorer.phase}, not ready"
        why = f": {scorer.reason}" if scorer.reason else ""
        yield f"  {scorer.name:<12} version {scorer.version:<4} {scorer.digest[:SHORT]}  {share:<10}  {words}{why}"
    if it.gateway:
        yield from counted(it)


def counted(it: Status) -> Iterator[str]:
    """What the gateway has counted since it started."""
    answered = ", ".join(f"{name}: {count:,}" for name, count in it.gateway["answered"].items()) or "none"
    yield f"answers by deployment and status: {answered}; retried {it.gateway['dealer']['retried']:,}"
    kept, copied = it.gateway["records"], it.gateway["mirror"]
    trouble = f"; THEY CANNOT BE WRITTEN: {kept['trouble']}" if kept["trouble"] else ""
    yield f"recorded {kept['written']:,}, waiting {kept['waiting']:,}, lost {kept['lost']:,}{trouble}"
    if any(copied.values()):
        gone = copied["dropped"] + copied["missed"]
        yield f"copies answered {copied['answered']:,}, failed {copied['failed']:,}, dropped {gone:,}"


def history(changes: list[Change]) -> Iterator[str]:
    """A line for each change."""
    for it in changes:
        what = "; ".join(differences(it)) or "nothing"
        yield f"{it.number:>4}  {it.at[:19]}  {it.by}: {what}{f' ({it.reason})' if it.reason else ''}"
    if not changes:
        yield "nothing was deployed yet; `mlops endpoint deploy blue VERSION` does it"


def differences(it: Change) -> Iterator[str]:
    """What a change did."""
    before, after = it.before, it.after
    for name, made in after.deployments.items():
        if before.deployments.get(name) != made:
            yield f"{name} is version {made.version}"
    for name in before.deployments.keys() - after.deployments.keys():
        yield f"{name} is gone"
    if before.traffic != after.traffic:
        yield f"traffic {rules.said(after.traffic)}"
    if before.mirror != after.mirror:
        yield f"copies {rules.said(after.mirror)}"


def outcomes(place: Workspace) -> Iterator[str]:
    """How many predictions have their outcome, and which outcomes have no prediction."""
    from . import joined

    table, strange = joined.read(place, forced=True), joined.unknown(place)
    live = table[~table["shadow"]]
    yield f"{int(live['outcome'].notna().sum()):,} of {len(live):,} recorded predictions have an outcome"
    if strange:
        shown = ", ".join(strange[:SHOWN]) + (", ..." if len(strange) > SHOWN else "")
        yield f"{len(strange):,} outcomes have no recorded prediction here and are kept: {shown}"
