"""What `workspaces.toml` may say, and what is wrong with what it says."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from ...errors import ModelError
from ...model.messages import choices

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

    serves: str = "prod"
    may_differ: tuple[str, ...] = ()
    workspace: dict[str, Settings]

    @model_validator(mode="after")
    def agrees_with_itself(self) -> Self:
        for problem in (self._names(), self._routes(), self._serving(), self._allowed(), self._apart()):
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

    def _serving(self) -> str | None:
        if self.serves in self.workspace or "serves" not in self.model_fields_set:
            return None
        return f"serves has {self.serves!r}, which is no workspace: {choices(self.serves, tuple(self.workspace))}"

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
