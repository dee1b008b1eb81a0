"""The report as a page of its own: nothing is fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from .contract import COLUMNS, LEVELS
from .gaps import Next
from .judge import ABSENT, ATTESTED, FAILED, NOT_RUN, PROVEN, VERDICTS, Evidence, Verdict
from .report import Report, named

TITLES = {
    "highlight": "Highlights",
    "technology": "Technology",
    "people": "People",
    "creation": "Model creation",
    "release": "Model release",
    "integration": "Application integration",
}
CLASSES = {PROVEN: "proven", ATTESTED: "attested", ABSENT: "absent", FAILED: "failed", NOT_RUN: "notrun"}
MARKS = {PROVEN: "✓", ATTESTED: "✎", ABSENT: "○", FAILED: "✗", NOT_RUN: "·"}
STYLE = """
:root { color-scheme: light dark; --bg: #fff; --ink: #1c2024; --soft: #5d6670; --line: #d8dde3;
  --proven: #1a7f4b; --attested: #2d6cc0; --absent: #8f9aa6; --failed: #c01f2e; --notrun: #b9c1ca; }
@media (prefers-color-scheme: dark) { :root { --bg: #15181c; --ink: #e6e9ed; --soft: #9aa4af; --line: #343b43;
  --proven: #3fae74; --attested: #6ba1ea; --absent: #77828e; --failed: #ef5d68; --notrun: #4a535d; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--bg); margin: 2rem auto;
  max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; } p { margin: .3rem 0; }
.soft { color: var(--soft); } .wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; font-size: .85rem; }
th, td { padding: .45rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tr.reached > th:first-child { border-left: .3rem solid var(--proven); }
tr.next > th:first-child { border-left: .3rem solid var(--failed); }
.cell { display: inline-block; min-width: 1.7rem; height: 1.5rem; line-height: 1.5rem; margin: 0 .2rem .2rem 0;
  padding: 0 .15rem; border-radius: .25rem; text-align: center; color: #fff; text-decoration: none; font-size: .8rem; }
.proven { background: var(--proven); } .attested { background: var(--attested); } .absent { background: var(--absent); }
.failed { background: var(--failed); } .notrun { background: var(--notrun); }
.cell:focus-visible { outline: 3px solid var(--ink); outline-offset: 1px; }
details { border-bottom: 1px solid var(--line); padding: .35rem 0; } summary { cursor: pointer; }
details:target { background: color-mix(in srgb, var(--attested) 12%, transparent); }
code { font: .86em ui-monospace, monospace; overflow-wrap: anywhere; } li { margin: .25rem 0; }
.id { font: .86em ui-monospace, monospace; display: inline-block; min-width: 3.4rem; }
"""


def html(report: Report) -> str:
    """The page."""
    title = f"{report.path.name}: {named(report.level)}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f"{head(report)}{legend()}{heat(report)}{todo(report)}{scopes(report)}{details(report)}</body></html>\n"
    )


def head(report: Report) -> str:
    """The level, in words."""
    how = "by reading alone" if report.static else "by reading, and by running what the repo offers"
    lines = [f"<h1>{escape(report.path.name)}: {named(report.level)}</h1>"]
    lines.append(f"<p class='soft'>Looked at on {report.today.isoformat()}, {how}, in {report.seconds:.1f} s.</p>")
    if report.asked is not None:
        word = "is" if report.holds else "is not"
        lines.append(f"<p>Level {report.asked} was asked for, and {word} reached.</p>")
    if report.other:
        lines.append(f"<p>.ladder.json says that level {report.recorded} was emitted here.</p>")
    if report.unread:
        told = ", ".join(f"{path} ({why})" for path, why in sorted(report.unread.items()))
        lines.append(f"<p>Nothing was seen in {escape(told)}.</p>")
    if report.unproven:
        lines.append(
            f"<p>Not proven at this level or below: {escape(', '.join(it.statement.id for it in report.unproven))}.</p>"
        )
    return "".join(lines)


def legend() -> str:
    parts = [f"<span class='cell {CLASSES[it]}'>{MARKS[it]}</span>{escape(it)}" for it in VERDICTS]
    return f"<p class='soft'>{' &nbsp; '.join(parts)}</p>"


def heat(report: Report) -> str:
    """Statements by level and column, the highest level on top."""
    heads = "".join(f"<th scope='col'>{TITLES[column]}</th>" for column in COLUMNS)
    rows = "".join(band(report, level) for level in reversed(LEVELS))
    return table(f"<th scope='col'>Level</th>{heads}", rows)


def table(heads: str, rows: str) -> str:
    return f"<div class='wide'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def band(report: Report, level: int) -> str:
    """One level."""
    own = [it for it in report.verdicts if it.statement.level == level]
    if not own:
        return ""
    kind = (
        "reached"
        if report.level is not None and level <= report.level
        else "next"
        if report.next and report.next.level == level
        else ""
    )
    cells = "".join(
        f"<td>{''.join(cell(it) for it in own if it.statement.column == column)}</td>" for column in COLUMNS
    )
    return f"<tr class='{kind}'><th scope='row'>{level}</th>{cells}</tr>"


def cell(it: Verdict) -> str:
    own = it.statement
    title = escape(f"{own.id} {it.verdict}: {own.text}", quote=True)
    about = f"class='cell {CLASSES[it.verdict]}' href='#{own.id}' title='{title}' aria-label='{title}'"
    return f"<a {about}>{MARKS[it.verdict]} {own.id[3:]}</a>"


def todo(report: Report) -> str:
    """What to do next."""
    found = report.next
    if found is None:
        keep = "<code>ladder verify . --static --level 4</code> in CI"
        return f"<h2>What to do next</h2><p>Nothing is missing. Keep it so: {keep}.</p>"
    rows = "".join(f"<li>{gap}</li>" for gap in gaps(found))
    first = f"<p><code>{escape(found.command)}</code> adds what is not there.</p>" if found.command else ""
    return f"<h2>What to do next, for level {found.level}</h2>{first}<ol>{rows}</ol>"


def gaps(found: Next) -> Iterator[str]:
    for it in found.gaps:
        adds = f"<br>adds {code(it.absent)}" if it.absent else ""
        look = f"<br>look at {code(it.present)}" if it.present else ""
        own = it.statement
        told = f"<a href='#{own.id}'>{own.id}</a> {escape(own.text)}<br><span class='soft'>{escape(it.said)}</span>"
        yield f"{told}{adds}{look}"


def code(names: tuple[str, ...]) -> str:
    return " ".join(f"<code>{escape(name)}</code>" for name in names)


def scopes(report: Report) -> str:
    """Each scope apart."""
    rows = "".join(
        f"<tr><th scope='row'>{scope}</th>" + "".join(f"<td>{counts.get(it, 0)}</td>" for it in VERDICTS) + "</tr>"
        for scope, counts in report.scopes.items()
    )
    heads = "".join(f"<th scope='col'>{it}</th>" for it in VERDICTS)
    return f"<h2>Scopes</h2>{table(f'<th></th>{heads}', rows)}"


def details(report: Report) -> str:
    """Every statement with what it stands on."""
    return "<h2>Every statement</h2>" + "".join(one(it) for it in report.verdicts)


def one(it: Verdict) -> str:
    own = it.statement
    looks = [*it.evidence, *([it.offline] if it.offline else [])]
    rows = "".join(f"<li>{shown(look)}</li>" for look in looks)
    about = f"<p class='soft'>{escape(own.looked_at)}</p>" if own.looked_at else ""
    return (
        f"<details id='{own.id}'><summary><span class='cell {CLASSES[it.verdict]}'>{MARKS[it.verdict]}</span>"
        f"<span class='id'>{own.id}</span>{escape(own.text)} <span class='soft'>{it.verdict}</span></summary>"
        f"{about}<p>{escape(it.said)}</p>{f'<ul>{rows}</ul>' if rows else ''}</details>"
    )


def shown(it: Evidence) -> str:
    """One look at it."""
    how = f"<code>{escape(it.command)}</code> ({it.seconds:.2f} s)"
    return f"{how}: {escape(it.said)} {code(it.artefacts[:6])}"
