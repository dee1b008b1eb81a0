"""`mlops demo`: the layers that are present tell what they can do, one chapter after another, on real parts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from . import layers, report
from .clock import Clock, SystemClock
from .errors import MlopsError

Figure = str | int | float | bool


@dataclass
class Stage:
    """What chapters share: the repo's root, how many sample rows to make, the clock, and notes for later chapters."""

    root: Path
    rows: int
    clock: Clock = field(default_factory=SystemClock)
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What a chapter has to show: one or two sentences, figures by name, and pictures (files below the root)."""

    text: str
    figures: dict[str, Figure]
    pictures: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One step of the story. `tell` raises when what it promises did not happen, and the demo fails with it."""

    title: str
    tell: Callable[[Stage], Told]


@dataclass(frozen=True)
class Page:
    """A chapter as it was told."""

    level: int
    layer: str
    title: str
    told: Told
    seconds: float


def chapters(root: Path) -> list[tuple[int, str, Chapter]]:
    """(level, layer, chapter) of every layer that is present and has a story, lowest level first."""
    told = {module.__name__.split(".")[-2]: module.CHAPTERS for module in layers.modules("story")}
    known = layers.levels(root)
    return [(known[layer], layer, chapter) for layer in known if layer in told for chapter in told[layer]]


def tell(stage: Stage, level: int | None = None) -> list[Page]:
    """Run every chapter, or those of one level, then write `reports/index.html` and `reports/summary.json`.

    Stops at the first that fails. Raises `MlopsError` where there is no chapter of that level.
    """
    found = [it for it in chapters(stage.root) if level in (None, it[0])]
    if not found:
        raise MlopsError(f"no chapter is of level {level}", fix="`mlops demo` tells all that there are")
    for stale in ("index.html", "summary.json"):  # a story that breaks off must not leave the last one's figures
        (stage.root / "reports" / stale).unlink(missing_ok=True)
    pages: list[Page] = []
    for number, (level, layer, chapter) in enumerate(found, 1):
        click.echo(f"[{number}/{len(found)}] level {level} · {layer} · {chapter.title} ... ", nl=False)
        started = time.perf_counter()
        told = chapter.tell(stage)
        pages.append(Page(level, layer, chapter.title, told, time.perf_counter() - started))
        click.echo(f"{pages[-1].seconds:.1f} s")
        for name, figure in told.figures.items():
            click.echo(f"      {name}: {figure}")
    publish(stage.root, pages)
    return pages


def publish(root: Path, pages: list[Page]) -> Path:
    """The story as a web page for people and as figures for machines."""
    folder = root / "reports"
    folder.mkdir(exist_ok=True)
    level = int(json.loads((root / ".ladder.json").read_text(encoding="utf-8"))["level"])
    telling = {layer for _, layer, _ in chapters(root)}
    silent = [layer for layer in layers.levels(root) if layer in layers.present() and layer not in telling]
    summary = {"level": level, "layers_not_built": silent, "chapters": [row(page) for page in pages]}
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8", newline="\n")
    return report.write(folder, level, pages, silent)


def row(page: Page) -> dict[str, object]:
    """A page as `summary.json` has it."""
    where = {"level": page.level, "layer": page.layer, "title": page.title}
    return {**where, "seconds": round(page.seconds, 3), "figures": page.told.figures}
