"""The commands of releases, from a person's side, while no endpoint runs."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.release.world import World

pytestmark = pytest.mark.usefixtures("world")


def mlops(*words: str, code: int = 0) -> str:
    ran = CliRunner().invoke(cli.main, list(words))
    assert ran.exit_code == code, ran.output
    return ran.output


def test_before_anything_was_released() -> None:
    for words in (("rollout", "status"), ("rollout", "list"), ("rollout", "draw")):
        assert "nothing was released yet" in mlops(*words)
    assert "nothing to release" in mlops("rollout", "run", "--once")
    assert "no version stood before" in mlops("rollback", code=1)
    for word in ("approve", "abort"):
        assert "no release is open" in mlops("rollout", word, code=1)


def test_a_release_from_its_begin_to_its_end() -> None:
    assert "`mlops endpoint up --detach`" in mlops("rollout", "start", "1", "--cause", "a test", code=1)
    assert "at deploy" in mlops("rollout", "status")
    said = mlops("rollout", "status")
    for step in ("test: next", "share: next", "promote: next"):
        assert step in said
    assert "one release goes at a time" in mlops("rollout", "start", "2", code=1)
    assert "nobody asks for approval" in mlops("rollout", "approve", code=1)
    assert "no stage was decided yet" in mlops("rollout", "draw", code=1)
    assert "does not run" in mlops("rollout", "run", "--once", code=1)
    assert "rolled back (aborted by Zoe: enough)" in mlops("rollout", "abort", "--by", "Zoe", "--reason", "enough")
    assert "rolled back" in mlops("rollout", "list")


def test_a_release_that_is_refused_is_exit_code_1(world: World) -> None:
    for path in world.dev.artifacts.rglob("handoff/model.skops"):
        path.write_bytes(path.read_bytes() + b" ")
    assert "is not the file that was handed off" in mlops("rollout", "start", "1", code=1)
    assert "refused" in mlops("rollout", "list")


def test_releases_are_held_and_let_go_on_by_name() -> None:
    assert "such as '2h'" in mlops("rollout", "hold", "--reason", "lunch", "--for", "an hour", code=2)
    assert "until" in mlops("rollout", "hold", "--by", "Zoe", "--reason", "the holidays", "--for", "3d")
    assert "the holidays" in mlops("rollout", "status")
    assert "the holidays" in mlops("rollout", "start", "1", code=1)
    assert "let go on by Ann" in mlops("rollout", "resume", "--by", "Ann")
    assert "does not run" in mlops("rollout", "start", "1", code=1)
