"""What stands above the layers: the command line, errors, the clock, the layers' table, the story and its report."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli, clock, errors, layers, report, story

ABSENT = 2  # click's exit code for what it does not know


# --- the command line


def test_every_layer_brings_its_commands() -> None:
    mounted = set(cli.main.commands)
    for module in layers.modules("commands"):
        assert {command.name for command in module.COMMANDS} <= mounted


@pytest.mark.parametrize("path", sorted(cli.main.commands))
def test_every_command_explains_itself(path: str) -> None:
    ran = CliRunner().invoke(cli.main, [path, "-h"])
    assert ran.exit_code == 0
    assert cli.main.commands[path].help, f"mlops {path} has no docstring"


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(cli.main, ["sreve"]).exit_code == ABSENT


def test_an_error_is_two_lines_and_exit_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(cli.main, ["train"])
    assert ran.exit_code == 1
    assert ran.stderr.startswith("error: project.toml does not exist\n  fix: ")
    assert "Traceback" not in ran.output


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    @click.command("broken")
    def broken() -> None:
        raise RuntimeError("a fault")

    group = cli.Ladder()
    group.mount(broken)
    assert isinstance(CliRunner().invoke(group, ["broken"]).exception, RuntimeError)


def test_a_higher_layer_adds_to_a_group_of_a_lower_one() -> None:
    group = cli.Ladder()
    for member in ("lower", "higher"):
        group.mount(click.Group("data", commands=[click.Command(member)]))
    data = group.commands["data"]
    assert isinstance(data, click.Group)
    assert set(data.commands) == {"lower", "higher"}


def test_help_imports_nothing_heavy() -> None:
    heavy = {"fastapi", "great_expectations", "matplotlib", "numpy", "pandas", "pydantic", "sklearn", "skops"}
    script = f"import sys, {cli.__name__}; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout.strip() == "[]"


def test_the_module_runs_as_the_command_does() -> None:
    ran = subprocess.run([sys.executable, "-m", layers.PACKAGE, "--help"], capture_output=True, text=True, check=True)  # noqa: S603
    assert "Everything this repo can do" in ran.stdout


# --- errors and the clock


def test_an_error_says_what_and_how_to_mend_it() -> None:
    error = errors.DataError("trips.csv is empty", fix="export it again")
    assert str(error) == "trips.csv is empty\n  fix: export it again"
    assert (error.problem, error.fix) == ("trips.csv is empty", "export it again")
    assert isinstance(error, errors.MlopsError)


def test_a_simulated_clock_moves_when_told() -> None:
    simulated = clock.SimulatedClock(datetime(2026, 1, 31, tzinfo=UTC))
    simulated.advance(timedelta(weeks=8))
    assert simulated.now() == datetime(2026, 3, 28, tzinfo=UTC)
    with pytest.raises(ValueError, match="cannot go back"):
        simulated.advance(timedelta(seconds=-1))


def test_the_systems_clock_knows_its_zone() -> None:
    assert clock.SystemClock().now().utcoffset() == timedelta(0)


# --- layers


def test_the_table_knows_every_layer_that_is_here(root: Path) -> None:
    assert set(layers.present()) <= set(layers.levels(root))


def reached(path: Path, package: Path) -> set[str]:
    """What a module imports of the package's own root: layers, and the modules that stand above them."""
    depth, found = len(path.relative_to(package).parts), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            found |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
    return found


def upward(package: Path, levels: dict[str, int]) -> list[str]:
    """Imports from a layer to one of a higher level."""
    return [
        f"{path.relative_to(package).as_posix()} imports {name}"
        for layer, level in levels.items()
        for path in sorted((package / layer).rglob("*.py"))
        for name in sorted(reached(path, package))
        if levels.get(name, 0) > level
    ]


def test_no_layer_imports_from_a_higher_level(root: Path) -> None:
    assert upward(root / "src" / layers.PACKAGE, layers.levels(root)) == []


@pytest.mark.parametrize("line", ["from ..service import app", "from .. import service", "from ..service.app import x"])
def test_an_import_from_a_higher_level_is_seen(tmp_path: Path, line: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "train.py").write_text(f"from .. import errors\n{line}\n", encoding="utf-8")
    assert upward(tmp_path, {"model": 0, "service": 1}) == ["model/train.py imports service"]


# --- the story and its report


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> story.Stage:
    """A repo in which a story of two chapters is told."""
    (tmp_path / ".ladder.json").write_text('{"level": 1}', encoding="utf-8")
    (tmp_path / "levels.toml").write_bytes((root / "levels.toml").read_bytes())
    (tmp_path / "plot.png").write_bytes(b"a picture")
    picture = story.Told("Seen & drawn.", {"rows": 12345, "mae": 3.14159, "sure": True}, (tmp_path / "plot.png",))
    chapters = [story.Chapter("The data", lambda _: picture), story.Chapter("<The end>", lambda _: story.Told("", {}))]
    module = SimpleNamespace(__name__=f"{layers.PACKAGE}.model.story", CHAPTERS=chapters)
    monkeypatch.setattr(layers, "modules", lambda _: [module])
    return story.Stage(tmp_path, rows=100)


def test_a_story_leaves_figures_and_a_page(stage: story.Stage, capsys: pytest.CaptureFixture[str]) -> None:
    pages = story.tell(stage)
    assert [page.title for page in pages] == ["The data", "<The end>"]
    summary = json.loads((stage.root / "reports" / "summary.json").read_text(encoding="utf-8"))
    assert summary["level"] == 1
    assert summary["chapters"][0]["figures"] == {"rows": 12345, "mae": 3.14159, "sure": True}
    assert "model" not in summary["layers_not_built"]
    assert set(summary["layers_not_built"]) == set(layers.present()) - {"model"}
    page = (stage.root / "reports" / "index.html").read_text(encoding="utf-8")
    assert "12,345" in page
    assert "3.142" in page
    assert "Seen &amp; drawn." in page
    assert "&lt;The end&gt;" in page
    assert (stage.root / "reports" / "01-plot.png").read_bytes() == b"a picture"
    assert "[1/2] level 0 · model · The data" in capsys.readouterr().out


def test_one_levels_chapters_can_be_told_alone(stage: story.Stage) -> None:
    assert len(story.tell(stage, 0)) == 2
    with pytest.raises(errors.MlopsError, match="no chapter is of level 4"):
        story.tell(stage, 4)


def test_a_chapter_that_fails_stops_the_story_and_leaves_no_old_figures(stage: story.Stage) -> None:
    def fails(_: story.Stage) -> story.Told:
        raise errors.DataError("nothing came", fix="look at the source")

    story.tell(stage)
    layers.modules("story")[0].CHAPTERS.append(story.Chapter("It breaks", fails))
    with pytest.raises(errors.DataError, match="nothing came"):
        story.tell(stage)
    assert not (stage.root / "reports" / "summary.json").exists()
    assert not (stage.root / "reports" / "index.html").exists()


def test_every_chapter_of_this_repo_has_its_level(root: Path) -> None:
    known = layers.levels(root)
    told = story.chapters(root)
    assert [level for level, _, _ in told] == sorted(level for level, _, _ in told)
    assert all(known[layer] == level for level, layer, _ in told)


def test_a_page_says_which_layers_are_not_built(tmp_path: Path) -> None:
    page = report.write(tmp_path, 4, [], ["training", "events"]).read_text(encoding="utf-8")
    assert "not built yet: training, events" in page


# --- the record of how this repo came to be


def test_the_repo_knows_its_level(root: Path) -> None:
    record = json.loads((root / ".ladder.json").read_text(encoding="utf-8"))
    table = tomllib.loads((root / "levels.toml").read_text(encoding="utf-8"))
    assert record["level"] in [row["number"] for row in table["level"]]
