"""All verdicts on a repo, by scope, with the level that they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .contract import Contract
from .gaps import Next
from .judge import NEVER_LIVE, NOT_RUN, Evidence, Verdict

SCOPES = ("local", "azure-offline", "azure-live")


@dataclass(frozen=True)
class Report:
    """What `ladder verify` found. `asked` is the level that was asked for, `static` says that nothing was run."""

    path: Path
    today: date
    contract: Contract
    verdicts: tuple[Verdict, ...]
    level: int | None
    asked: int | None
    static: bool
    recorded: int | None
    next: Next | None
    seconds: float
    unread: Mapping[str, str]  # path -> why nothing was seen in it

    @property
    def holds(self) -> bool:
        """Whether the level that was asked for is reached; true where none was."""
        return self.asked is None or (self.level is not None and self.level >= self.asked)

    @property
    def other(self) -> bool:
        """Whether the repo was emitted at another level than the one it shows."""
        return self.asked is None and self.recorded not in (None, self.level)

    @property
    def scopes(self) -> dict[str, Counter[str]]:
        """Scope -> verdict -> how many statements."""
        offline = Counter(it.azure for it in self.verdicts if it.statement.azure)
        return {
            "local": Counter(it.verdict for it in self.verdicts),
            "azure-offline": offline,
            "azure-live": Counter({NOT_RUN: sum(offline.values())}),
        }

    @property
    def unproven(self) -> list[Verdict]:
        """Capabilities at the level reached or below that nothing could tell of."""
        top = -1 if self.level is None else self.level
        return [
            it
            for it in self.verdicts
            if it.statement.kind == "capability" and it.verdict == NOT_RUN and it.statement.level <= top
        ]

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {
            "level": self.level,
            "asked": self.asked,
            "path": str(self.path),
            "date": self.today.isoformat(),
            "static": self.static,
            "recorded": self.recorded,
            "seconds": round(self.seconds, 3),
            "unread": dict(sorted(self.unread.items())),
            "scopes": {name: dict(counts) for name, counts in self.scopes.items()},
            "statements": [entry(it) for it in self.verdicts],
            "next": following(self.next),
        }


def entry(it: Verdict) -> dict[str, Any]:
    """A statement with its verdict in each scope."""
    own = it.statement
    offline = {"verdict": it.azure, "said": it.offline.said if it.offline else "no file for Azure belongs to it"}
    return {
        "id": own.id,
        "level": own.level,
        "column": own.column,
        "kind": own.kind,
        "due": own.due,
        "text": own.text,
        "verdict": it.verdict,
        "said": it.said,
        "evidence": [look(one) for one in it.evidence],
        "scopes": {
            "local": {"verdict": it.verdict, "said": it.said},
            "azure-offline": offline,
            "azure-live": {"verdict": NOT_RUN, "said": NEVER_LIVE},
        },
    }


def look(it: Evidence) -> dict[str, Any]:
    """One piece of evidence."""
    return {
        "how": it.how,
        "holds": it.holds,
        "said": it.said,
        "command": it.command,
        "seconds": round(it.seconds, 4),
        "artefacts": list(it.artefacts),
    }


def following(found: Next | None) -> dict[str, Any] | None:
    """What the next level lacks."""
    if found is None:
        return None
    gaps = [
        {"id": it.statement.id, "said": it.said, "adds": list(it.absent), "mend": list(it.present)} for it in found.gaps
    ]
    return {"level": found.level, "command": found.command, "gaps": gaps}


def named(level: int | None) -> str:
    return "no level" if level is None else f"level {level}"
