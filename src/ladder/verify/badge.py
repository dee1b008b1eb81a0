"""The badge: one line as a picture."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .report import Report

COLOURS = ("#6a7079", "#3f7fbf", "#2f8f83", "#3f9142", "#7a4fbf")
LEFT, RIGHT = 104, 58


def svg(report: Report) -> str:
    """A picture that says the level, and by what it was verified."""
    level = report.level
    text = "none" if level is None else f"level {level}"
    colour = "#b3261e" if level is None else COLOURS[level]
    label = "MLOps maturity"
    title = f"{label}: {text}, verified {report.today.isoformat()}" + (" by reading" if report.static else "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + RIGHT}" height="20" role="img" '
        f'aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>"
        f'<clipPath id="r"><rect width="{LEFT + RIGHT}" height="20" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{LEFT}" height="20" fill="#444a52"/>'
        f'<rect x="{LEFT}" width="{RIGHT}" height="20" fill="{colour}"/></g>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{LEFT // 2}" y="14">{escape(label)}</text>'
        f'<text x="{LEFT + RIGHT // 2}" y="14">{escape(text)}</text></g></svg>\n'
    )
