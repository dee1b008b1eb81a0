"""`monitor.html`: a check for people, and `monitor.json` with the same figures."""

from __future__ import annotations

from html import escape
from pathlib import Path

from ...model import handoff
from . import look, pictures
from .check import Checked, Finding, described
from .measures import SHORT

PAGE, FIGURES, NOW, STRIP = "monitor.html", "monitor.json", "monitor-columns.png", "monitor-time.png"
WORST = 6
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-size: .9rem }
td, th { padding: .15rem 1rem .15rem 0; text-align: left; font-weight: normal; font-variant-numeric: tabular-nums }
th { opacity: .75 }
img { max-width: 100%; background: #fff; border-radius: 4px }
.verdict { padding: .6rem 1rem; border-radius: 4px; background: #2f855a22; border-left: 4px solid #2f855a }
.drift { background: #c5303022; border-color: #c53030 }
tr.drift td { background: #c5303022 }
"""
HEAD = "<tr><th>column<th>measure<th>value<th>threshold<th>as far without drift<th>p<th>before<th>now<th></tr>"


def write(found: Checked, folder: Path, title: str) -> Path:
    """Write page, figures and pictures into `folder`; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    handoff.write_json(folder / FIGURES, {"title": title, **found.as_json()})
    pictures.distributions(found, look.worst(found, WORST), folder / NOW)
    pictures.over_time(found, folder / STRIP)
    (folder / PAGE).write_text(page(found, title), encoding="utf-8", newline="\n")
    return folder / PAGE


def page(found: Checked, title: str) -> str:
    """The whole page: no script, nothing fetched."""
    kind = "verdict drift" if found.drifted else "verdict"
    sides = "".join(f"<li>{escape(side)}</li>" for side in told(found))
    ordered = sorted(found.findings, key=lambda it: (not it.drifted, -it.ratio))
    rows = "".join(row(it) for it in ordered)
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title><style>{STYLE}</style>\n<h1>{escape(title)}</h1>\n"
        f"<p class='{kind}'>{escape(found.sentence)}</p><ul>{sides}</ul>\n"
        f"<h2>Nearest to their thresholds</h2><img src='{NOW}' alt='columns before and now'>\n"
        f"<h2>Over time</h2><img src='{STRIP}' alt='every column and measure over time'>\n"
        f"<h2>Every check</h2><table>{HEAD}{rows}</table></html>\n"
    )


def told(found: Checked) -> list[str]:
    """What was held against what."""
    out = []
    for reference, window in zip(found.references, found.windows, strict=True):
        groups = " and ".join(dict.fromkeys(it.group for it in reference.watched))
        before, after = described(reference), described(window)
        span = [
            f"{it['rows']:,} rows from {it['from']} to {it['to']}" if it["rows"] else "no rows"
            for it in (before, after)
        ]
        out.append(f"{groups}: {span[1]}, against {span[0]}")
    if found.blind:
        some = ", ".join(dict.fromkeys(column for column, _ in found.blind))
        out.append(f"the reference is too short to judge {len(found.blind)} of the checks of windows this long: {some}")
    return out


def row(it: Finding) -> str:
    """A finding as a row of the table."""
    word = {True: "DRIFT", False: "", None: "too few rows"}[it.drifted]
    share = "" if it.share is None else f"{it.share:.1%}"
    cells = [
        it.column,
        SHORT[it.measure],
        figure(it.value),
        figure(it.threshold),
        share,
        figure(it.p),
        it.before,
        it.after,
        word,
    ]
    return f"<tr{' class=drift' if it.drifted else ''}>{''.join(f'<td>{escape(cell)}' for cell in cells)}</tr>"


def figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
