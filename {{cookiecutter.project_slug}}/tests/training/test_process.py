"""A step's command runs in this process or in one of its own; both leave a log, and neither leaves anything else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import pytest

from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.training import process, steps
from {{cookiecutter.package_name}}.training.pipeline import PipelineError

OURS = "python azure/mlops.py step "


@click.command("look")
@click.option("--fail", is_flag=True)
def look_command(*, fail: bool) -> None:
    """Say where this runs."""
    click.echo(f"in {Path.cwd().name} with {os.environ['GIVEN']}")
    if fail:
        raise ModelError("it broke", fix="mend it")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(steps.step_group.commands, "look", look_command)
    (tmp_path / "code").mkdir()
    return tmp_path


def run(folder: Path, command: str, *, isolated: bool = False) -> str:
    process.run(command, folder / "code", {"GIVEN": "a b"}, folder / "log.txt", folder / "notes.json", isolated)
    return log(folder)


def log(folder: Path) -> str:
    return (folder / "log.txt").read_text(encoding="utf-8")


def test_our_steps_run_inside_in_the_component_s_folder_with_its_variables(folder: Path) -> None:
    assert run(folder, f"{OURS} look") == "in code with a b\n"


def test_nothing_of_it_stays(folder: Path) -> None:
    before, where = dict(os.environ), Path.cwd()
    run(folder, f"{OURS} look")
    assert (dict(os.environ), Path.cwd()) == (before, where)


def test_nothing_of_it_stays_where_it_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEN", "before")
    with pytest.raises(ModelError, match="it broke"):
        run(folder, f"{OURS} look --fail")
    assert os.environ["GIVEN"] == "before"
    assert log(folder) == "in code with a b\nerror: it broke\n  fix: mend it\n"


@pytest.mark.parametrize("words", ["look --unknown", "nothing"])
def test_a_command_that_is_none_is_the_component_s_fault(folder: Path, words: str) -> None:
    with pytest.raises(PipelineError, match="the step's command is wrong"):
        run(folder, OURS + words)
    assert log(folder).startswith("error: No such")


def test_commands_of_others_run_apart_with_this_python(folder: Path) -> None:
    words = "python -c \"import os, sys; print(sys.executable, os.environ['GIVEN'], os.getcwd())\""
    said = run(folder, words)
    assert said.split()[0] == sys.executable
    assert said.strip().endswith(f"a b {(folder / 'code').resolve()}")


def test_the_last_lines_tell_why_one_of_them_failed(folder: Path) -> None:
    lines = "import sys; [print(n) for n in range(40)]; sys.exit('the end')"
    with pytest.raises(PipelineError) as caught:
        run(folder, f'python -c "{lines}"')
    assert "ended with code 1" in caught.value.problem
    assert "the end" in caught.value.problem
    assert "39" in caught.value.problem
    assert "\n  10\n" not in caught.value.problem
    assert str(folder / "log.txt") in caught.value.fix


def test_a_program_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(PipelineError, match="no-such-program is not installed here"):
        run(folder, "no-such-program --go")
