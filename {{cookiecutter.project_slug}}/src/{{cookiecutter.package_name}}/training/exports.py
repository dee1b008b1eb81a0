"""`mlops schedules export`: what is derived from `schedules.toml` elsewhere, written or compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import azure_schedules, schedules, workflows
from .schedules import FILE, ScheduleError


def derived(root: Path) -> Iterator[tuple[Path, str, str]]:
    """(path, text that is there, text that should be), an empty one where there should be none."""
    found = schedules.load(root)
    for workflow in workflows.WORKFLOWS:
        path = root / workflow.path
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            yield workflow.path, text, workflow.wanted(text, found)
    wanted = azure_schedules.files(found)
    there = {path.relative_to(root) for path in (root / azure_schedules.FOLDER).glob("*.yml")}
    for path in sorted({*wanted, *there}):
        text = (root / path).read_text(encoding="utf-8") if path in there else ""
        yield path, text, wanted.get(path, "")


def write(root: Path) -> Iterator[str]:
    """Write what differs; says what was done."""
    changed = [it for it in derived(root) if it[1] != it[2]]
    for path, _, wanted in changed:
        if wanted:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(wanted, encoding="utf-8", newline="\n")
        else:
            (root / path).unlink()
        yield f"{'wrote' if wanted else 'removed'} {path.as_posix()}"
    if not changed:
        yield "nothing to change"
    yield from said(root)


def check(root: Path) -> list[str]:
    """Raises `ScheduleError` naming the files that differ from `schedules.toml`."""
    found = list(derived(root))
    if wrong := [path.as_posix() for path, there, wanted in found if there != wanted]:
        raise ScheduleError(f"{', '.join(wrong)}: not as {FILE} has it", fix="`mlops schedules export` writes it")
    return [f"{len(found)} files are as {FILE} has it", *said(root)]


def said(root: Path) -> list[str]:
    """What CI does not run of it."""
    there = [it.path for it in workflows.WORKFLOWS if (root / it.path).is_file()]
    names = workflows.left(schedules.load(root))
    what = f"runs {workflows.PIPELINE}, with its own inputs"
    return [f"{name} is not for {path.as_posix()}, which {what}" for path in there for name in names]
