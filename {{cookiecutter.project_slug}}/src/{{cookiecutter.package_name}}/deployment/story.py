"""Level 3's part of `mlops demo`: releases among callers, in a copy of the repo. See `rehearsal/`."""

from __future__ import annotations

from ..story import Chapter
from .rehearsal import after, chapters

CHAPTERS = [
    Chapter("A first version, all the way", chapters.begin),
    Chapter("A better challenger takes over", chapters.better),
    Chapter("An equal one does not", chapters.equal),
    Chapter("A worse one is stopped", chapters.worse),
    Chapter("A broken one is never asked", chapters.broken),
    Chapter("Back, and where an answer came from", after.back),
    Chapter("A table, a client, and the end", after.offline),
]
