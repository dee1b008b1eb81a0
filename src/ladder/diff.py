"""`ladder diff`: what a step between two levels changes, as a tree and as a diff. It needs no repo and no git."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import PurePosixPath

from .moving import record as records
from .moving import renders
from .moving.record import Record
from .moving.renders import Renders

SIGNS = {"A": "+", "D": "-", "M": "~"}


@dataclass(frozen=True)
class Difference:
    """One file that differs: `A` added, `D` removed, `M` changed, with its text at both levels."""

    path: str
    kind: str
    before: bytes
    after: bytes

    def lines(self) -> Iterator[str]:
        """It as a patch that `git apply` takes."""
        yield f"diff --git a/{self.path} b/{self.path}"
        if self.kind != "M":
            yield "new file mode 100644" if self.kind == "A" else "deleted file mode 100644"
        old, new = (f"a/{self.path}", f"b/{self.path}")
        names = ("/dev/null" if self.kind == "A" else old, "/dev/null" if self.kind == "D" else new)
        try:
            before, after = (text.decode().splitlines(keepends=True) for text in (self.before, self.after))
        except UnicodeDecodeError:
            yield f"Binary files {names[0]} and {names[1]} differ"
            return
        for line in unified_diff(before, after, *names):
            yield line.rstrip("\n")
            if not line.endswith("\n"):
                yield "\\ No newline at end of file"


def lines(lower: int, higher: int, answers: Mapping[str, str], *, everything: bool) -> Iterator[str]:
    """The tree of what differs, then the diff of the files that are on both sides; with `everything` of all."""
    wanted = Record(records.known_level(lower), dict(answers), "", "")
    records.known_level(higher)
    with renders.temporary() as made:
        found = between(made, wanted, higher)
    counts = {kind: sum(one.kind == kind for one in found) for kind in SIGNS}
    yield f"level {lower} to {higher}: {counts['A']} added, {counts['M']} changed, {counts['D']} removed"
    yield from tree(found)
    yield ""
    for one in found:
        if everything or one.kind == "M":
            yield from one.lines()
    if not everything and counts["A"] + counts["D"]:
        yield "(--all shows the text of the files that are added and removed)"


def between(made: Renders, record: Record, level: int) -> list[Difference]:
    """Every file that differs between a record's level and another."""
    sides = [made.level(record, number) for number in (record.level, level)]
    texts = [{name: (side.folder / name).read_bytes() for name in side.files()} for side in sides]
    before, after = texts
    found = []
    for path in sorted(before.keys() | after.keys()):
        kind = "A" if path not in before else "D" if path not in after else "M"
        if before.get(path) != after.get(path):
            found.append(Difference(path, kind, before.get(path, b""), after.get(path, b"")))
    return found


def tree(found: list[Difference]) -> Iterator[str]:
    """The files that differ, below their folders."""
    shown: tuple[str, ...] = ()
    for one in found:
        *parents, name = PurePosixPath(one.path).parts
        for depth, folder in enumerate(parents):
            if shown[: depth + 1] != tuple(parents[: depth + 1]):
                yield f"  {'  ' * depth}{folder}/"
        shown = tuple(parents)
        yield f"{SIGNS[one.kind]} {'  ' * len(parents)}{name}"
