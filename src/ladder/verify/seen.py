"""What a probe has seen: whether a statement holds, in words, and by which files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """`holds` is None where this way of looking cannot tell, and `said` gives the reason then."""

    holds: bool | None
    said: str
    artefacts: tuple[str, ...] = ()


def yes(said: str, *artefacts: str) -> Seen:
    return Seen(True, said, artefacts)


def no(said: str, *artefacts: str) -> Seen:
    return Seen(False, said, artefacts)


def unknown(said: str, *artefacts: str) -> Seen:
    return Seen(None, said, artefacts)


def every(*parts: Seen) -> Seen:
    """All of them together: one that does not hold decides, then one that cannot tell."""
    for verdict in (False, None):
        found = [it for it in parts if it.holds is verdict]
        if found:
            return Seen(verdict, "; ".join(it.said for it in found), files(found))
    return Seen(True, "; ".join(it.said for it in parts), files(parts))


def files(parts: Iterable[Seen]) -> tuple[str, ...]:
    """Their artefacts, each once."""
    return tuple(dict.fromkeys(name for it in parts for name in it.artefacts))
