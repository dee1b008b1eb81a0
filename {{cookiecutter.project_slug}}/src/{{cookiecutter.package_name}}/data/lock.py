"""One run at a time. The operating system holds the lock, so that it ends with the process, however that ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DataError


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process. Raises `DataError` where another one has it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        if not taken(handle):
            raise DataError(f"another run holds {path}", fix="wait for it to end; a run that died holds nothing")
        yield
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
