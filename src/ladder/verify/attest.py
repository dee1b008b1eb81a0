"""`attestations.toml`: what people say of themselves, by whom, since when, and until when that counts."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ..errors import LadderError
from .contract import Contract
from .repo import Repo

FILE = "attestations.toml"
LONGEST = timedelta(days=366)
KEYS = {"statement", "who", "when", "until"}
OWNERS = ("CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS")
ASK = f"ask: {FILE}"


class AttestationError(LadderError):
    """`attestations.toml` holds what is no attestation."""


@dataclass(frozen=True)
class Attestation:
    """Somebody's word on a statement."""

    statement: str
    who: str
    when: date
    until: date

    def holds(self, today: date) -> bool:
        return self.when <= today <= self.until

    @property
    def sentence(self) -> str:
        return f"{self.who} attested it on {self.when}, until {self.until}"


def read(root: Path, contract: Contract) -> dict[str, Attestation]:
    """By statement, the one that counts longest. Raises `AttestationError` naming the entry that is wrong."""
    path = root / FILE
    if not path.is_file():
        return {}
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AttestationError(f"{path} is not TOML: {error}", fix="correct that line") from None
    rows = raw.get("attestation")
    if set(raw) - {"attestation"} or not isinstance(rows, list):
        raise AttestationError(f"{path} has no [[attestation]]", fix=f"each has {', '.join(sorted(KEYS))}")
    found: dict[str, Attestation] = {}
    for number, row in enumerate(rows, 1):
        it = one(row, f"{FILE}, entry {number}", contract)
        if it.statement not in found or found[it.statement].until < it.until:
            found[it.statement] = it
    return found


def one(row: object, where: str, contract: Contract) -> Attestation:
    """A row. Raises `AttestationError`."""
    if not isinstance(row, dict) or set(row) != KEYS:
        raise AttestationError(f"{where} is not one of {', '.join(sorted(KEYS))}", fix="give these four keys, no other")
    known = contract.by_id.get(str(row["statement"]))
    if known is None or known.kind != "organisation":
        people = ", ".join(it.id for it in contract.statements if it.kind == "organisation")
        raise AttestationError(
            f"{where}: {row['statement']!r} cannot be attested", fix=f"people are asked for {people}"
        )
    if not str(row["who"]).strip() or type(row["when"]) is not date or type(row["until"]) is not date:
        raise AttestationError(f"{where}: who is a name, when and until are dates", fix="write when = 2026-01-31")
    if not timedelta(0) < row["until"] - row["when"] <= LONGEST:
        fix = "ask again at least once a year"
        raise AttestationError(f"{where}: it holds from {row['when']} until {row['until']}", fix=fix)
    return Attestation(known.id, str(row["who"]), row["when"], row["until"])


def proxies(repo: Repo) -> str:
    """What files say of who works with whom; a hint beside an attestation, and never one itself."""
    named = [name for name in OWNERS if repo.has(name)]
    if not named:
        return "no CODEOWNERS says who answers for what"
    rows = [
        line.split() for line in repo.text(named[0]).splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    owners = {who for row in rows for who in row[1:] if re.match(r"@|\S+@", who)}
    both = sum(len(row) > 2 for row in rows)
    if not owners:
        return f"{named[0]} names nobody yet"
    return f"{named[0]}: {len(owners)} owners of {len(rows)} paths, {both} of them owned by several"
