"""`docs/maturity.md`, made from the contract: `python -m ladder.verify.pages` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from .. import template
from .contract import COLUMNS, LEVELS, Contract, Statement, load
from .page import TITLES

HEAD = """# What each level says, and how it is looked at

<!-- made from maturity.toml: python -m ladder.verify.pages > docs/maturity.md; held by tests/verify/test_pages.py -->

`ladder verify PATH` looks at a repo, generated or not, and says of each statement of the maturity model what it
found. The statements are in our own words, and so is how each is looked at. Kinds:

| kind | what is asked | verdict |
|---|---|---|
| capability | proven from its level on | PROVEN, FAILED, or NOT-RUN with the reason |
| deficit | allowed until its cures are there | ABSENT-AS-EXPECTED, then PROVEN: it is gone; FAILED where it stays |
| organisation | somebody's word in `attestations.toml` | ATTESTED, or NOT-RUN: ask |
| neutral | nothing | NOT-RUN |

The level reached is the highest with nothing FAILED at it or below. Each capability has a sabotage, a small fault
under which its probe turns red; `make sabotage` puts each into a fresh copy and prints what came of it.
"""


def markdown(contract: Contract) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for level in LEVELS for line in section(contract, level))]).rstrip() + "\n"


def section(contract: Contract, level: int) -> Iterator[str]:
    """One level: a table for each column of the model."""
    row = template.table()[level]
    yield f"## Level {level}: {row['title']}"
    yield ""
    yield row["why"]
    yield ""
    for column in COLUMNS:
        own = [it for it in contract.statements if it.level == level and it.column == column]
        if own:
            yield f"### Level {level}, {TITLES[column].lower()}"
            yield ""
            yield "| id | statement | kind | how it is looked at | sabotage |"
            yield "|---|---|---|---|---|"
            yield from (line(it) for it in own)
            yield ""


def line(it: Statement) -> str:
    looked = it.looked_at or f"Gone once {', '.join(it.cured_by)} hold, from level {it.due} on."
    return f"| {it.id} | {it.text} | {it.kind} | {looked} | {it.sabotage} |"


if __name__ == "__main__":
    print(markdown(load()), end="")  # noqa: T201
