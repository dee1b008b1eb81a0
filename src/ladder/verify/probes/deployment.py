"""Releases: by themselves, tested, compared with what runs, taken back, and followed to the data."""

from __future__ import annotations

import re

from ..ci.model import EVENT, MAIN, SCHEDULE
from ..facts import Facts
from ..seen import Seen, every, no, yes
from . import environment

ROLLOUT = (
    r"\brollout (?:run|start)\b|\baz ml online-deployment (?:create|update)\b"
    r"|\bkubectl (?:apply|rollout)\b|\bhelm upgrade\b|\bargocd\b"
)
PROMPTS = r"\binput\(|\bclick\.confirm\(|\bclick\.prompt\(|\bgetpass\.getpass\(|\btyper\.confirm\("
CHAIN = r"/release/|/rollout/|/promotion/|(^|/)(release|rollout|promote)\w*\.py$"


def releases_start_by_themselves(it: Facts) -> Seen:
    return every(
        it.firm("releases what was registered, with nobody starting it", ROLLOUT, SCHEDULE, EVENT, MAIN),
        it.firm("goes on with a release after each training or in a rhythm", ROLLOUT, SCHEDULE, EVENT),
        wanted(it),
    )


def wanted(it: Facts) -> Seen:
    """A registration asks for a release."""
    found = it.code.says(r"handl|subscri|listen", r"MODEL_REGISTERED|ModelRegistered")
    return (
        yes(f"a registration asks for it ({found[0]})", found[0]) if found else no("a registration asks for no release")
    )


def releases_ask_nobody(it: Facts) -> Seen:
    if not it.code.find(CHAIN):
        return no("no code carries a release out")
    asks = [name for name in it.code.says(CHAIN, PROMPTS) if not re.search(r"commands?\.py$|cli\.py$", name)]
    if asks:
        return no(f"{asks[0]} asks somebody at the terminal", asks[0])
    chained = it.code.answers(r"/release/|rollout", r"except FAULTS|except .*(?:Failed|Refused)Error|rolled? ?back")
    ends = (
        yes(f"a fault of the model ends it ({chained[0].place})", chained[0].module.path)
        if chained
        else no("a fault of the model does not end a release")
    )
    return every(yes("the chain asks nobody"), ends, it.ask(releases_start_by_themselves))


def releases_can_be_held(it: Facts) -> Seen:
    started = it.refuses(
        "to begin a release that is held",
        r"/release/|rollout",
        r"^(?:start|begin|open)\w*:[\s\S]*raise \w*(?:Held|Frozen|Freeze|Hold)",
    )
    waits = it.code.answers(r"/release/machine|rollout|release\w*\.py$", r"held and not|if held\b|frozen")
    goes = (
        yes(f"and one that has begun waits ({waits[0].place})", waits[0].module.path)
        if waits
        else no("a release that has begun takes no notice of a hold")
    )
    return every(started, goes, it.ask(releases_ask_nobody))


def releases_do_not_interrupt(it: Facts) -> Seen:
    found = environment.deployments(it)
    if len(found) < 2:
        return no("there are no two deployments, so that a release interrupts")
    for name, raw in found.items():
        for probe in ("liveness_probe", "readiness_probe"):
            if not isinstance(raw.get(probe), dict):
                return no(f"{name} has no {probe}", name)
    ready = it.code.refusals(r"/release/|rollout", r"NotReady|not ready")
    return every(
        yes("two deployments, with probes of liveness and readiness", *found),
        yes(f"callers wait for one that is ready ({ready[0].place})", ready[0].module.path)
        if ready
        else no("callers are given one that is not ready"),
        drains(it),
    )


def drains(it: Facts) -> Seen:
    found = it.code.says(
        r"serv|supervis|children|process|gateway", r"\bdrain\w*|in flight|once it has answered|shutdown"
    )
    return yes(f"what is begun is answered ({found[0]})", found[0]) if found else no("what is begun is cut off")


PROBES = (releases_start_by_themselves, releases_ask_nobody, releases_can_be_held, releases_do_not_interrupt)
