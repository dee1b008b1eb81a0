"""The store of predictions: files that only grow, written by a thread, so that no request waits for the disk.

Every `FLUSH` seconds what has come in is handed to the operating system, every `SYNC` seconds to the disk: a killed
gateway loses the records of the last tenth of a second, a power cut those of the last second. Each process writes files
of its own, `{endpoint}/{deployment}/{collection}/yyyy/MM/dd/HH/*.jsonl`, a new one each hour and after `LARGEST` bytes.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from . import lines
from .lines import Note

log = logging.getLogger(__name__)
FLUSH, SYNC = 0.1, 1.0  # seconds
LARGEST = 256 * 2**20  # bytes of one file
MOST = 100_000  # notes that may wait


@dataclass
class Kept:
    """What became of the notes so far."""

    written: int = 0
    lost: int = 0
    trouble: str = ""


@dataclass
class Grown:
    """An open file of the store."""

    file: BinaryIO
    hour: str
    size: int = 0


@dataclass
class Recorder:
    """Takes notes from the event loop, and writes them. What cannot be kept is counted and told, never waited for."""

    root: Path
    most: int = MOST
    kept: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        self.waiting: deque[Note] = deque()
        self.instance = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.number = 0
        self.open: dict[tuple[str, str], Grown] = {}
        self.stopping = threading.Event()
        self.synced = time.monotonic()
        self.thread = threading.Thread(target=self.run, name="records", daemon=True)

    def put(self, note: Note) -> None:
        """Keep a note, or count it as lost."""
        if len(self.waiting) >= self.most:
            if not self.kept.lost:
                log.warning("predictions come faster than they are written: some are not recorded")
            self.kept.lost += 1
            return
        self.waiting.append(note)

    def start(self) -> None:
        self.thread.start()

    def close(self) -> None:
        """Write what waits, and end."""
        self.stopping.set()
        self.thread.join()

    def run(self) -> None:
        """The thread: until it is told to stop, and then once more."""
        while not self.stopping.wait(FLUSH):
            self.flush()
        self.flush()
        self.shut()

    def flush(self) -> None:
        """Write what waits now. What the disk does not take waits for the next time."""
        count = len(self.waiting)
        batch = [self.waiting[at] for at in range(count)]
        by_file: dict[tuple[str, str, str], list[bytes]] = {}
        for note in batch:
            for collection, line in lines.both(note):
                by_file.setdefault((note.deployment, collection, note.hour), []).append(line)
        try:
            for where, found in by_file.items():
                self.write(*where, b"".join(found))
            self.sync()
        except OSError as error:
            self.failed(error)
            return
        for _ in range(count):
            self.waiting.popleft()
        self.kept.written += count
        self.kept.trouble = ""

    def failed(self, error: OSError) -> None:
        """Say so once. The files are not gone on with: a half-written line stays the last one of its file."""
        if not self.kept.trouble:
            log.warning("predictions cannot be written and wait: %s", error)
        self.kept.trouble = str(error)
        self.shut()

    def shut(self) -> None:
        """Let go of the files; what comes next goes to new ones."""
        for grown in self.open.values():
            grown.file.close()
        self.open.clear()

    def write(self, deployment: str, collection: str, hour: str, data: bytes) -> None:
        """Append whole lines."""
        grown = self.open.get((deployment, collection))
        if grown is None or grown.hour != hour or grown.size > LARGEST:
            grown = self.fresh(deployment, collection, hour)
        written = grown.file.write(data)
        if written != len(data):
            raise OSError(f"only {written} of {len(data)} bytes were taken")
        grown.size += len(data)

    def fresh(self, deployment: str, collection: str, hour: str) -> Grown:
        """A new file, in the place of the one that is open."""
        before = self.open.pop((deployment, collection), None)
        if before is not None:
            os.fsync(before.file.fileno())
            before.file.close()
        day, _, clock = hour.partition("T")
        folder = self.root / deployment / collection / day.replace("-", "/") / clock
        folder.mkdir(parents=True, exist_ok=True)
        self.number += 1
        file = (folder / f"{self.instance}-{self.number}.jsonl").open("xb", buffering=0)
        self.open[deployment, collection] = grown = Grown(file, hour)
        return grown

    def sync(self) -> None:
        """To the disk, now and then."""
        now = time.monotonic()
        if now - self.synced >= SYNC:
            for grown in self.open.values():
                os.fsync(grown.file.fileno())
            self.synced = now
