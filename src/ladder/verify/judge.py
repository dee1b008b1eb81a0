"""From what was seen to verdicts, and from verdicts to a level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .attest import ASK, Attestation
from .contract import LEVELS, Contract, Statement

PROVEN, ATTESTED, ABSENT = "PROVEN", "ATTESTED", "ABSENT-AS-EXPECTED"
FAILED, NOT_RUN = "FAILED", "NOT-RUN"
VERDICTS = (PROVEN, ATTESTED, ABSENT, FAILED, NOT_RUN)
NEVER_LIVE = "nothing is asked of a subscription from here"


@dataclass(frozen=True)
class Evidence:
    """One look at a statement: `how` is read, run or live; `holds` is None where it could not tell."""

    how: str
    holds: bool | None
    said: str
    command: str
    seconds: float = 0.0
    artefacts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What is said of a statement, and on what that stands."""

    statement: Statement
    verdict: str
    said: str
    evidence: tuple[Evidence, ...] = ()
    offline: Evidence | None = None

    @property
    def failed(self) -> bool:
        return self.verdict == FAILED

    @property
    def azure(self) -> str:
        """The verdict in the scope azure-offline."""
        return outcome([self.offline]) if self.offline else NOT_RUN


def outcome(evidence: Iterable[Evidence]) -> str:
    """Of looks at a capability: one that fails decides, then one that proves."""
    holds = [it.holds for it in evidence]
    if False in holds:
        return FAILED
    return PROVEN if True in holds else NOT_RUN


def capability(it: Statement, evidence: tuple[Evidence, ...], offline: Evidence | None) -> Verdict:
    """The verdict on a capability."""
    found = outcome(evidence)
    wanted = {FAILED: False, PROVEN: True, NOT_RUN: None}[found]
    telling = [look for look in evidence if look.holds is wanted]
    last = max(reversed(telling), key=lambda look: ("read", "run", "live").index(look.how))
    return Verdict(it, found, last.said, evidence, offline)


def reached(contract: Contract, found: dict[str, Verdict]) -> int | None:
    """The highest level with nothing failed at it or below, and something of it proven; None where there is none."""
    level = None
    for number in LEVELS:
        own = [found[it.id].verdict for it in contract.capabilities if it.level == number]
        if not own or FAILED in own or (PROVEN not in own and NOT_RUN in own and number > 0):
            break
        level = number
    return level


def deficit(it: Statement, found: dict[str, Verdict], target: int) -> Verdict:
    """Gone where all its cures are there; allowed below the level at which it is due."""
    cures = [found[name] for name in it.cured_by]
    open_ones = [cure for cure in cures if cure.verdict != PROVEN]
    if not open_ones:
        return Verdict(it, PROVEN, f"gone, by {', '.join(it.cured_by)}")
    missing = [cure for cure in open_ones if cure.failed]
    if not missing:
        return Verdict(it, NOT_RUN, f"whether it is gone rests on {open_ones[0].statement.id}: {open_ones[0].said}")
    said = f"as {missing[0].statement.id} says: {missing[0].said}"
    if it.due > target:
        return Verdict(it, ABSENT, f"allowed below level {it.due}; {said}")
    return Verdict(it, FAILED, f"to be gone at level {it.due}; {said}")


def organisation(it: Statement, word: Attestation | None, today: date, proxies: str) -> Verdict:
    """A person's word, while it counts; never a failure."""
    if word is None:
        return Verdict(it, NOT_RUN, f"{ASK} ({proxies})")
    if not word.holds(today):
        return Verdict(
            it, NOT_RUN, f"{ASK}: the word of {word.who} counted from {word.when} until {word.until} ({proxies})"
        )
    return Verdict(it, ATTESTED, f"{word.sentence} ({proxies})")


def neutral(it: Statement) -> Verdict:
    return Verdict(it, NOT_RUN, "nothing is asked")
