"""The docs say what the code does: tables come from `levels.toml`, links lead somewhere, commands exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ladder import cli

from .conftest import Rendered
from .delivery import pipelines

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
SOURCE = TEMPLATE / "src" / "{{cookiecutter.package_name}}"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *TEMPLATE.rglob("*.md")])
PREFIX = "src/{{cookiecutter.package_name}}/"


def levels() -> list[dict[str, object]]:
    table = tomllib.loads((TEMPLATE / "levels.toml").read_text(encoding="utf-8"))
    rows: list[dict[str, object]] = table["level"]
    return rows


def layers(row: dict[str, object]) -> list[str]:
    """The folders that a level adds to the package."""
    paths = row["paths"]
    assert isinstance(paths, list)
    names = [str(path).removeprefix(PREFIX) for path in paths if str(path).startswith(PREFIX)]
    return [name for name in names if "." not in name]


def built(layer: str) -> bool:
    """Whether a layer has come as far as its story, which stands on everything else in it."""
    return (SOURCE / layer / "story.py").exists()


def state(row: dict[str, object]) -> str:
    """How far a level has come: of one in part, some commands are there, and no story that stands on all of it."""
    if all(built(name) for name in layers(row)):
        return "built"
    begun = any((SOURCE / name / "commands.py").exists() for name in layers(row))
    return "in part" if begun else "holds its place"


def table() -> str:
    """The README's table of levels, as the template's own table has it."""
    lines = ["| level | title | layers it adds | state |", "|---|---|---|---|"]
    for row in levels():
        title = f"[{row['title']}](docs/level-{row['number']}.md)" if state(row) == "built" else row["title"]
        names = " ".join(f"`{name}`" for name in layers(row))
        lines.append(f"| {row['number']} | {title} | {names} | {state(row)} |")
    return "\n".join(lines)


def test_the_readme_has_the_table_of_levels() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- levels:[^\n]*-->\n(.*?)\n<!-- /levels -->", text, re.DOTALL)
    assert shown is not None
    assert shown[1] == table()


def test_the_picture_names_every_level() -> None:
    picture = (ROOT / "docs" / "pictures" / "ladder.svg").read_text(encoding="utf-8")
    for row in levels():
        assert str(row["title"]) in picture
        for layer in layers(row):
            assert f"{layer}/" in picture
    assert re.findall(r">(built|in part|holds its place)<", picture) == [state(row) for row in levels()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


CALL = re.compile(r"`(make|mlops|ladder) ([a-z][a-z-]*)")
NESTED = re.compile(r"`mlops ([a-z][a-z-]*) ([a-z][a-z-]*)")


def unknown(text: str, known: dict[str, set[str]]) -> set[str]:
    """The calls between backticks that name no target or command."""
    return {f"{program} {word}" for program, word in CALL.findall(text) if word not in known[program]}


@pytest.fixture(scope="module")
def known(rendered: Rendered) -> dict[str, set[str]]:
    """What `make`, `mlops` and `ladder` can do, in the product and in an emitted project together."""
    project = rendered(4)
    made = set(pipelines.targets(ROOT)) | set(pipelines.targets(project))
    return {"make": made, "mlops": pipelines.commands(project), "ladder": set(cli.main.commands)}


@pytest.fixture(scope="module")
def groups(rendered: Rendered) -> dict[str, set[str]]:
    """The commands below each group of `mlops`."""
    return pipelines.nested(rendered(4))


def strange(text: str, groups: dict[str, set[str]]) -> set[str]:
    """The calls of a group between backticks that name no command of it."""
    return {f"{name} {word}" for name, word in NESTED.findall(text) if name in groups and word not in groups[name]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_that_a_page_names_exist(
    page: Path, known: dict[str, set[str]], groups: dict[str, set[str]]
) -> None:
    text = page.read_text(encoding="utf-8")
    assert unknown(text, known) == set()
    assert strange(text, groups) == set()


def test_a_command_that_does_not_exist_is_seen(known: dict[str, set[str]], groups: dict[str, set[str]]) -> None:
    assert unknown("run `mlops tarin` and `make demo`", known) == {"mlops tarin"}
    assert strange("run `mlops rollout strat 3`, `mlops registry list` and `mlops train x`", groups) == {
        "rollout strat"
    }
