"""The local executor of a pipeline: steps in order, each in a folder of its own, skipped where nothing has changed."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..data import disk
from ..errors import MlopsError
from . import declared, process, reuse, wiring
from .pipeline import Pipeline, PipelineError, Step
from .reuse import Left, Reuse

Echo = Callable[[str], None]
LOG, NOTES, FACTS = "log.txt", "notes.json", "step.json"
WIDE = 160  # of a step's last line
EMPTY: dict[str, Any] = {"params": {}, "tags": {}, "metrics": {}, "curves": {}, "artifacts": {}}


@dataclass(frozen=True)
class Done:
    """A step that ran, or was skipped because an earlier run left what it would give."""

    step: str
    seconds: float
    outputs: dict[str, Path]
    digests: dict[str, str]
    notes: dict[str, Any]
    skipped: str = ""  # the run that left it
    said: str = ""  # its last line

    @property
    def sentence(self) -> str:
        """How it went, for people who watch."""
        if self.skipped:
            return f"skipped: same inputs as in run {self.skipped}"
        return f"{self.seconds:.1f} s" + (f", {self.said}" if self.said else "")


@dataclass
class Runner:
    """Runs pipelines into `folder`; `variables` go to every step, `say` gets each step's notes."""

    run: str
    folder: Path
    reuse: Reuse
    code: str
    environment: str
    variables: dict[str, str]
    echo: Echo = lambda _: None
    say: Callable[[dict[str, Any]], None] = lambda _: None
    isolated: bool = False
    fresh: bool = False
    done: dict[str, Done] = field(default_factory=dict)

    def execute(self, pipeline: Pipeline, given: dict[str, str]) -> dict[str, Path]:
        """Run all steps; gives the pipeline's outputs. Raises what the step that failed raised: no later one runs."""
        values = inputs(pipeline, given)
        for number, name in enumerate(pipeline.order, 1):
            self.echo(f"[{number}/{len(pipeline.order)}] {name} ...")
            done = self.one(pipeline.steps[name], values)
            self.done[name] = done
            self.echo(f"      {done.sentence}")
        bound = {
            wiring.WHOLE.fullmatch(raw)[1].rpartition(".")[2]: self.done[step.name].outputs[output]  # type: ignore[index]
            for step in pipeline.steps.values()
            for output, raw in step.outputs.items()
        }
        return {name: bound[name] for name in pipeline.outputs if name in bound}

    def one(self, step: Step, given: dict[str, str]) -> Done:
        """Run a step, or take what is there."""
        values, digests = self.bound(step, given)
        print_of = reuse.fingerprint(step, values, digests, self.code, self.environment)
        if step.component.deterministic and not self.fresh:
            left, why = self.reuse.find(print_of)
            if left is not None:
                notes = json.loads(left.notes.read_text(encoding="utf-8")) if left.notes.is_file() else EMPTY
                self.say(notes)
                return Done(step.name, 0.0, left.outputs, left.digests, notes, left.run)
            if why:
                self.echo(f"      {step.name}: runs again, since {why}")
        return self.work(step, values, print_of)

    def work(self, step: Step, values: dict[str, str], print_of: str) -> Done:
        """Run the step's command; what it has to say is recorded also where it fails."""
        place = self.folder / step.name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        outputs = {name: place / name for name in step.component.outputs}
        for name, path in outputs.items():
            (path if step.component.outputs[name].type != "uri_file" else path.parent).mkdir(
                parents=True, exist_ok=True
            )
        filled = {f"inputs.{name}": text for name, text in values.items()}
        filled |= {f"outputs.{name}": str(path) for name, path in outputs.items()}
        command = wiring.filled(step.component.command, filled)
        texts = {**step.component.variables, **step.variables}
        told = {name: wiring.filled(text, filled) for name, text in texts.items()}
        notes = place / NOTES
        started = time.perf_counter()
        try:
            process.run(command, step.component.code, {**self.variables, **told}, place / LOG, notes, self.isolated)
        except MlopsError:
            self.say(read_notes(notes))
            raise
        done = Done(
            step.name,
            time.perf_counter() - started,
            outputs,
            {name: reuse.of_path(path) for name, path in outputs.items()},
            read_notes(notes),
            said=last_line(place / LOG),
        )
        self.record(done, command, print_of)
        self.say(done.notes)
        return done

    def record(self, done: Done, command: str, print_of: str) -> None:
        """Keep the step's facts beside its outputs, and remember them."""
        place = self.folder / done.step
        facts = {
            "step": done.step,
            "command": command,
            "seconds": done.seconds,
            "outputs": done.digests,
            "fingerprint": print_of,
        }
        disk.write(place / FACTS, json.dumps(facts, indent=1).encode())
        self.reuse.keep(print_of, Left(self.run, done.outputs, done.digests, place / NOTES))

    def bound(self, step: Step, given: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """(input -> text for the command, input -> digest where it is a file)."""
        values, digests = dict[str, str](), dict[str, str]()
        for name, port in step.component.inputs.items():
            raw = step.inputs.get(name, port.default)
            found = wiring.WHOLE.fullmatch(raw) if isinstance(raw, str) else None
            parts = found[1].split(".") if found else []
            if parts[:2] == ["parent", "inputs"]:
                raw = given.get(parts[2])
            elif parts:
                made = self.done[parts[2]]
                raw, digests[name] = str(made.outputs[parts[4]]), made.digests[parts[4]]
            if raw is None:
                continue
            values[name] = str(raw)
            if port.is_file and name not in digests:
                digests[name] = reuse.of_path(Path(values[name]))
        return values, digests


def inputs(pipeline: Pipeline, given: dict[str, str]) -> dict[str, str]:
    """The pipeline's inputs with their values. Raises `PipelineError` for one that is unknown, missing or cannot be."""
    problems = [
        f"{name!r} is no input; there are {', '.join(pipeline.inputs)}" for name in given if name not in pipeline.inputs
    ]
    out = {}
    for name, port in pipeline.inputs.items():
        raw = given.get(name, port.default)
        if raw is None:
            if not port.optional:
                problems.append(f"{name} has no value")
        elif port.is_file:
            path = Path(raw) if name in given else (pipeline.path.parent / str(raw)).resolve()
            out[name] = str(path.resolve())
            if not path.exists():
                problems.append(f"{name}: {path} does not exist")
        else:
            out[name] = str(declared.value(raw, port, name, problems))
    if problems:
        raise PipelineError("; ".join(problems), fix="give --input NAME=VALUE")
    return out


def last_line(log: Path) -> str:
    """What a step said last."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip()[:WIDE] for line in reversed(lines) if line.strip()), "")


def read_notes(path: Path) -> dict[str, Any]:
    """What a step had to say; nothing where it said nothing."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else dict(EMPTY)
