"""What went wrong, with the value that was wrong and the step that mends it."""

from __future__ import annotations

from typing import ClassVar


class LadderError(Exception):
    """The root of every error that a user can mend: `problem` names the value, `fix` is the next step."""

    code: ClassVar[int] = 1  # what the command exits with

    def __init__(self, problem: str, *, fix: str) -> None:
        super().__init__(f"{problem}\n  fix: {fix}")


class PathError(LadderError):
    """The project cannot go where it was told to."""


class RefusedError(LadderError):
    """The template's own hook refused an answer, and has said which and why."""


class DescribeError(LadderError):
    """The user's table could not be described."""


class MoveError(LadderError):
    """A repo is left as it was: it cannot move, or must not. Code 1 would mean conflicts, and there are none."""

    code = 2


class GitError(MoveError):
    """Git itself refused, and has said why."""
