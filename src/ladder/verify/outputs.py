"""Where a report goes: the terminal, JSON, a page, a badge; and what is said while it is made."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import LadderError
from . import table
from .report import Report


def progress(*, quiet: bool) -> Callable[[str], None]:
    """Lines on stderr: all where something is run, none where it is only read and nobody watches."""
    if quiet and not sys.stderr.isatty():
        return lambda _: None

    def say(line: str) -> None:
        if line.endswith(" read"):
            if sys.stderr.isatty():
                print(f"\r{line:<40}\r", end="", file=sys.stderr, flush=True)  # noqa: T201
            return
        print(line, file=sys.stderr, flush=True)  # noqa: T201

    return say


def ready(*paths: Path | None) -> None:
    """Make the folders of the files that were asked for, before minutes pass. Raises `LadderError`."""
    for path in paths:
        if path:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                wrong = f"{path} cannot be written: {str(error.strerror).lower()}"
                raise LadderError(wrong, fix="name a file in a folder of yours") from None


def write(report: Report, *, html: Path | None, badge: Path | None) -> None:
    """The files that were asked for."""
    if html:
        from . import page

        html.write_text(page.html(report), encoding="utf-8")
    if badge:
        from . import badge as badges

        badge.write_text(badges.svg(report), encoding="utf-8")


def lines(report: Report, *, as_json: bool) -> Iterator[str]:
    """What is printed."""
    if as_json:
        yield json.dumps(report.as_json(), indent=2, ensure_ascii=False)
        return
    yield from table.lines(report)
