"""A repo with registered versions, as the tests of releases have it, in which a test stands."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployment.promotion import world as promotion
from deployment.release import fleet

from {{cookiecutter.package_name}}.deployment.release.world import World


def world(root: Path, tmp_path: Path) -> Iterator[World]:
    """A copy of it, on a clock that only the test moves."""
    with pytest.MonkeyPatch.context() as patch:
        for name in promotion.OF_THE_PERSON:
            patch.delenv(name, raising=False)
        copy = fleet.copied(root, tmp_path / "repo")
        for name in ("monitor.toml", "policy.toml"):
            shutil.copyfile(root / name, copy / name)
        patch.chdir(copy)
        yield fleet.world_of(copy)
