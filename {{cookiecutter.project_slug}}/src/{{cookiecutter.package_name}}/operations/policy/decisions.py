"""Every decision of the policy, with policy, evidence and each clause: append-only, each bound to the one before.

From the record alone the decision can be made again (`again`): whoever changes a figure, a limit or the code is found.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from ... import workspace
from ...errors import MlopsError
from ...workspace import Workspace
from . import clauses, rules
from .clauses import Clause
from .rules import Policy

TABLES = """
CREATE TABLE IF NOT EXISTS decision (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, release TEXT NOT NULL, version TEXT NOT NULL, model TEXT NOT NULL,
    decision TEXT NOT NULL, why TEXT NOT NULL, policy TEXT NOT NULL, evidence TEXT NOT NULL, clauses TEXT NOT NULL,
    before TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS decision_no_update BEFORE UPDATE ON decision
    BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER IF NOT EXISTS decision_no_delete BEFORE DELETE ON decision
    BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
"""
COUNTED = "SELECT decision, count(*) AS count FROM decision GROUP BY decision"
FILE, FIRST = "policy.db", "0" * 64


class DecisionError(MlopsError):
    """A recorded decision is not what its own record makes of it."""


@dataclass(frozen=True)
class Decision:
    """A decision as it is written down; `policy`, `evidence` and `clauses` are JSON."""

    number: int
    at: str
    release: str
    version: str
    model: str
    decision: str
    why: str
    policy: str
    evidence: str
    clauses: str
    before: str
    hash: str = ""

    @property
    def sentence(self) -> str:
        about = f"version {self.version}, release {self.release}"
        return f"{self.number}  {self.at[:19]}  {about}: {self.decision} ({self.why})"

    @property
    def asked(self) -> list[Clause]:
        return [Clause(**it) for it in json.loads(self.clauses)]

    def sealed(self) -> Decision:
        """With the hash over everything else."""
        content = {name: value for name, value in asdict(self).items() if name != "hash"}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return replace(self, hash=hashlib.sha256(text.encode()).hexdigest())

    def as_json(self) -> dict[str, Any]:
        """All of it, for other programs."""
        parts = {name: json.loads(getattr(self, name)) for name in ("policy", "evidence", "clauses")}
        return {**asdict(self), **parts}


def made(policy: Policy, evidence: Mapping[str, Any], number: int = 0, before: str = FIRST) -> Decision:
    """The decision that a policy makes on evidence."""
    found = clauses.ask(policy, evidence)
    decided, why = clauses.decide(found)
    named = {name: str(evidence[name]) for name in ("at", "release", "version", "model")}
    parts = {"evidence": written(evidence), "clauses": written([asdict(it) for it in found])}
    return Decision(number=number, **named, decision=decided, why=why, policy=policy.text, **parts, before=before)


def written(content: object) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


def record(place: Workspace, policy: Policy, evidence: Mapping[str, Any]) -> tuple[Decision, bool]:
    """Decide, and write it down; (the decision, whether it is new). The same outcome again is not written again."""
    with opened(place) as connection, workspace.transaction(connection):
        known = read(connection)
        new = made(policy, evidence, len(known) + 1, known[-1].hash if known else FIRST).sealed()
        last = next((it for it in reversed(known) if it.release == new.release), None)
        if last is not None and outcome(last) == outcome(new):
            return last, False
        row = asdict(new)
        marks = ", ".join(f":{name}" for name in row)
        connection.execute(f"INSERT INTO decision ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 - our own names
        return new, True


def outcome(it: Decision) -> tuple[str, list[tuple[str, bool | None]]]:
    """What was decided, by which clauses; without figures that move at every look."""
    return it.decision, [(clause.name, clause.passed) for clause in it.asked]


def history(place: Workspace) -> list[Decision]:
    """All of them, oldest first."""
    with opened(place) as connection:
        return read(connection)


def again(place: Workspace, number: int | None = None) -> list[Decision]:
    """Make recorded decisions anew from their own records: one, or all, with the chain that binds them.

    Raises `DecisionError` for the first that comes to something else, that was altered, or that is not there.
    """
    found = chained(history(place))
    wanted = [it for it in found if number in (None, it.number)]
    if number is not None and not wanted:
        raise DecisionError(f"there is no decision {number}", fix="`mlops policy decisions` lists them")
    for it in wanted:
        new = made(rules.parse_text(it.policy), json.loads(it.evidence), it.number, it.before).sealed()
        if new != it:
            names = [name for name, value in asdict(it).items() if getattr(new, name) != value]
            wrong = f"decision {it.number} would be another one today: {', '.join(names)}"
            raise DecisionError(wrong, fix="the code of the clauses has changed since: look at its history")
    return wanted


def chained(found: Sequence[Decision]) -> Sequence[Decision]:
    """The same. Raises `DecisionError` naming the first that was changed, added or taken out."""
    before = FIRST
    for number, it in enumerate(found, 1):
        if it.number != number or it.before != before or it.sealed().hash != it.hash:
            wrong = f"decision {it.number} is not as it was written (of {it.at})"
            raise DecisionError(wrong, fix=f"find out who wrote into {FILE}; restore it from a backup")
        before = it.hash
    return found


@contextmanager
def opened(place: Workspace) -> Iterator[sqlite3.Connection]:
    with workspace.database(place.folder / FILE, TABLES) as connection:
        yield connection


def read(connection: sqlite3.Connection) -> list[Decision]:
    return [Decision(**dict(row)) for row in connection.execute("SELECT * FROM decision ORDER BY number")]
