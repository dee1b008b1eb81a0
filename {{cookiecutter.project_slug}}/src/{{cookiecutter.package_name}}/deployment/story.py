"""Level 3's part of `mlops demo`: releases among callers, in a copy of the repo. See `story_releases.py`."""

from __future__ import annotations

from ..story import Chapter
from . import story_after as after
from . import story_releases as releases

CHAPTERS = [
    Chapter("A first version, all the way", releases.begin),
    Chapter("A better challenger takes over", releases.better),
    Chapter("An equal one does not", releases.equal),
    Chapter("A worse one is stopped", releases.worse),
    Chapter("A broken one is never asked", releases.broken),
    Chapter("Back, and where an answer came from", after.back),
    Chapter("A table, a client, and the end", after.offline),
]
