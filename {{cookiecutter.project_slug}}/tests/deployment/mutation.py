"""`make mutation`: would a test notice if the code that decides were wrong? A sample, in a copy of the repo.

One operator or constant in a function is changed at a time, and the tests nearest to its module are run. Left alone are
what no test should hold: settings at the top of a module (how long, how many), words, annotations, log lines.
"""

from __future__ import annotations

import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

LAYER, ROOMS = "deployment", ("comparison", "promotion", "serving")
SPARED = {"__init__.py", "azure.py", "azure_score.py", "commands.py", "listing.py", "plots.py"}  # words and pictures
UNUSED = (".git", ".venv", "__pycache__", ".*_cache", "workspaces", "models", "reports", "landed", "build", "dist")
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
MOST = 3  # test files for a module
PASSED, FAILED = {0, 5}, {1, 2}  # of pytest; 5: all tests of a file are for servers, 2: it cannot even be collected
WORDS = (ast.Raise, ast.JoinedStr, ast.arguments, ast.Assert)


@dataclass(frozen=True)
class Mutant:
    """One change: `text` is the whole file with it."""

    path: Path
    line: int
    before: str
    after: str
    text: str

    @property
    def said(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}:{self.line}  {self.before}  ->  {self.after}"


def mutants(path: Path) -> Iterator[Mutant]:
    """Every change of a module that is looked for."""
    source = path.read_text(encoding="utf-8")
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in function.body:
                for node, changed in changes(statement):
                    yield mutant(path, source, node, ast.unparse(changed))


def changes(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(an expression, the same with one thing changed), but for what is only said."""
    if isinstance(node, (*WORDS, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or logged(node):
        return
    if isinstance(node, ast.expr) and (changed := other(node)) is not None:
        yield node, changed
    for name, value in ast.iter_fields(node):
        if name != "annotation":
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from changes(child)


def logged(node: ast.AST) -> bool:
    """Is it a line for the log, or for a person?"""
    called = node.func if isinstance(node, ast.Call) else None
    return (isinstance(called, ast.Attribute) and ast.unparse(called.value) in {"log", "logging"}) or (
        isinstance(called, ast.Name) and called.id == "echo"
    )


def other(node: ast.expr) -> ast.expr | None:
    """The expression with its own operator or constant changed; None where it has none."""
    changed = copy.deepcopy(node)
    match changed:
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            changed.ops = [SWAPS[type(op)]()]  # type: ignore[list-item]
        case ast.BoolOp(op=op):
            changed.op = SWAPS[type(op)]()  # type: ignore[assignment]
        case ast.BinOp(op=op) if type(op) in SWAPS and not textual(changed):
            changed.op = SWAPS[type(op)]()  # type: ignore[assignment]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Constant(value=bool(value)):
            changed.value = not value
        case ast.Constant(value=int(value) | float(value)):
            changed.value = value + 1
        case _:
            return None
    return changed


def textual(node: ast.BinOp) -> bool:
    """Paths and texts are joined by the same signs as numbers are reckoned with."""
    parts = [it for it in ast.walk(node) if isinstance(it, ast.Constant | ast.JoinedStr)]
    return any(isinstance(it, ast.JoinedStr) or isinstance(it.value, str | bytes) for it in parts)


def mutant(path: Path, source: str, node: ast.expr, after: str) -> Mutant:
    """Put `after` in the place of `node`; columns count bytes."""
    lines = source.encode().splitlines(keepends=True)
    begin = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: (node.end_lineno or 0) - 1])) + (node.end_col_offset or 0)
    data = source.encode()
    text = data[:begin] + f"({after})".encode() + data[end:]
    before = " ".join(data[begin:end].decode().split())
    return Mutant(path, node.lineno, before, after, text.decode())


# --- the tests nearest to a module


def reached(root: Path, package: str) -> dict[Path, set[Path]]:
    """File -> the files that it imports, in the package and its tests."""
    source, tests = root / "src" / package, root / "tests"
    found = {}
    for base, name in ((source, package), (tests, "")):
        for path in base.rglob("*.py"):
            inside = [name, *path.relative_to(base).parts[:-1]] if name else list(path.relative_to(base).parts[:-1])
            named = {it for node in ast.walk(ast.parse(path.read_text("utf-8"))) for it in imported(node, inside)}
            places = [(root / "src", it) for it in named] + [(tests, it) for it in named]
            files = {folder.joinpath(*it.split(".")).with_suffix(".py") for folder, it in places}
            found[path] = {it for it in files if it.is_file()}
    return found


def imported(node: ast.AST, inside: list[str]) -> Iterator[str]:
    """The modules that a node may import, as dotted names; a name that is none is no file."""
    if isinstance(node, ast.ImportFrom):
        base = inside[: len(inside) - node.level + 1] if node.level else []
        whole = ".".join([*base, *([node.module] if node.module else [])])
        yield whole
        yield from (f"{whole}.{alias.name}" for alias in node.names)


def nearest(root: Path, graph: dict[Path, set[Path]], module: Path) -> list[Path]:
    """The test files of the module's room that come to it by the fewest steps, that of its own name first."""
    tests = sorted((root / "tests" / LAYER / module.parent.name).glob("test_*.py"))
    own, far = f"test_{module.name}", len(graph)
    steps = {test: distance(graph, test, module, far) for test in tests}
    ranked = sorted(tests, key=lambda it: (it.name != own, steps[it], it.name))
    return [it for it in ranked if steps[it] < far][:MOST]


def distance(graph: dict[Path, set[Path]], start: Path, goal: Path, far: int) -> int:
    """How many imports lie between two files; `far` where none lead there."""
    seen, ahead = {start}, {start}
    for steps in range(far):
        if goal in ahead:
            return steps
        ahead = {it for path in ahead for it in graph.get(path, set())} - seen
        seen |= ahead
    return far


# --- running them


@dataclass
class Bench:
    """A copy of the repo in which files are changed and put back; `known` is how long test files take, in seconds."""

    root: Path
    known: dict[Path, float] = field(default_factory=dict)

    def passes(self, test: Path, limit: float) -> bool:
        """Whether a test file passes; one that hangs does not."""
        words = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-m",
            "not integration",
            str(test),
        ]
        kept = {**os.environ, "PYTHONPATH": str(self.root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            ran = subprocess.run(words, cwd=self.root, env=kept, capture_output=True, timeout=limit, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            return False
        if ran.returncode not in PASSED | FAILED:
            raise SystemExit(f"pytest ended with {ran.returncode}:\n{ran.stdout.decode()[-2000:]}")
        return ran.returncode in PASSED

    def seconds(self, test: Path) -> float:
        """How long a test file takes, which passes without a change."""
        if test not in self.known:
            began = time.monotonic()
            if not self.passes(test, 900):
                raise SystemExit(f"{test} fails as it is")
            self.known[test] = time.monotonic() - began
        return self.known[test]

    def survives(self, it: Mutant, tests: list[Path]) -> bool:
        """Whether no test notices the change."""
        return all(self.missed(it, test, 20 + 3 * self.seconds(test)) for test in tests)

    def missed(self, it: Mutant, test: Path, limit: float) -> bool:
        whole = it.path.read_text(encoding="utf-8")
        it.path.write_text(it.text, encoding="utf-8")
        try:
            return self.passes(test, limit)
        finally:
            it.path.write_text(whole, encoding="utf-8")


def every(root: Path, package: str) -> list[Mutant]:
    """Every change in the rooms whose code decides, always in one order."""
    folders = [root / "src" / package / LAYER / room for room in ROOMS]
    modules = sorted(path for folder in folders for path in folder.glob("*.py") if path.name not in SPARED)
    return [it for path in modules for it in mutants(path)]


def some(known: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """A sample, the same for the same seed."""
    return random.Random(seed).sample(known, min(count, len(known)))  # noqa: S311


def run(root: Path, sample: int, least: float, minutes: float, seed: int) -> bool:
    """Judge a sample in the repo at `root`, which is a copy; gives whether enough was noticed."""
    (package,) = [path.parent.name for path in root.glob("src/*/layers.py")]
    known = every(root, package)
    chosen = some(known, sample, seed)
    graph, bench, until = reached(root, package), Bench(root), time.monotonic() + 60 * minutes
    alive: list[bool] = []
    for it in chosen:
        if time.monotonic() > until:
            break
        alive.append(bench.survives(it, nearest(root, graph, it.path)))
        click.echo(f"{'SURVIVED' if alive[-1] else 'killed  '}  {it.said}")
    killed = alive.count(False)
    share = killed / len(alive) if alive else 0.0
    click.echo(
        f"{killed} of {len(alive)} killed, {share:.0%}; {least:.0%} is asked; a sample of {len(known)}, seed {seed}"
    )
    if len(alive) < len(chosen):
        click.echo(f"{len(chosen) - len(alive)} were not tried within {minutes:g} minutes")
    return share >= least and len(alive) >= len(chosen) / 2


@click.command()
@click.option("--sample", type=click.IntRange(1), default=60, show_default=True)
@click.option("--least", type=click.FloatRange(0, 1), default=0.7, show_default=True, help="Share that must be killed.")
@click.option("--minutes", type=click.FloatRange(0), default=20.0, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
def main(sample: int, least: float, minutes: float, seed: int) -> None:
    """Change one thing at a time in a copy of this repo, and see whether a test notices."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        root = Path(shutil.copytree(".", Path(folder, "repo"), ignore=shutil.ignore_patterns(*UNUSED)))
        sys.exit(0 if run(root.resolve(), sample, least, minutes, seed) else 1)


if __name__ == "__main__":
    main()
