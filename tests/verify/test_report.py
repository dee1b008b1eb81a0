"""What is printed and written: the table, JSON, the page, the badge; and how it ends."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ladder import cli
from ladder.verify import contract

from ..conftest import Rendered
from . import sabotages


def verify(*words: object) -> Result:
    return CliRunner().invoke(cli.main, ["verify", *map(str, words)])


def test_json_has_the_level_and_an_entry_for_each_statement(rendered: Rendered) -> None:
    ran = verify(rendered(2), "--static", "--json")
    found = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert found["level"] == 2
    assert [it["id"] for it in found["statements"]] == [it.id for it in contract.load().statements]
    assert set(found["scopes"]) == {"local", "azure-offline", "azure-live"}
    gate = next(it for it in found["statements"] if it["id"] == "L2.T1")
    assert gate["verdict"] == "PROVEN"
    assert gate["evidence"][0]["command"] == "read: training_is_automated"
    assert gate["evidence"][0]["seconds"] >= 0
    assert "azure/pipelines/training.yml" in gate["evidence"][0]["artefacts"]
    assert gate["scopes"]["azure-offline"]["verdict"] == "PROVEN"
    assert gate["scopes"]["azure-live"]["verdict"] == "NOT-RUN"


def test_the_scopes_are_apart(rendered: Rendered, tmp_path: Path) -> None:
    repo = shutil.copytree(rendered(2), tmp_path / "repo")
    (repo / "azure" / "components" / "gate.yml").unlink()
    found = json.loads(verify(repo, "--static", "--json").stdout)
    assert found["scopes"]["azure-offline"]["FAILED"] == 1
    assert found["level"] == 2


@pytest.mark.parametrize(("level", "asked", "code"), [(1, 1, 0), (1, 0, 0), (1, 2, 1), (3, 2, 0)])
def test_a_level_that_is_asked_for_decides_the_exit_code(level: int, asked: int, code: int, rendered: Rendered) -> None:
    ran = verify(rendered(level), "--static", "--level", asked)
    assert ran.exit_code == code, ran.output
    assert f"level {min(level, asked)} reached" in ran.stdout
    assert f"Level {asked + 1}\n" not in ran.stdout


def test_the_table_ends_with_what_is_missing(rendered: Rendered) -> None:
    out = verify(rendered(1), "--static").stdout
    assert "level 1 reached" in out
    after = out[out.index("missing for level 2:") :]
    assert "adds: environments src/trip_duration/training" in after
    assert after.rstrip().endswith("ladder upgrade --to 2 adds what is not there")
    assert "L3." not in after


def test_what_is_there_and_broken_is_looked_at_and_not_added(rendered: Rendered, tmp_path: Path) -> None:
    repo = shutil.copytree(rendered(2), tmp_path / "repo")
    sabotages.SABOTAGES["L2.T1"](repo)
    out = verify(repo, "--static").stdout
    assert "level 1 reached" in out
    assert ".ladder.json says that level 2 was emitted here" in out
    assert "|| true" in out
    assert "look: azure/pipelines" in out
    assert "adds:" not in out


@pytest.mark.parametrize(("words", "wrong"), [(["--level", 7], "level 7 is none of 0 to 4"), ([], "is not a folder")])
def test_what_cannot_be_is_refused(words: list[object], wrong: str, tmp_path: Path) -> None:
    ran = verify(tmp_path if words else tmp_path / "nothing", "--static", *words)
    assert ran.exit_code == 1
    assert wrong in ran.stderr
    assert "fix:" in ran.stderr


class Page(HTMLParser):
    """What a page links to, fetches and holds."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.targets += [str(found[name]) for name in ("href", "src") if found.get(name)]
        self.ids |= {str(found["id"])} if found.get("id") else set()
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """It opens nothing."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_by_itself(rendered: Rendered, tmp_path: Path) -> None:
    verify(rendered(2), "--static", "--html", tmp_path / "page.html", "--badge", tmp_path / "badge.svg")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert not re.search(r"https?://|url\(|@import", text)
    assert {it.removeprefix("#") for it in page.targets} <= page.ids
    assert {it.id for it in contract.load().statements} <= page.ids
    assert "What to do next, for level 3" in text
    assert text.count("class='cell ") > 2 * 105


def test_at_the_top_nothing_is_left_to_do(rendered: Rendered, tmp_path: Path) -> None:
    verify(rendered(4), "--static", "--html", tmp_path / "page.html")
    assert "Nothing is missing" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_files_go_into_folders_that_are_not_there_yet_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    page = tmp_path / "new" / "folder" / "page.html"
    words = ["verify", str(tmp_path / "repo"), "--static"]
    assert CliRunner().invoke(cli.main, [*words, "--html", str(page)]).exit_code == 0
    assert page.is_file()
    (tmp_path / "file").touch()
    ran = CliRunner().invoke(cli.main, [*words, "--badge", str(tmp_path / "file" / "badge.svg")])
    assert ran.exit_code == 1
    assert "badge.svg cannot be written" in str(ran.exception or "") + ran.output


def test_the_badge_says_the_level(rendered: Rendered, tmp_path: Path) -> None:
    verify(rendered(3), "--static", "--badge", tmp_path / "badge.svg")
    text = (tmp_path / "badge.svg").read_text(encoding="utf-8")
    picture = Page()
    picture.feed(text)
    assert picture.open == []
    assert 'aria-label="MLOps maturity: level 3, verified' in text
    assert re.findall(r"<text[^>]*>([^<]+)</text>", text) == ["MLOps maturity", "level 3"]
