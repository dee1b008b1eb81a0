"""The tests of a repo: which there are, whether they assert anything, what they import."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from .repo import Repo

FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_test)\.py$")
INSIDE = re.compile(r"(^|/)tests?/.*\.py$")
START = re.compile(r"^(?P<indent>[ ]*)(?:async )?def (?P<name>\w+)\(", re.MULTILINE)
ASSERTS = re.compile(
    r"^\s*assert\s+(?!True\b)|\bpytest\.(?:raises|fail|warns)\(|\bself\.(?:assert\w+|fail)\(|\bassert_\w+\(|\bassert\w*_called"
    r"|\bnp\.testing\.|\btm\.assert|\braise AssertionError",
    re.MULTILINE,
)
SKIPPED = re.compile(
    r"^pytestmark\s*=.*\bmark\.skip\b(?!if)|^pytest\.skip\(|^pytest\.skip\(|^pytestmark\s*=.*skipif\(\s*True",
    re.MULTILINE,
)
IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+\S+[ \t]+import[ \t]*(?:\([^)]*\)|[^\n#]*)|import[ \t][^\n#]*)", re.MULTILINE)
CALL = re.compile(r"(?:\b(\w+)\.)?\b(\w+)\(")


@dataclass(frozen=True)
class Test:
    """A test function: does it, or a helper that it calls, assert anything."""

    file: str
    name: str
    asserts: bool
    text: str


class Suites:
    """All of them."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Files of tests."""
        return tuple(name for name in self.repo.files if FILE.search(name))

    @cached_property
    def helpers(self) -> dict[str, frozenset[str]]:
        """Functions beside the tests that assert something: name -> the modules that have one such."""
        found: dict[str, set[str]] = defaultdict(set)
        for file in [name for name in self.repo.files if INSIDE.search(name)]:
            for name, text, _ in functions(self.repo.text(file)):
                if not name.startswith("test") and ASSERTS.search(text):
                    found[name].add(file.rpartition("/")[2].removesuffix(".py"))
        return {name: frozenset(stems) for name, stems in found.items()}

    def helped(self, file: str, body: str) -> bool:
        """Whether a test calls a helper that asserts: of its own file, of a module beside it, or imported by name."""
        own = file.rpartition("/")[2].removesuffix(".py")
        for module, name in CALL.findall(body):
            stems = self.helpers.get(name)
            if stems and (module in stems or (not module and (own in stems or name in self.imports[file]))):
                return True
        return False

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """Every test that is not skipped for good."""
        found = []
        for file in self.files:
            text = self.repo.text(file)
            if SKIPPED.search(text):
                continue
            for name, body, before in functions(text):
                if name.startswith("test") and "mark.skip(" not in before and not before.rstrip().endswith("mark.skip"):
                    asserts = bool(ASSERTS.search(body)) or self.helped(file, body)
                    found.append(Test(file, name, asserts, body))
        return tuple(found)

    def of(self, where: str) -> list[Test]:
        """Those in files of such a path that assert something."""
        fits = re.compile(where)
        return [it for it in self.tests if it.asserts and fits.search(it.file)]

    def importing(self, names: str) -> list[Test]:
        """Those that assert something, in files that import what fits `names`."""
        fits = re.compile(names)
        named = {file for file, text in self.imports.items() if fits.search(text)}
        return [it for it in self.tests if it.asserts and it.file in named]

    @cached_property
    def imports(self) -> dict[str, str]:
        """File of tests -> its import statements, each on one line."""
        return {
            file: "\n".join(" ".join(it.split()) for it in IMPORT.findall(self.repo.text(file))) for file in self.files
        }


def functions(text: str) -> list[tuple[str, str, str]]:
    """(name, text, the lines of decorators before it) of each function."""
    starts = list(START.finditer(text))
    found = []
    for number, start in enumerate(starts):
        wide = len(start["indent"])
        end = next((it.start() for it in starts[number + 1 :] if len(it["indent"]) <= wide), len(text))
        before = text[: start.start()].rpartition("\n\n")[2]
        found.append((start["name"], without_comments(text[start.start() : end]), before))
    return found


def without_comments(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))
