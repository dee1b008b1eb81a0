"""`mlops pipeline check`: each mistake is found before anything runs, and named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.training import pipeline, runner

STEPS = ("ingest", "validate", "features", "split", "train", "evaluate", "gate", "register")


@pytest.fixture
def azure(root: Path, tmp_path: Path) -> Path:
    """A copy of the YAML to spoil."""
    return shutil.copytree(root / "azure", tmp_path / "repo" / "azure")


def test_the_pipeline_has_its_steps_in_order(root: Path) -> None:
    found = pipeline.load(root / "azure" / "pipelines" / "training.yml")
    assert sorted(found.order) == sorted(STEPS)
    assert found.order.index("gate") < found.order.index("register")
    assert found.steps["evaluate"].needs == {"train", "split"}
    assert found.steps["gate"].needs == {"evaluate"}


def test_only_what_reaches_outside_always_runs(root: Path) -> None:
    found = pipeline.load(root / "azure" / "pipelines" / "training.yml")
    assert {name for name, step in found.steps.items() if not step.component.deterministic} == {"ingest", "register"}


# file, what stands there, what a slip makes of it, what must be said
MISTAKES = {
    "a step that is not there": (
        "pipelines/training.yml",
        "jobs.split.outputs.train}}",
        "jobs.splt.outputs.train}}",
        "no step 'splt'",
    ),
    "an output that is not there": (
        "pipelines/training.yml",
        "jobs.split.outputs.test",
        "jobs.split.outputs.tests",
        "no output 'tests'",
    ),
    "a pipeline input that is not there": (
        "pipelines/training.yml",
        "parent.inputs.champion",
        "parent.inputs.champ",
        "no input 'champ'",
    ),
    "an input that nobody declares": (
        "pipelines/training.yml",
        "      table: ",
        "      tabel: ",
        "split has no such input",
    ),
    "an input that is not given": (
        "pipelines/training.yml",
        "      policy: $",
        "      # policy: $",
        "is needed by gate",
    ),
    "a binding of another shape": (
        "pipelines/training.yml",
        "parent.jobs.train.outputs.model",
        "jobs.train.model",
        "neither parent.inputs",
    ),
    "an output of the pipeline that is not there": (
        "pipelines/training.yml",
        "parent.outputs.version}}",
        "parent.outputs.v}}",
        "no output of the pipeline",
    ),
    "an output that a step has not": (
        "pipelines/training.yml",
        "      version: $",
        "      versoin: $",
        "register has no such output",
    ),
    "a key of a step that nothing reads": (
        "pipelines/training.yml",
        "    component: ../components/train.yml\n",
        "    component: ../components/train.yml\n    retries: 3\n",
        "'retries' is no key",
    ),
    "a circle": (
        "pipelines/training.yml",
        "jobs.ingest.outputs.snapshot}}\n      report",
        "jobs.evaluate.outputs.evaluation}}\n      report",
        "in a circle",
    ),
    "a key that nothing reads": (
        "pipelines/training.yml",
        "type: pipeline\n",
        "type: pipeline\ninptus: {}\n",
        "'inptus' is no key",
    ),
    "a component that is not there": (
        "pipelines/training.yml",
        "../components/gate.yml",
        "../components/gaet.yml",
        "does not exist",
    ),
    "a step of another type": (
        "pipelines/training.yml",
        "    type: command\n    component: ../components/gate.yml",
        "    type: sweep\n    component: ../components/gate.yml",
        "only steps of type command",
    ),
    "a command that refers to nothing": (
        "components/split.yml",
        "inputs.table}}",
        "inputs.tables}}",
        "refers to inputs.tables",
    ),
    "a type that is none": (
        "components/split.yml",
        "table: { type: uri_folder }",
        "table: { type: folder }",
        "type 'folder' is none of",
    ),
    "a number for a folder": (
        "components/gate.yml",
        "policy: { type: uri_file }",
        "policy: { type: number }",
        "takes number and is given uri_file",
    ),
    "code that is not there": (
        "components/train.yml",
        "code: ../..",
        "code: ../../scr",
        "code ../../scr does not exist",
    ),
    "no command": ("components/train.yml", "command: >-", "comand: >-", "command is missing"),
    "no YAML": ("components/train.yml", "outputs:", "outputs: [", "is not YAML"),
}


@pytest.mark.parametrize(("name", "text", "slip", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named(azure: Path, name: str, text: str, slip: str, said: str) -> None:
    path = azure / name
    before = path.read_text(encoding="utf-8")
    assert text in before
    path.write_text(before.replace(text, slip, 1), encoding="utf-8")
    with pytest.raises(pipeline.PipelineError, match="fix:") as caught:
        pipeline.load(azure / "pipelines" / "training.yml")
    assert said in caught.value.problem


SMALL = """
type: pipeline
inputs:
  rate: { type: number, default: 0.1, min: 0, max: 1 }
jobs:
  one:
    component: component.yml
    inputs:
      rate: GIVEN
"""
COMPONENT = """
name: one
type: command
inputs:
  rate: { type: number, min: 0, max: 1 }
  word: { type: string, optional: true }
outputs:
  out: { type: uri_folder }
command: python -c "print(<inputs.rate>)" $[[--word <inputs.word>]]
""".replace("<", "$" + 2 * "{").replace(">", 2 * "}")


@pytest.mark.parametrize(
    ("given", "said"), [("3", "above max"), ("-1", "below min"), ("fast", "not of type number"), ("0.5", "")]
)
def test_a_value_must_fit_its_input(tmp_path: Path, given: str, said: str) -> None:
    (tmp_path / "component.yml").write_text(COMPONENT, encoding="utf-8")
    path = tmp_path / "pipeline.yml"
    path.write_text(SMALL.replace("GIVEN", given), encoding="utf-8")
    if not said:
        assert pipeline.load(path).order == ("one",)
        return
    with pytest.raises(pipeline.PipelineError) as caught:
        pipeline.load(path)
    assert said in caught.value.problem


@pytest.mark.parametrize("content", ["[]", "type: pipeline\njobs: {}\n", "type: command\njobs: {}\n"])
def test_what_is_no_pipeline_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "pipeline.yml").write_text(content, encoding="utf-8")
    with pytest.raises(pipeline.PipelineError):
        pipeline.load(tmp_path / "pipeline.yml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(pipeline.PipelineError, match=r"nowhere\.yml cannot be read"):
        pipeline.load(tmp_path / "nowhere.yml")


def test_an_input_of_the_pipeline_without_a_value_is_refused_when_it_runs(tmp_path: Path) -> None:
    (tmp_path / "component.yml").write_text(COMPONENT, encoding="utf-8")
    path = tmp_path / "pipeline.yml"
    path.write_text(SMALL.replace("default: 0.1, ", "").replace("GIVEN", "0.5"), encoding="utf-8")
    found = pipeline.load(path)
    with pytest.raises(pipeline.PipelineError, match="rate has no value"):
        runner.inputs(found, {})
    assert runner.inputs(found, {"rate": "0.5"}) == {"rate": "0.5"}


def test_a_default_out_of_its_bounds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "component.yml").write_text(COMPONENT, encoding="utf-8")
    path = tmp_path / "pipeline.yml"
    path.write_text(SMALL.replace("default: 0.1", "default: 7").replace("GIVEN", "0.5"), encoding="utf-8")
    with pytest.raises(pipeline.PipelineError, match=r"inputs\.rate: 7 is above max"):
        pipeline.load(path)


# how people write pipelines for Azure: each is read as Azure reads it
SHAPES = {
    "inputs as bare values": ("inputs:\n  rate: 0.5\n", "rate: < parent.inputs.rate >", {"rate": "0.5"}),
    "a boolean": ("inputs:\n  rate: 0.5\n  log: true\n", "rate: <parent.inputs.rate>", {"rate": "0.5", "log": "True"}),
    "values of its own": ("", "rate: 0.25", {}),
    "settings and a compute": ("settings: {default_compute: azureml:cpu}\ncompute: azureml:cpu\n", "rate: 0.25", {}),
    "tags and an experiment": ("tags: {a: b}\nexperiment_name: x\ndisplay_name: y\n", "rate: 0.25", {}),
    "the optional input too": (
        "inputs: {word: hello}\n",
        "rate: 0.25\n      word: <parent.inputs.word>",
        {"word": "hello"},
    ),
}


def marked(text: str) -> str:
    """With the marks of an expression, which this file itself may not hold."""
    return text.replace("<", "$" + 2 * "{").replace(">", 2 * "}")


@pytest.mark.parametrize(("head", "given", "values"), SHAPES.values(), ids=SHAPES)
def test_what_azure_s_examples_look_like_is_read(tmp_path: Path, head: str, given: str, values: dict[str, str]) -> None:
    (tmp_path / "component.yml").write_text(COMPONENT, encoding="utf-8")
    text = (
        f"type: pipeline\n{head}jobs:\n  one:\n    component: file:component.yml\n    inputs:\n      {marked(given)}\n"
    )
    (tmp_path / "pipeline.yml").write_text(text, encoding="utf-8")
    found = pipeline.load(tmp_path / "pipeline.yml")
    assert runner.inputs(found, {}) == values
    assert found.order == ("one",)
