"""Makefiles: the commands that a target leads to, with those of what it stands on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .repo import Repo
from .shell import Command, softness

RULE = re.compile(r"^([^\s#:=][^:=#]*?)\s*::?(?!=)\s*([^=]*?)(?:##.*)?$")
TARGET = re.compile(r"^[\w./-]+$")


@dataclass
class Target:
    """What it stands on, and the lines of its recipe."""

    needs: list[str] = field(default_factory=list)
    recipe: list[Command] = field(default_factory=list)


def targets(repo: Repo) -> dict[str, Target]:
    """Every target of the Makefile and what it includes."""
    found: dict[str, Target] = {}
    ignored: set[str] = set()
    for name in repo.glob("Makefile", "makefile", "GNUmakefile", "*.mk"):
        if name.count("/") <= 1:
            read(repo.text(name), found, ignored)
    for name in ignored & set(found):
        found[name].recipe = [it.softened(".IGNORE names its target") for it in found[name].recipe]
    return found


def read(text: str, found: dict[str, Target], ignored: set[str]) -> None:
    """Add the targets of one file."""
    current: list[Target] = []
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if line.startswith("\t"):
            for target in current:
                target.recipe.append(step(line.strip()))
            continue
        rule = RULE.match(line)
        if rule is None:
            if line.strip() and not line.lstrip().startswith(("#", "if", "else", "endif")):
                current = []
            continue
        names = [name for name in rule[1].split() if TARGET.match(name)]
        if rule[1].strip() == ".IGNORE":
            ignored |= set(rule[2].split())
        current = [found.setdefault(name, Target()) for name in names]
        for target in current:
            target.needs += [word for word in rule[2].split() if TARGET.match(word)]


def step(line: str) -> Command:
    """A line of a recipe: `-` before it lets make go on after a failure."""
    marks = re.match(r"^[@+-]*", line)
    text = line[marks.end() :].strip() if marks else line
    if marks and "-" in marks[0]:
        return Command(text, "make goes on after it, for the - before it")
    return Command(text, softness(text, safe=False))


def expanded(command: Command, known: dict[str, Target], seen: frozenset[str] = frozenset()) -> list[Command]:
    """The command itself, and for a call of make the recipes that it leads to, as soft as the call."""
    out = [command]
    call = re.search(r"(?:^|[;&|]\s*)(?:\S+=\S*\s+)*(?:\$\(MAKE\)|\$\{MAKE\}|make)\s+([^;&|]*)", command.text)
    if call is None:
        return out
    for word in call[1].split():
        if word in known and word not in seen:
            out += reached(word, known, command.soft, seen | {word})
    return out


def reached(name: str, known: dict[str, Target], soft: str, seen: frozenset[str]) -> list[Command]:
    """All that runs for a target."""
    out = []
    for need in known[name].needs:
        if need in known and need not in seen:
            out += reached(need, known, soft, seen | {need})
    for line in known[name].recipe:
        out += expanded(line.softened(soft), known, seen)
    return out
