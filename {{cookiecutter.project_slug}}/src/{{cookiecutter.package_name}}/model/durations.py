"""Lengths of time as `project.toml` writes them: `90m`, `2h`, `3d`."""

from __future__ import annotations

import re
from datetime import timedelta

from pydantic_core import PydanticCustomError

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(text: object) -> timedelta:
    """`"90m"`, `"2h"`, `"3d"` -> a timedelta."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"(\d+)([smhdw])", str(text))
    if not match:
        raise PydanticCustomError("duration", "must be a whole number and a unit (s, m, h, d or w), such as '2h'")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def format_duration(length: timedelta) -> str:
    """The shortest text that `parse_duration` reads back."""
    seconds = int(length.total_seconds())
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
