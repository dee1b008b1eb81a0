"""Python code as it is written: who refuses what, who calls whom. Parsed where a probe looks, and never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from . import hints
from .endings import defined, endings, stops
from .repo import Repo

TESTS = re.compile(r"(^|/)tests?/|(^|/)test_[^/]*\.py$|_test\.py$|(^|/)conftest\.py$")


@dataclass(frozen=True)
class Refusal:
    """A place where code stops: the function, under which condition, with which words."""

    module: Module
    function: str
    condition: str
    consequence: str

    @property
    def text(self) -> str:
        return f"{self.function}: {self.condition}: {self.consequence}"

    @property
    def place(self) -> str:
        return f"{self.module.path}:{self.function}"


class Module:
    """A file of Python."""

    def __init__(self, path: str, text: str, unread: dict[str, str] | None = None) -> None:
        self.path, self.text, self.unread = path, text, {} if unread is None else unread
        self.lines = text.splitlines()

    @property
    def stem(self) -> str:
        return self.path.rpartition("/")[2].removesuffix(".py")

    @cached_property
    def tree(self) -> ast.Module:
        """Parsed; empty where it is no Python of ours."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError):
            self.unread[self.path] = "no Python that can be parsed"
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Name -> function, methods and inner ones too; of two of one name the first."""
        found: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        for node in defined(self.tree.body):
            found.setdefault(node.name, node)
        return found

    def source(self, node: ast.AST | None) -> str:
        """The whole lines that a node stands on."""
        if node is None or not hasattr(node, "lineno"):
            return ""
        return "\n".join(self.lines[node.lineno - 1 : node.end_lineno])  # type: ignore[attr-defined]

    @cached_property
    def refusals(self) -> tuple[Refusal, ...]:
        """Every one that can come about."""
        return tuple(it for it, node in self.ends if stops(node))

    @cached_property
    def answers(self) -> tuple[Refusal, ...]:
        """What is given back under which condition, where that can come about."""
        return tuple(it for it, node in self.ends if isinstance(node, ast.Return) and node.value is not None)

    @cached_property
    def ends(self) -> tuple[tuple[Refusal, ast.stmt], ...]:
        """Every way in which a function ends."""
        return tuple(
            (Refusal(self, name, it.condition, it.said), it.node)
            for name, node in self.functions.items()
            for it in endings(node.body, self.source)
        )

    @cached_property
    def keys(self) -> frozenset[str]:
        """The names in dictionaries that are written out."""
        return frozenset(re.findall(r"[\"'](\w+)[\"']\s*:", "\n".join(code_lines(self))))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every name that it has."""
        return frozenset(re.findall(r"[A-Za-z_]\w+", self.text))


class Code:
    """All code of a repo, its tests left out."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.found: dict[tuple[str, str], list[Module]] = {}

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        names = [name for name in self.repo.files if name.endswith(".py") and not TESTS.search(name)]
        return tuple(Module(name, self.repo.text(name), self.repo.unread) for name in names)

    def find(self, where: str, words: str = "") -> list[Module]:
        """The modules whose path fits `where` and whose text has `words`."""
        if (where, words) not in self.found:
            path, text = re.compile(where), re.compile(words)
            self.found[where, words] = [
                it
                for it in self.modules
                if path.search(it.path) and hints.may_fit(words, it.text) and text.search(it.text)
            ]
        return self.found[where, words]

    def refusals(self, where: str, about: str) -> list[Refusal]:
        """Those where function, condition or words fit `about`, in functions that are used, of such modules."""
        fits = re.compile(about, re.IGNORECASE)
        found = [it for module in self.find(where) if worth(module, about, fits) for it in module.refusals]
        return [it for it in found if fits.search(it.text) and self.used(it.module, it.function)]

    def answers(self, where: str, about: str) -> list[Refusal]:
        """What functions that are used give back, where function, condition or words fit `about`."""
        fits = re.compile(about, re.IGNORECASE)
        found = [it for module in self.find(where) if worth(module, about, fits) for it in module.answers]
        return [it for it in found if fits.search(it.text) and self.used(it.module, it.function)]

    def used(self, module: Module, name: str) -> bool:
        """Whether anybody asks for a function: itself by a decorator, its module, or another that names it."""
        node = module.functions.get(name)
        if node is None or node.decorator_list or name.startswith("__"):
            return True
        if re.search(rf"(?<!def )\b{name}\b", module.text):
            return True
        elsewhere = re.compile(rf"\b{module.stem}\.{name}\b|import [^\n]*\b{name}\b|\.{name}\(")
        return any(elsewhere.search(it.text) for it in self.modules if it is not module and name in it.words)

    def says(self, where: str, words: str) -> list[str]:
        """The paths of modules that have `words` in their code, comments left out."""
        fits = re.compile(words)
        return [it.path for it in self.find(where, words) if any(fits.search(line) for line in code_lines(it))]


def worth(module: Module, about: str, fits: re.Pattern[str]) -> bool:
    """Whether a module is worth parsing; what spans a condition and its words cannot be told from the text."""
    return any(it in about for it in (".*", "^", "[\\s\\S]")) or fits.search(module.text) is not None


def code_lines(module: Module) -> Iterator[str]:
    """The lines that are not only a comment."""
    return (line for line in module.lines if not line.lstrip().startswith("#"))
