"""`workspaces.toml`: which workspaces there are, from where models come into each, and in what they may differ."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ... import workspace
from ...errors import ProjectError
from ...model.messages import choices
from ...workspace import Workspace
from .declared import Declared, Settings, told

FILE = "workspaces.toml"


@dataclass(frozen=True)
class Place(Workspace):
    """A workspace as it is declared. Its own `tracking` goes before the environment's, which is the current one's."""

    tracking: str = ""

    @property
    def local(self) -> bool:
        """Whether MLflow's database lies in its folder."""
        return not (self.tracking or self.of_environment)

    @property
    def of_environment(self) -> str:
        """The address in the environment, where this is the workspace that it is meant for."""
        mine = self.name == workspace.current(self.root).name
        return os.environ.get(workspace.TRACKING, "") if mine else ""

    @property
    def database(self) -> Path:
        """MLflow's database, where it is kept here."""
        return self.folder / "mlflow.db"

    @property
    def tracking_uri(self) -> str:
        named = self.tracking or self.of_environment
        return named or f"sqlite:///{self.database.resolve().as_posix()}"

    @property
    def shown(self) -> str:
        """MLflow's address without the name and password that it may hold."""
        return re.sub(r"//[^/@]*@", "//", self.tracking_uri)


@dataclass(frozen=True)
class Workspaces:
    """All workspaces of the repo in `root`."""

    root: Path
    declared: Declared

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.declared.workspace)

    def settings(self, name: str) -> Settings:
        """Raises `ProjectError` for a workspace that the file does not have."""
        if name not in self.declared.workspace:
            raise ProjectError(f"{FILE} has no workspace {name!r}", fix=choices(name, self.names))
        return self.declared.workspace[name]

    @property
    def serving(self) -> Place:
        """The workspace whose endpoint callers use, and into which releases go."""
        return self.place(self.declared.serves)

    def place(self, name: str) -> Place:
        """Where a workspace is."""
        return Place(self.root, name, expanded(self.settings(name).tracking, name))


def expanded(address: str, name: str) -> str:
    """`address` with each `${NAME}` replaced by that environment variable."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise ProjectError(
                f"workspace.{name}.tracking names ${{{match[1]}}}, which is not set", fix=f"set {match[1]}"
            )
        return found

    return re.sub(r"\$\{(\w+)\}", value, address)


def load(root: Path) -> Workspaces:
    """Read the file in `root`. Raises `ProjectError` naming each wrong key, its value and the fix."""
    path = root / FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(f"{path} does not exist", fix="run from the repo's root, or restore the file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not TOML: {error}", fix="correct that line") from None
    try:
        return Workspaces(root.resolve(), Declared.model_validate(raw))
    except ValidationError as error:
        lines = [told(detail) for detail in error.errors()]
        problem = "\n".join(f"{FILE}: {what}" for what, _ in lines)
        raise ProjectError(problem, fix="; ".join(fix for _, fix in lines)) from None
