"""TOML that both sides changed: joined where the data says that both fit, and left to somebody where it does not."""

from __future__ import annotations

import tomllib

import pytest

from ladder.moving import join

from .conftest import Begun

BASE = """[project]
name = "x"
version = "0.1.0"
description = "Level 1"

[dependency-groups]
dev = [
    "pytest",
]
"""
UP = BASE.replace("Level 1", "Level 2").replace('    "pytest",\n', '    "pytest",\n    "mlflow",\n')
END = "\n[tool.y]\na = 1\n\n[tool.y.z]\nb = 1\n"

FIT: dict[str, tuple[str, str, str]] = {  # base, here, the level's
    "neighbouring lines": (BASE, BASE.replace('"0.1.0"', '"0.2.0"'), UP),
    "an entry at the end of one list": (BASE, BASE.replace('    "pytest",\n', '    "pytest",\n    "ours",\n'), UP),
    "an entry before, one after": (BASE, BASE.replace('    "pytest",\n', '    "ours",\n    "pytest",\n'), UP),
    "the same entry": (BASE, UP, UP),
    "a table at the end each": (BASE, BASE + "\n[tool.ours]\nx = 1\n", UP + "\n[tool.theirs]\nx = 2\n"),
    "keys of the last table, and a new table": (BASE + END, BASE + END + "[tool.ours]\nx = 1\n", UP + END + "c = 2\n"),
    "an entry taken out beside one that is added": (
        BASE.replace('    "pytest",\n', '    "pytest",\n    "old",\n'),
        BASE,
        UP.replace('    "mlflow",\n', '    "old",\n    "mlflow",\n'),
    ),
    "comments of both sides": (BASE, BASE.replace("[dep", "# ours\n[dep"), UP.replace("[dep", "# theirs\n[dep")),
}


@pytest.mark.parametrize(("base", "here", "level"), FIT.values(), ids=FIT)
def test_what_fits_is_joined(base: str, here: str, level: str) -> None:
    text = join.fitted(base.encode(), here.encode(), level.encode())
    assert text is not None
    for side in (here, level):
        for line in side.splitlines():
            assert line in text or line in base, line
    wanted = join.merged(*(tomllib.loads(one) for one in (base, here, level)))
    assert join.alike(tomllib.loads(text), wanted)


CLASH: dict[str, tuple[str, str, str]] = {
    "one value, two wishes": (BASE, BASE.replace("Level 1", "Ours"), UP),
    "a value taken out that the level changes": (BASE, BASE.replace('description = "Level 1"\n', ""), UP),
    "one key added with two values": (BASE, BASE + "\n[tool.y]\nx = 1\n", BASE + "\n[tool.y]\nx = 2\n"),
    "a list made a table": (BASE, BASE.replace('dev = [\n    "pytest",\n]', "dev = { x = 1 }"), UP),
    "text that is no TOML": (BASE, BASE + "oh = = no\n", UP),
    "a line that both edit": ("x = [1, 2]\n", "x = [1, 2, 3]\n", "x = [0, 1, 2]\n"),
}


@pytest.mark.parametrize(("base", "here", "level"), CLASH.values(), ids=CLASH)
def test_what_clashes_is_left_to_somebody(base: str, here: str, level: str) -> None:
    assert join.fitted(base.encode(), here.encode(), level.encode()) is None


def test_bytes_that_are_no_text_are_left_to_somebody() -> None:
    assert join.fitted(BASE.encode(), BASE.encode() + b"# \xff\n", UP.encode()) is None


def test_lists_lose_what_either_side_removed() -> None:
    assert join.merged(["a", "b", "c"], ["a", "c", "x"], ["a", "b", "y"]) == ["a", "x", "y"]


def test_a_climb_joins_what_fits_and_says_so(begun: Begun) -> None:
    team = begun(0)
    team.edit("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    team.edit("pyproject.toml", "dev = [\n", 'dev = [\n    "ours",\n')
    team.commit()
    outcome = team.move(3)
    assert outcome.code == 0
    assert "joined        pyproject.toml" in outcome.told
    project = tomllib.loads(team.read("pyproject.toml"))
    assert (project["project"]["version"], project["project"]["description"]) == ("0.2.0", "Level 3")
    assert set(project["dependency-groups"]["dev"]) == {"ours", "pytest", "mlflow"}


def test_a_joined_file_stays_joined_where_another_conflicts(begun: Begun) -> None:
    team = begun(0)
    team.edit("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    team.edit("configs/train.yaml", "seed: 1\n", "seed: 7\n")
    team.commit()
    assert (team.move(1).code, team.conflicts()) == (1, ["configs/train.yaml"])
    assert 'version = "0.2.0"\ndescription = "Level 1"' in team.read("pyproject.toml")
