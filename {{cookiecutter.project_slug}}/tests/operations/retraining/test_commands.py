"""What production asked for, as a person sees it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.operations.retraining import asked

from .test_asked import comes


@pytest.mark.usefixtures("world")
def test_a_person_asks_and_sees_that_it_is_asked_for() -> None:
    assert "has asked for nothing yet" in CliRunner().invoke(cli.main, ["retraining"]).output
    ran = CliRunner().invoke(cli.main, ["retraining", "ask", "--by", "Zoe"])
    assert ran.exit_code == 0, ran.output
    assert "asked for by Zoe -> retrain" in ran.output


def test_each_signal_is_told_with_what_was_done_and_why(world: World) -> None:
    comes(world, 1)
    comes(world, 2)
    said = CliRunner().invoke(cli.main, ["retraining", "--last", "5"]).output.splitlines()
    assert len(said) == len(asked.history(world.dev)) == 2
    assert "-> wait" in said[0]
    assert "is asked for already" in said[0]
    assert "-> retrain" in said[1]
