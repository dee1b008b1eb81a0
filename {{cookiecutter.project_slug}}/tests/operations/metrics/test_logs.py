"""The log of predictions: a line each, inputs of a sample, and nothing of what is redacted."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.errors import ProjectError
from {{cookiecutter.package_name}}.features import extended
from {{cookiecutter.package_name}}.operations.metrics import logs, settings
from {{cookiecutter.package_name}}.operations.metrics.settings import Logs

from . import made


def reader(world: World, **rules: object) -> logs.Reader:
    schema = extended.extended(world.schema)
    return logs.Reader(world.prod, schema, Logs.model_validate(rules).checked(schema))


def test_each_prediction_is_one_line_with_its_id_and_who_answered(world: World) -> None:
    made.keep(world.prod, made.many(20))
    found = list(reader(world).lines())
    assert [it["event_id"] for it in found] == [f"e{number}" for number in range(20)]
    assert {it["deployment"] for it in found} == {"blue"}
    assert all({"time", "digest", "latency_ms", "prediction", "status", "version"} <= it.keys() for it in found)


def test_what_was_read_is_not_read_again_and_what_comes_is(world: World) -> None:
    made.keep(world.prod, made.many(5))
    it = reader(world)
    assert len(list(it.lines())) == 5
    assert list(it.lines()) == []
    made.keep(world.prod, made.many(3, first=5))
    assert [line["event_id"] for line in it.lines()] == ["e5", "e6", "e7"]


def test_the_inputs_of_a_stated_share_are_shown_and_always_of_the_same(world: World) -> None:
    made.keep(world.prod, made.many(400))
    shown = [{it["event_id"] for it in reader(world, inputs=0.3).lines() if "inputs" in it} for _ in range(2)]
    assert shown[0] == shown[1]
    assert 80 < len(shown[0]) < 160
    assert not any("inputs" in it for it in reader(world, inputs=0).lines())
    assert all("inputs" in it for it in reader(world, inputs=1).lines())


def test_what_is_redacted_or_unknown_is_never_shown(world: World) -> None:
    made.keep(world.prod, made.many(1))
    name = next(iter(world.schema.columns))
    raw = json.dumps({name: "a secret", "stranger": "another"}).encode()
    made.keep(world.prod, [made.note("told", 5, raw=raw, record=json.loads(raw))])
    target = world.schema.table.target
    found = [it for it in reader(world, inputs=1, redacted=[name, target]).lines() if it["event_id"] == "told"]
    assert found[0]["inputs"] == {name: logs.HIDDEN, "stranger": logs.HIDDEN}
    assert found[0]["prediction"] == logs.HIDDEN
    assert "secret" not in json.dumps(found)


def test_a_torn_line_is_left_out_and_older_ones_are_where_asked_for(world: World) -> None:
    made.keep(world.prod, made.many(90))
    path = next(iter(sorted(Layout(world.prod).records.glob("*/model_outputs/**/*.jsonl"))))
    with path.open("ab") as file:
        file.write(b"{torn\n[]\n")
    since = made.AT + timedelta(minutes=60)
    schema = extended.extended(world.schema)
    found = list(logs.Reader(world.prod, schema, Logs(), since).lines())
    assert [it["event_id"] for it in found] == [f"e{number}" for number in range(60, 90)]


def test_the_command_gives_json_lines(world: World) -> None:
    made.keep(world.prod, made.many(3))
    ran = CliRunner().invoke(cli.main, ["logs", "--since", "2026-03-02T09:16"])
    assert ran.exit_code == 0, ran.output
    assert [json.loads(line)["event_id"] for line in ran.output.splitlines()] == ["e1", "e2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[logs]\ninputs = 2\n", "logs.inputs is 2"),
        ("[logs]\nredactd = []\n", "did you mean 'redacted'"),
        ("[logs", "is not TOML"),
        ("[freshness]\nlate = 0\n", "freshness.late is 0"),
    ],
)
def test_settings_that_are_none_are_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / settings.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as found:
        settings.load(tmp_path)
    assert said in str(found.value)


def test_a_column_that_is_not_there_would_hide_nothing_and_is_refused(world: World) -> None:
    with pytest.raises(ProjectError, match="no column of project"):
        Logs(redacted=("nmae",)).checked(world.schema)
