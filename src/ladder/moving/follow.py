"""Files that the repo has only moved and that the level removes: they go from where they are."""

from __future__ import annotations

from .merge import Stages
from .trees import Entries


def settle(base: Entries, theirs: Entries, here: Entries, stages: Stages) -> list[str]:
    """Let removals follow the files to where they were moved; gives the paths there.

    One that was edited too stays a conflict. The base gets such a file where the repo has it, so that a merge takes it
    away there.
    """
    followed = []
    for path, of in stages.items():
        if set(of) == {1, 2} and of[1] == of[2]:
            left = [name for name, entry in base.items() if entry == of[1] and name not in here and name not in theirs]
            if left:
                del base[left[0]]
                base[path] = of[2]
                followed.append(path)
    return followed
