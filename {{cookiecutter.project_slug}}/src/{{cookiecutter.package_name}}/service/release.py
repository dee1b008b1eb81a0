"""What an application's release must agree on: the tag, the version in `pyproject.toml`, the changelog, the wheel."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from ..errors import MlopsError

TAG = re.compile(r"v(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)")
HEADING = re.compile(r"^## +\[?v?([^\s\]]+)\]?", re.MULTILINE)


class ReleaseError(MlopsError):
    """A release that must not happen."""


def check(root: Path, tag: str, dist: Path | None = None) -> str:
    """The version that `tag` releases. Raises `ReleaseError` where tag, version, changelog or wheel disagree."""
    version = version_of(tag)
    declared = str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    if declared != version:
        fix = f"tag v{declared}, or write version = {version!r} in the commit that is tagged"
        raise ReleaseError(f"the tag is {tag} and pyproject.toml has version {declared!r}", fix=fix)
    notes(root, tag)
    if dist is not None:
        wheel(dist, version)
    return version


def version_of(tag: str) -> str:
    """`v1.2.3` -> `1.2.3`; a pre-release ends in a, b or rc and a number."""
    found = TAG.fullmatch(tag)
    if found is None:
        raise ReleaseError(f"{tag!r} is no tag of a release", fix="write it as v1.2.3 or v1.2.3rc1: TAG=v1.2.3")
    return found[1]


def notes(root: Path, tag: str) -> str:
    """What the changelog says of the tag's version. Raises `ReleaseError` where that is nothing."""
    version, path = version_of(tag), root / "CHANGELOG.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    _, *parts = HEADING.split(text)
    for heading, rest in zip(parts[::2], parts[1::2], strict=True):
        body = rest.partition("\n")[2].strip()
        if heading == version and body:
            return body + "\n"
    wrong = f"{path.name} has no section '## {version}' with something in it"
    raise ReleaseError(wrong, fix="say there what changes for the users, in the commit that is tagged")


def wheel(dist: Path, version: str) -> Path:
    """The one wheel in `dist`, which must be of `version`."""
    found = sorted(dist.glob("*.whl"))
    if len(found) != 1 or found[0].name.split("-")[1] != version:
        names = ", ".join(path.name for path in found) or "no wheel"
        raise ReleaseError(f"{dist} holds {names}, and the release is {version}", fix="build it again: make build")
    return found[0]
