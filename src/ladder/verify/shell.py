"""Shell commands: does the exit code of what matters reach whoever called?"""

from __future__ import annotations

import re
from dataclasses import dataclass

# what comes after a command that may fail, and makes it a success
EXCUSED = re.compile(
    r"\|\|\s*(?:true|:|exit 0|echo\b|printf\b|\(?\s*exit 0)|;\s*(?:true|:|exit 0)\s*$|--exit-zer[o]\b|&\s*$"
)
SET_OFF = re.compile(r"^\s*set \+[a-z]*e")
PIPE = re.compile(r"(?<!\|)\|(?!\|)")


@dataclass(frozen=True)
class Command:
    """A line of shell; `soft` says why its failure would not be one, and is empty where it would."""

    text: str
    soft: str = ""

    def softened(self, why: str) -> Command:
        return self if self.soft or not why else Command(self.text, why)


def commands(script: str, *, pipefail: bool = False) -> list[Command]:
    """The lines of a script, those joined that a backslash continues."""
    found, off = [], ""
    safe = pipefail or "pipefail" in script
    for raw in re.sub(r"\\\n\s*", " ", script).splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if SET_OFF.match(line):
            off = "set +e stands before it"
        found.append(Command(line, softness(line, safe=safe) or off))
    return found


def softness(line: str, *, safe: bool) -> str:
    """Why a failure in `line` would go unnoticed."""
    excuse = EXCUSED.search(line)
    if excuse:
        return f"`{excuse[0].strip()}` excuses it"
    if not safe and PIPE.search(unquoted(line)):
        return "only the last command of a pipe counts without pipefail"
    return ""


def unquoted(line: str) -> str:
    """Without what stands in quotes or is substituted."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\$\([^)]*\)|\$\{\{.*?\}\}", "", line)
