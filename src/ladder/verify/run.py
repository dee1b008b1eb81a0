"""`ladder verify`: look, judge, report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..errors import LadderError
from . import attest, contract, gaps, judge
from .contract import LEVELS, Contract, Statement
from .facts import Facts
from .judge import Evidence, Verdict
from .probes import PROBES
from .probes.azure import AZURE
from .report import Report

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What was asked for. `static`: nothing is run. `python`: the repo's own, where that is not in .venv."""

    project: Path
    level: int | None = None
    static: bool = False
    python: Path | None = None


def run(wish: Wish, say: Say = lambda _: None, today: date | None = None) -> Report:
    """Look at a repo. Raises `LadderError` where it is none, or where what it attests is not readable."""
    started = time.perf_counter()
    root = wish.project.resolve()
    if not root.is_dir():
        raise LadderError(f"{root} is not a folder", fix="name the folder of a repo")
    if wish.level is not None and wish.level not in LEVELS:
        raise LadderError(
            f"level {wish.level} is none of {LEVELS.start} to {LEVELS.stop - 1}", fix="ladder levels has them"
        )
    day = today or date.today()
    said, facts = contract.load(), Facts(root)
    facts.repo.toml("pyproject.toml")  # so that a broken one is named, whoever looks at it
    words = attest.read(root, said)
    wanted = [it for it in said.statements if wish.level is None or it.level <= wish.level]
    evidence = looked(facts, [it for it in wanted if it.kind == "capability"], say)
    if not wish.static:
        from .running import bench

        bench.add(evidence, root, wish.python, [it.id for it in wanted], say)
    verdicts = judged(said, wanted, evidence, facts, words, day, wish.level)
    level = judge.reached(said_up_to(said, wish.level), {it.statement.id: it for it in verdicts})
    record = gaps.recorded(facts.repo).get("level")
    following = gaps.find(facts.repo, verdicts, level) if wish.level is None or level != wish.level else None
    known = record if isinstance(record, int) else None
    return Report(
        root,
        day,
        said,
        tuple(verdicts),
        level,
        wish.level,
        wish.static,
        known,
        following,
        time.perf_counter() - started,
        facts.repo.unread,
    )


def said_up_to(said: Contract, level: int | None) -> Contract:
    """The statements that were asked for."""
    return Contract(tuple(it for it in said.statements if level is None or it.level <= level))


def looked(facts: Facts, wanted: list[Statement], say: Say) -> dict[str, list[Evidence]]:
    """What reading shows of each capability."""
    found: dict[str, list[Evidence]] = {}
    for number, it in enumerate(wanted, 1):
        started = time.perf_counter()
        seen = facts.ask(PROBES[it.probe])
        took = time.perf_counter() - started
        found[it.id] = [Evidence("read", seen.holds, seen.said, f"read: {it.probe}", took, seen.artefacts)]
        say(f"[{number}/{len(wanted)}] {it.id} read")
    return found


def offline(facts: Facts, it: Statement) -> Evidence | None:
    """What the files for Azure show of it."""
    if not it.azure:
        return None
    started = time.perf_counter()
    seen = facts.ask(AZURE[it.azure])
    return Evidence(
        "read", seen.holds, seen.said, f"read: azure {it.azure}", time.perf_counter() - started, seen.artefacts
    )


def judged(
    said: Contract,
    wanted: list[Statement],
    evidence: dict[str, list[Evidence]],
    facts: Facts,
    words: dict[str, attest.Attestation],
    today: date,
    asked: int | None,
) -> list[Verdict]:
    """The verdict on every statement, in the contract's order."""
    found = {
        name: judge.capability(said.by_id[name], tuple(looks), offline(facts, said.by_id[name]))
        for name, looks in evidence.items()
    }
    target = asked if asked is not None else judge.reached(said, found)
    hints = attest.proxies(facts.repo)
    for it in wanted:
        if it.kind == "deficit":
            found[it.id] = deficit(said, it, found, facts, -1 if target is None else target)
        elif it.kind == "organisation":
            found[it.id] = judge.organisation(it, words.get(it.id), today, hints)
        elif it.kind == "neutral":
            found[it.id] = judge.neutral(it)
    return [found[it.id] for it in wanted]


def deficit(said: Contract, it: Statement, found: dict[str, Verdict], facts: Facts, target: int) -> Verdict:
    """A deficit; its cures may be above the levels that were asked for, and are read then."""
    cures = dict(found)
    for name in it.cured_by:
        if name not in cures:
            cures[name] = judge.capability(
                said.by_id[name], tuple(looked(facts, [said.by_id[name]], lambda _: None)[name]), None
            )
    return judge.deficit(it, cures, target)
