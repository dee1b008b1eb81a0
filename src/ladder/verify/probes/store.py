"""The feature store, and the events of a model's life."""

from __future__ import annotations

import re

from ..endings import called, dotted
from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes

JOIN = r"\bASOF JOIN\b|merge_asof\(|get_historical_features\(|point_in_time"
KNOWN = ("RunStatusChanged", "RunCompleted", "ModelRegistered", "ModelDeployed")
SENDS = r"(^|\.)(add|send|publish|emit|put|enqueue)$"


def features_are_stored(it: Facts) -> Seen:
    joins = it.code.says("", JOIN)
    feast = it.repo.glob("*feature_store.yaml")
    if not joins:
        return (
            unknown(f"{feast[0]} is a feature store's; nothing here joins by it", feast[0])
            if feast
            else no("no code joins features as of a time")
        )
    if feast:
        return unknown(f"{joins[0]} joins as of a time; that nothing of the future comes in, nothing checks", joins[0])
    delayed = it.code.says(r"join|feature", r"\.delay\b|\bdelay\b")
    return every(
        yes(f"{joins[0]} joins as of each row's time", joins[0]),
        yes("with the delay of a value", delayed[0]) if delayed else no("a value's delay is left out"),
        it.refuses("a value from the future", r"feature|leak|build", r"raise \w*Leak\w*|from the future|data leakage"),
        online(it),
    )


def online(it: Facts) -> Seen:
    """Servers look values up, and both ways are compared."""
    looked = it.code.says(r"online|serving|look", r"\bttl\b|online")
    skew = it.code.says(r"skew", r"!=")
    if not looked:
        return no("no server can look a feature up")
    return (
        yes(f"servers look up in {looked[0]}, and {skew[0]} compares", looked[0], skew[0])
        if skew
        else no("training and serving are not compared")
    )


def events_are_emitted(it: Facts) -> Seen:
    typed = [name for name in KNOWN if it.code.says("", rf"[\"'.}}]{name}\b")]
    if len(typed) < len(KNOWN):
        lacking = [name for name in KNOWN if name not in typed]
        return no(f"no code knows the event {lacking[0]}" if typed else "no event of a model's life is told")
    silent = [name for name in KNOWN if not emitted(it, snake(name))]
    if silent:
        return no(f"{silent[0]} is declared, and told by nobody")
    once = it.code.says(r"inbox|consum|handl", r"INSERT OR IGNORE INTO inbox|ON CONFLICT|dedup")
    return every(
        yes(f"{', '.join(KNOWN)} are told with their fact"),
        yes(f"and taken once ({once[0]})", once[0]) if once else no("an event that comes twice is taken twice"),
    )


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def emitted(it: Facts, maker: str) -> bool:
    """Whether an event that `maker` makes is handed to what sends it: at once, or by a function that gives it back."""
    for module in it.code.find("", rf"\b{maker}\("):
        for name, node in module.functions.items():
            if name == maker or not called(node, rf"(^|\.){maker}$"):
                continue
            wanted = {maker, name}
            for function in module.functions.values():
                for call in called(function, SENDS):
                    inner = {dotted(arg.func).rpartition(".")[2] for arg in call.args if hasattr(arg, "func")}
                    if inner & wanted:
                        return True
    return False


PROBES = (features_are_stored, events_are_emitted)
