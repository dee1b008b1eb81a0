"""The bench: a copy of the repo, its own Python, and what each look on it came to."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..judge import Evidence
from ..repo import quiet
from ..seen import Seen, unknown
from .copy import copied, hindrance, interpreter, package_of

Say = Callable[[str], None]
FOREIGN = ("MLOPS_", "MLFLOW_", "AZURE", "AWS_", "DATABRICKS_", "WANDB_")  # what would lead a run out of the copy
SECONDS = 600
ABSENT = ("No module named", "is not installed", "does not exist", "ModuleNotFoundError")


@dataclass(frozen=True)
class Ran:
    """A command that ran to its end, or to the end of its time."""

    command: str
    code: int
    out: str

    @property
    def last(self) -> str:
        """What it said last; where it failed, its error."""
        lines = [line.strip() for line in self.out.splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith("error:")] if self.code else []
        return next(iter([*errors, *lines[-1:]]), "it said nothing")[:200]

    @property
    def lacking(self) -> bool:
        """Whether it ended for something that it needs and that is not here: no word on the repo."""
        return self.code != 0 and any(word in self.out for word in ABSENT)


@dataclass
class Bench:
    """Where looks are taken. `ran` has the commands of the look that is on."""

    root: Path
    python: Path
    package: str
    say: Say
    ran: list[Ran] = field(default_factory=list)

    def mlops(self, *words: object) -> Ran:
        """The repo's own command."""
        return self.call("-m", self.package, *words, shown=f"mlops {' '.join(map(str, words))}")

    def pytest(self, *words: str) -> Ran:
        return self.call("-m", "pytest", "-q", "-p", "no:cacheprovider", *words, shown=f"pytest {' '.join(words)}")

    def call(self, *words: object, shown: str) -> Ran:
        """Run the repo's Python in the copy."""
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
        command = [str(self.python), *map(str, words)]
        try:
            ran = subprocess.run(  # type: ignore[call-overload]
                command,
                cwd=self.root,
                env=self.environment,
                timeout=SECONDS,
                encoding="utf-8",
                errors="replace",
                check=False,
                **both,
            )
            done = Ran(shown, ran.returncode, ran.stdout)
        except subprocess.TimeoutExpired:
            done = Ran(shown, 124, f"it took longer than {SECONDS} s")
        self.ran.append(done)
        return done

    @property
    def spoilt(self) -> Path:
        """Where a hand-off is kept that was altered: beside the copy, so that this stays as it was committed."""
        return self.root.parent / "spoilt"

    @property
    def environment(self) -> dict[str, str]:
        """Ours, without what names servers and accounts."""
        own = {name: text for name, text in quiet().items() if not name.startswith(FOREIGN)}
        return own | {
            "PYTHONPATH": str(self.root / "src"),
            "MPLBACKEND": "agg",
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


@dataclass(frozen=True)
class Look:
    """Something to run: what it shows of which statements, and which looks it stands on."""

    name: str
    ids: tuple[str, ...]
    ask: Callable[[Bench], Seen]
    needs: tuple[str, ...] = ()
    how: str = "run"


def add(evidence: dict[str, list[Evidence]], root: Path, python: Path | None, wanted: list[str], say: Say) -> None:
    """Run what there is to run, and put what it shows beside what was read."""
    from .looks import LOOKS

    there = {name for name in wanted if name in evidence and evidence[name][0].holds is not False}
    chosen = [it for it in LOOKS if set(it.ids) & there]
    own = python or interpreter(root)
    package = package_of(root)
    why = hindrance(root, own, package)
    if own is None or package is None or why:
        for look in chosen:
            keep(evidence, look, unknown(f"nothing was run: {why}"), "", 0.0)
        say(f"· nothing is run: {why}")
        return
    with copied(root) as copy:
        taken(Bench(copy, own, package, say), chosen, evidence)


def taken(bench: Bench, looks: list[Look], evidence: dict[str, list[Evidence]]) -> None:
    """Each look in turn; one whose ground failed is not taken."""
    from .looks import over

    done: dict[str, bool] = {}
    try:
        for number, look in enumerate(looks, 1):
            lacking = [need for need in look.needs if done.get(need) is False]
            if lacking:
                keep(evidence, look, unknown(f"not run, since this did not go well: {lacking[0]}"), "", 0.0)
                done[look.name] = False
                continue
            bench.say(f"[{number}/{len(looks)}] {look.name} ...")
            bench.ran.clear()
            started = time.perf_counter()
            found = look.ask(bench)
            took = time.perf_counter() - started
            done[look.name] = found.holds is True
            keep(evidence, look, found, "; ".join(it.command for it in bench.ran), took)
            word = {True: "holds", False: "FAILED", None: "cannot tell"}[found.holds]
            bench.say(f"      {word} in {took:.1f} s: {found.said}")
    finally:
        over(bench)


def keep(evidence: dict[str, list[Evidence]], look: Look, found: Seen, command: str, seconds: float) -> None:
    """Put what was seen to each of the statements that it is about."""
    for name in look.ids:
        if name in evidence and evidence[name][0].holds is not False:
            evidence[name].append(
                Evidence(look.how, found.holds, found.said, command or look.name, seconds, found.artefacts)
            )
