"""`.gitignore`, as far as the patterns that people write: folders, names, `*`, `**`, `!`."""

from __future__ import annotations

import re
from functools import cached_property


class Ignore:
    """The patterns of a file at the root of a repo."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def rules(self) -> list[tuple[re.Pattern[str], bool]]:
        """(pattern, whether it ignores), in order: the last that fits decides."""
        lines = [line.rstrip() for line in self.text.splitlines()]
        return [rule(line) for line in lines if line and not line.startswith("#")]

    def __contains__(self, path: str) -> bool:
        """Whether a file of this relative path is ignored, by itself or by a folder above it."""
        parts = path.split("/")
        ignored = False
        for end in range(1, len(parts) + 1):
            name = "/".join(parts[:end]) + ("/" if end < len(parts) else "")
            for pattern, ignores in self.rules:
                if pattern.fullmatch(name):
                    ignored = ignores
            if ignored and end < len(parts):
                return True
        return ignored


def rule(line: str) -> tuple[re.Pattern[str], bool]:
    """A line as a pattern on relative paths; those of folders end in `/`."""
    ignores = not line.startswith("!")
    text = line.removeprefix("!").removeprefix("\\")
    folder = text.endswith("/")
    text = text.rstrip("/")
    anchored = "/" in text
    body = translated(text.removeprefix("/"))
    start = "" if anchored else "(?:.*/)?"
    return re.compile(f"{start}{body}{'/' if folder else '/?'}"), ignores


def translated(text: str) -> str:
    """A pattern of git as a regular expression."""
    out = re.escape(text).replace(r"\*\*/", "(?:.*/)?").replace(r"/\*\*", "/.*").replace(r"\*\*", ".*")
    return re.sub(r"\\\[(.*?)\\\]", r"[\1]", out.replace(r"\*", "[^/]*").replace(r"\?", "[^/]"))
