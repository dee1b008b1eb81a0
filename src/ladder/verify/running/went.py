"""Whether a command went as it must."""

from __future__ import annotations

import re

from ..seen import Seen, no, unknown, yes
from .bench import Ran


def went(ran: Ran, what: str) -> Seen:
    """A command that must go well."""
    if ran.code == 0:
        return yes(f"{what}: {ran.last}")
    return (
        unknown(f"{ran.command} lacks something here: {ran.last}")
        if ran.lacking
        else no(f"{ran.command} ends with {ran.code}: {ran.last}")
    )


def refused(ran: Ran, what: str, words: str) -> Seen:
    """A command that must not go well, and says why."""
    if ran.code == 0:
        return no(f"{ran.command} takes {what}")
    return (
        yes(f"{what}: refused")
        if re.search(words, ran.out)
        else no(f"{ran.command} ends with {ran.code} for another reason: {ran.last}")
    )
