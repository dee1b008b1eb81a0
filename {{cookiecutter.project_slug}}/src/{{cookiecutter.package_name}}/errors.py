"""What went wrong, with the value that was wrong and the step that mends it."""

from __future__ import annotations


class MlopsError(Exception):
    """The root of every error that a user can mend.

    `problem` names the thing and its value, `fix` is the next step. The command line prints both and exits with 1.
    """

    def __init__(self, problem: str, *, fix: str) -> None:
        super().__init__(f"{problem}\n  fix: {fix}")
        self.problem = problem
        self.fix = fix


class ProjectError(MlopsError):
    """`project.toml` is missing or holds a value that cannot be."""


class DataError(MlopsError):
    """A table cannot be read, or does not hold what `project.toml` says."""


class ModelError(MlopsError):
    """A model cannot be trained, stored, loaded or trusted."""
