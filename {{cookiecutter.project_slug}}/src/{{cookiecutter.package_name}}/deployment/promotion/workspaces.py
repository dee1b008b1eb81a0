"""`workspaces.toml`: which workspaces there are, from where models come into each, and in what they may differ."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from ... import workspace
from ...errors import ModelError, ProjectError
from ...model.messages import choices
from ...workspace import Workspace

FILE = "workspaces.toml"
Mark = Literal["uncommitted", "unlocked", "champion left out"]
NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
AZURE = "azure."  # what begins so is a key of azure/infra/<workspace>/


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(Part):
    """What the file says of one workspace."""

    description: str = ""
    receives: tuple[str, ...] = ()
    platform: Literal["local", "azure"] = "local"
    tracking: str = ""
    allows: tuple[Mark, ...] = ()

    def takes_from(self, giver: str, name: str) -> None:
        """Raises `ModelError` where this workspace, called `name`, does not receive from `giver`."""
        if giver not in self.receives:
            known = ", ".join(self.receives) or "no other workspace"
            raise ModelError(f"{name} receives from {known}, not from {giver}", fix=f"promote it to {known} before")


class Declared(Part):
    """The whole file."""

    may_differ: tuple[str, ...] = ()
    workspace: dict[str, Settings]

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        for problem in (self._names(), self._routes(), self._allowed(), self._apart()):
            if problem:
                raise PydanticCustomError("project", "{problem}", {"problem": problem})
        return self

    def _names(self) -> str | None:
        wrong = next((name for name in self.workspace if not NAME.fullmatch(name)), None)
        return (
            f"[workspace.{wrong}] has a name that is none: use small letters and digits, 20 at most" if wrong else None
        )

    def _routes(self) -> str | None:
        for name, it in self.workspace.items():
            for giver in it.receives:
                if giver not in self.workspace:
                    return f"workspace.{name}.receives has {giver!r}: {choices(giver, tuple(self.workspace))}"
                if name in self.before(giver):
                    return f"workspace.{name}.receives has {giver!r}, which receives from {name!r}: models go one way"
        return None

    def before(self, name: str) -> set[str]:
        """The workspace itself and all from which models can have come into it."""
        found, ahead = set[str](), {name}
        while ahead:
            found |= ahead
            ahead = {giver for it in ahead for giver in self.workspace[it].receives if giver in self.workspace} - found
        return found

    def _allowed(self) -> str | None:
        known = tuple(Settings.model_fields)
        wrong = next((key for key in self.may_differ if key not in known and not key.startswith(AZURE)), None)
        return (
            f"may_differ has {wrong!r}, which is no setting: {choices(wrong, known)}, or {AZURE}..." if wrong else None
        )

    def _apart(self) -> str | None:
        known: dict[str, str] = {}
        for name, it in self.workspace.items():
            if it.tracking and it.tracking in known:
                both = f"workspace.{known[it.tracking]} and workspace.{name} have one tracking address"
                return f"{both}: give each its own, or a promotion would copy a model onto itself"
            known[it.tracking] = name
        return None


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


def told(detail: ErrorDetails) -> tuple[str, str]:
    """One of pydantic's findings as (what is wrong with which value, what to write instead)."""
    key, last = ".".join(map(str, detail["loc"])), str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case "project":
            problem, _, fix = detail["msg"].partition(": ")
            return problem, fix
        case "missing":
            return f"{key} is missing", f"add {key}"
        case "extra_forbidden":
            known = (Settings if len(detail["loc"]) > 1 else Declared).model_fields
            return f"{key} = {detail['input']!r} is not a known key", f"remove it, or {choices(last, tuple(known))}"
        case _:
            return f"{key} is {detail['input']!r}", f"{key}: {detail['msg'].lower()}"
