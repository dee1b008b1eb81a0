"""Trees and commits made beside the repo's own: nothing here touches its index, its files or a branch."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .git import Git
from .renders import Rendered

Entry = tuple[str, str]  # the mode and the object's id, as git writes them
Entries = dict[str, Entry]

PLAIN, PROGRAM = "100644", "100755"
NOBODY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "ladder"), ("EMAIL", "ladder@localhost"), ("DATE", "2000-01-01T00:00:00Z"))
}


def of(git: Git, tree: str) -> Entries:
    """Every file of a commit or tree."""
    found = {}
    for line in git.names("ls-tree", "-r", "-z", "--full-tree", tree):
        described, _, path = line.partition("\t")
        mode, _, oid = described.split(" ")
        found[path] = (mode, oid)
    return found


def rendered(git: Git, made: Rendered, prefix: str) -> Entries:
    """The files of a rendered project as objects of the repo, byte for byte, below `prefix`."""
    names = made.files()
    listed = "".join(f"{made.folder / name}\n" for name in names)
    oids = git.do("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=os.fsencode(listed)).split()
    modes = [PROGRAM if os.name != "nt" and os.access(made.folder / name, os.X_OK) else PLAIN for name in names]
    return {prefix + name: (mode, oid) for name, mode, oid in zip(names, modes, oids, strict=True)}


def blob(git: Git, content: bytes) -> Entry:
    """A plain file's content as an object of the repo."""
    return PLAIN, git.do("hash-object", "-w", "--stdin", stdin=content)


def write(git: Git, entries: Mapping[str, Entry]) -> str:
    """The tree of these files."""
    lines = b"".join(
        b"%s %s\t%s\0" % (mode.encode(), oid.encode(), os.fsencode(path)) for path, (mode, oid) in entries.items()
    )
    with tempfile.TemporaryDirectory(prefix="ladder-index-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.do("update-index", "-z", "--index-info", stdin=lines, env=index)
        return git.do("write-tree", "--missing-ok", env=index)


def commit(git: Git, tree: str, parents: list[str], message: str, *, nobody: bool = False) -> str:
    """A loose commit: by whoever runs this, or by nobody and at no time, so that it is the same each time."""
    words = [word for parent in parents for word in ("-p", parent)]
    return git.do("commit-tree", tree, *words, "-F", "-", stdin=message.encode(), env=NOBODY if nobody else None)


def changes(git: Git, old: str, new: str) -> dict[str, str]:
    """Path -> `A` added, `D` removed, `M` or `T` changed, from one tree to the other."""
    fields = git.names("diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new)
    return dict(zip(fields[1::2], fields[::2], strict=True))
