"""The demo's web page: one section a chapter, no script, nothing fetched."""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .story import Figure, Page

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
section { border-top: 1px solid #8884; padding: .5rem 0 }
table { border-collapse: collapse }
td, th { padding: .2rem 1rem .2rem 0; text-align: left; vertical-align: top; font-weight: normal }
th { opacity: .75 }
td { font-variant-numeric: tabular-nums }
img { width: 100%; background: #fff; border-radius: 4px }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(25rem, 1fr)); gap: 1rem; margin-top: 1rem }
.tag { font-size: .85rem; opacity: .7; margin-top: -.8rem }
"""
HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Level {level}: what ran</title><style>{style}</style>
<h1>Level {level}: what ran</h1>
<p>Each section ran on this machine, with real parts; the figures are in <a href="summary.json">summary.json</a>.</p>
"""


def write(folder: Path, level: int, pages: list[Page], silent: list[str]) -> Path:
    """Write `folder`/index.html and copy the pictures beside it; gives the page's path."""
    parts = [HEAD.format(level=level, style=STYLE)]
    if silent:
        parts.append(f"<p>Layers that hold their place and are not built yet: {escape(', '.join(silent))}.</p>\n")
    parts += [section(folder, number, page) for number, page in enumerate(pages, 1)]
    target = folder / "index.html"
    target.write_text("".join(parts) + "</html>\n", encoding="utf-8", newline="\n")
    return target


def section(folder: Path, number: int, page: Page) -> str:
    """One chapter: its words, its figures, its pictures."""
    told = page.told
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(shown(it))}</td></tr>" for name, it in told.figures.items())
    images = "".join(picture(folder, number, path) for path in told.pictures)
    tag = f"level {page.level} · {escape(page.layer)} · {page.seconds:.1f} s"
    words = f"<h2>{number}. {escape(page.title)}</h2><p class='tag'>{tag}</p><p>{escape(told.text)}</p>"
    return f"<section>{words}<table>{rows}</table><div class='pictures'>{images}</div></section>\n"


def shown(figure: Figure) -> str:
    """A figure for people: four digits of a fraction, thousands apart."""
    if isinstance(figure, float):
        return f"{figure:,.4g}"
    return f"{figure:,}" if type(figure) is int else str(figure)


def picture(folder: Path, number: int, path: Path) -> str:
    """Keep the picture beside the page, so that the folder can be handed on whole; gives its tag."""
    name = f"{number:02d}-{path.name}"
    shutil.copyfile(path, folder / name)
    return f"<img src='{escape(name)}' alt='{escape(path.stem)}'>"
