"""Does a new contract break those who call by the old one?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .contract import Contract, ContractError, Input

BUMP = "take it back, or raise the version: `mlops client generate --breaking`, and tell the callers"


@dataclass(frozen=True)
class Change:
    """One difference, and whether it breaks callers."""

    breaking: bool
    what: str

    def __str__(self) -> str:
        return f"{'breaking' if self.breaking else 'compatible'}: {self.what}"


def changes(old: Contract, new: Contract) -> list[Change]:
    """All differences. What was sent must still be taken, and what comes back must be what was promised."""
    before, after = ({it.name: it for it in contract.inputs} for contract in (old, new))
    found = list(outputs(old, new))
    for name, it in before.items():
        found += input_changes(it, after[name]) if name in after else [Change(True, f"{name} is no input any more")]
    for name, it in after.items():
        if name not in before:
            needed = "must be sent" if not it.optional else "may be sent"
            found.append(Change(not it.optional, f"{name} is new and {needed}"))
    return found


def outputs(old: Contract, new: Contract) -> Iterator[Change]:
    """What callers get."""
    if old.target != new.target:
        yield Change(True, f"{new.target} is predicted, and no longer {old.target}")
    if old.task != new.task:
        yield Change(True, f"the answer is a {new.task}, and no longer a {old.task}")
    if set(old.classes) != set(new.classes):
        gone, come = sorted(set(old.classes) - set(new.classes)), sorted(set(new.classes) - set(old.classes))
        parts = [f"without {', '.join(gone)}" if gone else "", f"with {', '.join(come)}" if come else ""]
        yield Change(True, f"the classes are others: {' and '.join(filter(None, parts))}")


def input_changes(old: Input, new: Input) -> Iterator[Change]:
    """What callers may send."""
    if old.kind != new.kind:
        yield Change(True, f"{old.name} is {new.kind}, and no longer {old.kind}")
        return
    if old.nullable != new.nullable:
        yield Change(old.nullable, f"{old.name} may {'no longer ' if old.nullable else ''}be null")
    if old.optional != new.optional:
        yield Change(old.optional, f"{old.name} {'must be sent' if old.optional else 'may be left out'}")
    yield from bounds(old, new)


def bounds(old: Input, new: Input) -> Iterator[Change]:
    """What numbers are taken."""
    for word, was, now, side in (("least", old.min, new.min, 1.0), ("greatest", old.max, new.max, -1.0)):
        if was != now:
            narrower = now is not None and (was is None or side * now > side * was)
            shown = ["unbounded" if it is None else f"{it:g}" for it in (was, now)]
            yield Change(narrower, f"{old.name}: the {word} number that is taken was {shown[0]}, and is {shown[1]}")


def check(old: Contract, new: Contract) -> list[Change]:
    """All differences. Raises `ContractError` naming those that break callers under the same major version."""
    found = changes(old, new)
    broken = [it for it in found if it.breaking]
    if broken and new.major <= old.major:
        lines = "".join(f"\n  {it.what}" for it in broken)
        raise ContractError(f"callers of version {old.version} would break:{lines}", fix=BUMP)
    return found
