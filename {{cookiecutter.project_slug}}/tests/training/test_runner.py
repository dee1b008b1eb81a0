"""The runner: commands in their order, each in its folder, skipped while nothing has changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.training import pipeline, reuse, runner

COMPONENT = """
name: NAME
type: command
inputs:
  text: { type: KIND }
outputs:
  out: { type: uri_file }
command: |
  python -c "import sys, pathlib; pathlib.Path(sys.argv[2]).write_text(sys.argv[1] + '.')"
  "<inputs.text>" <outputs.out>
"""
PIPELINE = """
type: pipeline
inputs:
  text: hello
outputs:
  out: { type: uri_file }
jobs:
  first:
    component: first.yml
    inputs: { text: "<parent.inputs.text>" }
  second:
    component: second.yml
    inputs: { text: "<parent.jobs.first.outputs.out>" }
    outputs: { out: "<parent.outputs.out>" }
"""


def marked(text: str) -> str:
    """With the marks of an expression, which this file itself may not hold."""
    return text.replace("<", "$" + 2 * "{").replace(">", 2 * "}")


def bare(tmp_path: Path, said: list[str], fresh: bool = False) -> Callable[[dict[str, str]], dict[str, Path]]:
    """A pipeline of two steps that are commands of others, run in processes of their own."""
    for name, kind in (("first", "string"), ("second", "uri_file")):
        text = marked(COMPONENT.replace("NAME", name).replace("KIND", kind))
        (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
    (tmp_path / "pipeline.yml").write_text(marked(PIPELINE), encoding="utf-8")

    def go(inputs: dict[str, str]) -> dict[str, Path]:
        it = runner.Runner("r", tmp_path / "runs", reuse.Reuse(tmp_path / "reuse"), "code", "env", {}, said.append)
        it.fresh = fresh
        return it.execute(pipeline.load(tmp_path / "pipeline.yml"), inputs)

    return go


def test_any_command_runs_and_is_skipped_when_nothing_changed(tmp_path: Path) -> None:
    said: list[str] = []
    go = bare(tmp_path, said)
    first = go({"text": "one"})["out"].read_text(encoding="utf-8")
    assert first.endswith("first/out.")
    go({"text": "one"})
    assert sum("skipped" in line for line in said) == 2
    go({"text": "two"})
    assert sum("skipped" in line for line in said) == 2


def test_a_command_that_fails_shows_its_last_lines(tmp_path: Path) -> None:
    go = bare(tmp_path, [])
    path = tmp_path / "first.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("import sys", "import syss"), encoding="utf-8")
    with pytest.raises(pipeline.PipelineError, match="No module named 'syss'"):
        go({})
    assert not (tmp_path / "runs" / "second").exists()


def test_an_output_that_was_altered_makes_its_step_run_again(tmp_path: Path) -> None:
    said: list[str] = []
    go = bare(tmp_path, said)
    go({})
    (tmp_path / "runs" / "first" / "out").write_text("altered", encoding="utf-8")
    go({})
    assert any("first: runs again, since out of run r was changed since" in line for line in said)
    shutil.rmtree(tmp_path / "runs" / "second")
    go({})
    assert any("is gone" in line for line in said)


# --- what it is given and what it leaves


def spoilt(tmp_path: Path, name: str, before: str, after: str) -> None:
    path = tmp_path / name
    assert before in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def test_an_unknown_input_is_refused_before_anything_runs(tmp_path: Path) -> None:
    go = bare(tmp_path, [])
    with pytest.raises(pipeline.PipelineError, match="'txet' is no input; there are text"):
        go({"txet": "one"})
    assert not (tmp_path / "runs").exists()


def test_an_input_without_a_value_is_named(tmp_path: Path) -> None:
    go = bare(tmp_path, [])
    spoilt(tmp_path, "pipeline.yml", "  text: hello", "  text: { type: string }")
    with pytest.raises(pipeline.PipelineError, match="text has no value"):
        go({})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    go = bare(tmp_path, [])
    spoilt(tmp_path, "pipeline.yml", "  text: hello", "  text: { type: uri_file, path: nowhere.txt }")
    spoilt(tmp_path, "first.yml", "string", "uri_file")
    with pytest.raises(pipeline.PipelineError, match=r"nowhere\.txt does not exist"):
        go({})


def test_another_file_of_the_same_name_is_another_input(tmp_path: Path) -> None:
    said: list[str] = []
    go = bare(tmp_path, said)
    (tmp_path / "given.txt").write_text("1", encoding="utf-8")
    spoilt(tmp_path, "pipeline.yml", "  text: hello", "  text: { type: uri_file, path: given.txt }")
    spoilt(tmp_path, "first.yml", "string", "uri_file")
    go({})
    go({})
    assert sum("skipped" in line for line in said) == 2
    (tmp_path / "given.txt").write_text("2", encoding="utf-8")
    go({})
    assert sum("skipped" in line for line in said) == 3, (
        "the second step's input is the same path, and so the same text"
    )


def test_a_step_that_is_not_deterministic_always_runs(tmp_path: Path) -> None:
    said: list[str] = []
    go = bare(tmp_path, said)
    spoilt(tmp_path, "first.yml", "type: command", "type: command\nis_deterministic: false")
    go({})
    go({})
    assert sum("skipped" in line for line in said) == 1


def test_fresh_skips_none(tmp_path: Path) -> None:
    said: list[str] = []
    bare(tmp_path, said)({})
    bare(tmp_path, said, fresh=True)({})
    assert not any("skipped" in line for line in said)


def test_progress_counts_and_tells_the_last_line_of_each_step(tmp_path: Path) -> None:
    said: list[str] = []
    go = bare(tmp_path, said)
    spoilt(
        tmp_path, "first.yml", "import sys, pathlib;", "import sys, pathlib; print('begun'); print('so far so good');"
    )
    go({})
    assert said[0] == "[1/2] first ..."
    assert said[1].endswith(" s, so far so good")
    assert said[3].endswith(" s")
    assert "begun" in (tmp_path / "runs" / "first" / runner.LOG).read_text(encoding="utf-8")


def test_a_step_s_facts_lie_beside_its_outputs(tmp_path: Path) -> None:
    bare(tmp_path, [])({"text": "one"})
    facts = json.loads((tmp_path / "runs" / "first" / runner.FACTS).read_text(encoding="utf-8"))
    assert facts["outputs"] == {"out": reuse.of_path(tmp_path / "runs" / "first" / "out")}
    assert "'one'" in facts["command"] or '"one"' in facts["command"]


def test_what_a_step_says_is_told_also_when_it_is_skipped_and_when_it_fails(tmp_path: Path) -> None:
    noting = "import os, sys, pathlib; pathlib.Path(os.environ['MLOPS_NOTES']).write_text(os.environ['SAID']);"
    notes = {**runner.EMPTY, "metrics": {"seen": 1}}
    heard: list[dict[str, Any]] = []
    bare(tmp_path, [])
    spoilt(tmp_path, "first.yml", "import sys, pathlib;", noting)

    def go(fresh: bool) -> None:
        variables = {"SAID": json.dumps(notes)}
        it = runner.Runner(
            "r", tmp_path / "runs", reuse.Reuse(tmp_path / "reuse"), "c", "e", variables, say=heard.append
        )
        it.fresh = fresh
        it.execute(pipeline.load(tmp_path / "pipeline.yml"), {})

    go(fresh=False)
    go(fresh=False)
    assert heard == [notes, runner.EMPTY] * 2
    spoilt(tmp_path, "first.yml", "pathlib.Path(sys.argv[2])", "sys.exit(3); pathlib.Path(sys.argv[2])")
    with pytest.raises(pipeline.PipelineError, match="ended with code 3"):
        go(fresh=True)
    assert heard[4:] == [notes]
