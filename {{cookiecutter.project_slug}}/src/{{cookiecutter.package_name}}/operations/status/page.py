"""The status as text for a terminal, and as a page that refreshes itself, without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from .section import Report, Section

MARKS = {"ok": "●", "idle": "○", "late": "◐", "wrong": "✗"}
WORDS = {"ok": "well", "idle": "nothing to do", "late": "late", "wrong": "needs somebody"}
REFRESH = 5  # seconds
STYLE = """
:root { color-scheme: light dark; --ok: #1a7f4b; --idle: #767676; --late: #a86200; --wrong: #c01f2e; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: .2rem; } .at { opacity: .7; margin-top: 0; }
main { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); }
section { border: 1px solid #8884; border-left: .35rem solid var(--c); border-radius: .4rem; padding: .6rem .8rem; }
h2 { font-size: 1rem; margin: 0; } h2 span { color: var(--c); float: right; font-weight: 500; }
p { margin: .3rem 0; }
ul { margin: .3rem 0 0; padding-left: 1.1rem; font-size: .85rem; opacity: .85; overflow-wrap: anywhere; }
.needs { border: 2px solid var(--wrong); border-radius: .4rem; padding: .5rem .9rem; margin: 1rem 0; }
.ok { --c: var(--ok); } .idle { --c: var(--idle); } .late { --c: var(--late); } .wrong { --c: var(--wrong); }
#gone { display: none; color: var(--wrong); }
"""
SCRIPT = """
const again = async () => {
  const gone = document.getElementById('gone');
  try {
    const answer = await fetch(location.href, {cache: 'no-store'});
    if (!answer.ok) throw answer.status;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    document.getElementById('all').replaceWith(page.getElementById('all'));
    gone.style.display = 'none';
  } catch { gone.style.display = 'block'; }
};
setInterval(again, SECONDS * 1000);
"""


def text(report: Report) -> Iterator[str]:
    """Lines for a terminal."""
    yield f"{MARKS[report.state]} {WORDS[report.state]}, as of {report.at:%Y-%m-%d %H:%M:%S %Z}"
    for it in report.sections:
        yield f"{MARKS[it.state]} {it.name:<10} {it.said}"
        yield from (f"    {line}" for line in it.lines)
    if report.needs:
        yield "needs a person:"
        yield from (f"  - {line}" for line in report.needs)


def html(report: Report) -> str:
    """A whole page; its middle is fetched anew every few seconds, and it says so where nobody answers."""
    needs = "".join(f"<li>{escape(line)}</li>" for line in report.needs)
    asked = f"<div class='needs'><strong>Needs a person</strong><ul>{needs}</ul></div>" if needs else ""
    parts = "".join(card(it) for it in report.sections)
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{WORDS[report.state]}: status</title>"
        f"<meta name='viewport' content='width=device-width'><style>{STYLE}</style></head><body>"
        f"<p id='gone' role='alert'>Nobody answers any more: what you see is old.</p>"
        f"<div id='all'><h1 class='{report.state}'>{escape(WORDS[report.state].capitalize())}</h1>"
        f"<p class='at'>as of <time>{report.at:%Y-%m-%d %H:%M:%S %Z}</time></p>{asked}<main>{parts}</main></div>"
        f"<script>{SCRIPT.replace('SECONDS', str(REFRESH))}</script></body></html>"
    )


def card(it: Section) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in it.lines)
    return (
        f"<section class='{it.state}' id='{escape(it.name)}'><h2>{escape(it.name)} <span>{WORDS[it.state]}</span></h2>"
        f"<p>{escape(it.said)}</p>{f'<ul>{lines}</ul>' if lines else ''}</section>"
    )
