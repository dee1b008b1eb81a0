"""One move at a time in a repo. The operating system holds the lock while the command or a git of its lives."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import MoveError

PATIENCE = 10.0  # seconds: a git that outlived a killed command ends by itself


@contextmanager
def held(common: Path, patience: float = PATIENCE) -> Iterator[int]:
    """Hold a repo, by its git folder; gives the open file, for git to inherit.

    Raises `MoveError` where it is held, or cannot be written to.
    """
    try:
        handle = os.open(common / "ladder.lock", os.O_RDWR | os.O_CREAT)
    except OSError as error:
        fix = "see whose that folder is, and run this as them"
        raise MoveError(f"{error.filename} cannot be written: {error.strerror}", fix=fix) from None
    try:
        limit = time.monotonic() + patience
        while not taken(handle):
            if time.monotonic() > limit:
                raise MoveError(
                    f"another ladder is at work in {common.parent}", fix="wait for it to end, then run this again"
                )
            time.sleep(0.05)
        yield handle
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def taken(handle: int) -> bool:
        """Whether the lock could be had, without waiting."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def taken(handle: int) -> bool:
        """Whether the lock could be had, without waiting."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
