"""Small faults that are put into a fresh copy of a repo, each by a change of a line or two."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from ..emission import replace

Fault = Callable[[Path], None]
GIT = ("-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")


def located(repo: Path, path: str) -> Path:
    """A path, of which `src/*` is the package's folder."""
    found = list(repo.glob(path))
    assert len(found) == 1, f"{path} names {len(found)} files"
    return found[0]


def instead(path: str, old: str, new: str) -> Fault:
    """`new` in the place of the first `old`, which must be there."""
    return lambda repo: replace(located(repo, path), old, new)


def never(path: str, condition: str, word: str = "if") -> Fault:
    """A condition that never holds: what it guards is guarded no more."""
    return instead(path, f"{word} {condition}:", f"{word} False:")


def soft(path: str, command: str) -> Fault:
    """A step of a workflow that swallows its exit code."""
    return instead(path, f"- run: {command}\n", f"- run: {command} || true\n")


def everywhere(path: str, old: str, new: str) -> Fault:
    """`new` in the place of each `old`."""

    def put(repo: Path) -> None:
        at = located(repo, path)
        text = at.read_text(encoding="utf-8")
        assert old in text
        at.write_text(text.replace(old, new), encoding="utf-8")

    return put


def appended(path: str, text: str) -> Fault:
    """Lines at the end of a file."""

    def put(repo: Path) -> None:
        at = located(repo, path)
        at.write_text(at.read_text(encoding="utf-8") + text, encoding="utf-8")

    return put


def gone(path: str) -> Fault:
    """A folder that is not there any more."""
    return lambda repo: shutil.rmtree(located(repo, path))


def several(*faults: Fault) -> Fault:
    """All of them."""

    def put(repo: Path) -> None:
        for fault in faults:
            fault(repo)

    return put


def hollow(pattern: str) -> Fault:
    """Tests that assert nothing, though they run what they ran before."""

    def put(repo: Path) -> None:
        found = list(repo.glob(pattern))
        assert found, f"{pattern} names no file"
        for path in found:
            path.write_text(emptied(path.read_text(encoding="utf-8")), encoding="utf-8")

    return put


def emptied(text: str) -> str:
    """Code without its assertions."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assert):
            first = lines[node.lineno - 1]
            lines[node.lineno - 1] = first[: len(first) - len(first.lstrip())] + "pass"
            for number in range(node.lineno, node.end_lineno or node.lineno):
                lines[number] = ""
    quiet = re.sub(r"pytest\.raises\([^\n]*\)", "contextlib.suppress(BaseException)", "\n".join(lines))
    return re.sub(r"\bpytest\.fail\(", "print(", quiet) + "\n"


def tracked(repo: Path) -> None:
    """A secret and the data in a commit."""
    (repo / ".env").write_text("KEY=a secret\n", encoding="utf-8")
    (repo / "data" / "trips.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], ["add", "-f", ".env", "data/trips.csv"], ["commit", "-qm", "All"]):
        subprocess.run(["git", *GIT, *words], cwd=repo, check=True)
