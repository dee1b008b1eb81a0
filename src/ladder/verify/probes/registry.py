"""Registered versions, who moved which alias, and what a release of one asks."""

from __future__ import annotations

import re

from ..endings import called
from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes

REGISTERS = (
    r"\bcreate_model_version\(|\bregister_model\(|registered_model_name\s*=|\bmodels\.create_or_update\("
    r"|\bwandb\.\w*link_artifact|dvc\.gto"
)
MOVES = r"(^|\.)(set_registered_model_alias|delete_registered_model_alias|transition_model_version_stage)$"
LEDGER = r"ledger|audit|journal"
AT = r"/release\.py$|rollout|deploy\w*\.py$|promot\w*\.py$"
COMMAND = re.compile(r"^(release|rollout|deploy|promote)\s*:", re.MULTILINE)


def models_are_registered(it: Facts) -> Seen:
    made = it.code.says("", REGISTERS)
    if not made:
        return no("no code registers a model's version")
    around = past_the_ledger(it)
    if around:
        return no(f"{around[0]} moves an alias past the ledger", around[0].partition(":")[0])
    if not it.code.find(LEDGER):
        return unknown(f"{made[0]} registers versions; who moved one on, and when, nothing records", made[0])
    return every(
        yes(f"{made[0]} registers versions", made[0]),
        it.refuses("a version that does not say where it comes from", r"regist", r"lacking|traced|missing tag"),
        it.refuses("a ledger that was rewritten", LEDGER, r"not as it was written|hash|chain|tamper|append"),
        yes("no alias is moved but by the ledger"),
    )


def past_the_ledger(it: Facts) -> list[str]:
    """The functions that move an alias, and have nothing to do with a ledger."""
    if not it.code.find(LEDGER):
        return []
    found = []
    for module in it.code.find("", r"registered_model_alias|transition_model_version_stage"):
        for name, node in module.functions.items():
            if called(node, MOVES) and not re.search(LEDGER, module.source(node)):
                found.append(f"{module.path}:{name}")
    return found


def release_is_one_command(it: Facts) -> Seen:
    makes = [name for name in it.repo.glob("Makefile", "*.mk") if COMMAND.search(it.repo.text(name))]
    commands = it.code.says(r"commands?\.py$|cli\.py$|release", r"command\(\s*[\"'](?:release|rollout|deploy)")
    named = [*makes, *commands]
    if not named:
        return no("no one command releases a model")
    return every(
        yes(f"one command releases ({named[0]})", named[0]),
        it.refuses("a version that did not pass the gate", AT, r"passed the gate|gate\b|approved|evaluat"),
        back(it),
    )


def back(it: Facts) -> Seen:
    """There is a way back."""
    found = it.code.says(r"release|rollback|deploy", r"\brollback\b|roll_back")
    return yes(f"and goes back ({found[0]})", found[0]) if found else no("there is no way back")


def releases_are_journaled(it: Facts) -> Seen:
    return every(
        it.refuses("an alias that was moved by hand", r"regist", r"alias\b.*(?:stands|moved|drift)|moved it by hand"),
        it.refuses("a step of somebody who was overtaken", r"journal", r"overtaken|meant was|concurrent"),
        noted(it),
    )


def noted(it: Facts) -> Seen:
    """Each step of a release is written down."""
    found = it.code.says(r"journal", r"INSERT INTO (?:transition|step|release)")
    return (
        yes(f"each step is written down ({found[0]})", found[0])
        if found
        else no("no journal has the steps of a release")
    )


PROBES = (models_are_registered, release_is_one_command, releases_are_journaled)
