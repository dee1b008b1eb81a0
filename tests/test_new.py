"""`ladder new`: all of a project or nothing, and a `project.toml` for the user's own table."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from ladder import new, template
from ladder.errors import DescribeError, PathError, RefusedError

from . import emission

ROWS = "".join(
    f"2026-01-{day:02}T{hour:02}:00:00,{day * hour % 7},{hour},{day + hour}\n"
    for day in range(1, 29)
    for hour in range(24)
)
TABLE = "at,zone,hour,count\n" + ROWS


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine" / "rides.csv"
    path.parent.mkdir()
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a user stands in."""
    (tmp_path / "place").mkdir()
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def test_the_folder_names_the_project(place: Path) -> None:
    new.create(Path("my-model"), {"maturity_level": "1"})
    assert (place / "my-model" / "src" / "my_model" / "service").is_dir()
    assert [path.name for path in place.iterdir()] == ["my-model"]


def test_an_empty_folder_will_do(place: Path) -> None:
    (place / "my-model").mkdir()
    new.create(Path("my-model"), {})
    assert (place / "my-model" / "project.toml").exists()


def test_a_folder_with_something_in_it_is_left_alone(place: Path) -> None:
    (place / "my-model").mkdir()
    (place / "my-model" / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(PathError, match="my-model is there already"):
        new.create(Path("my-model"), {})
    assert [path.name for path in place.rglob("*")] == ["my-model", "thesis.tex"]


@pytest.mark.parametrize("path", [".", "..", "a-file", "a-file/x", "no/folder"])
def test_a_path_that_cannot_be_is_refused(place: Path, path: str) -> None:
    (place / "a-file").write_text("x", encoding="utf-8")
    with pytest.raises(PathError):
        new.create(Path(path), {})
    assert [found.name for found in place.rglob("*")] == ["a-file"]


def test_a_refusal_leaves_nothing(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RefusedError):
        new.create(Path("my-model"), {"maturity_level": "5"})
    assert "0 No MLOps" in capfd.readouterr().err
    assert list(place.iterdir()) == []


def test_a_crash_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def render(answers: object, folder: Path) -> Path:  # noqa: ARG001
        (folder / "half").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(template, "render", render)
    with pytest.raises(KeyboardInterrupt):
        new.create(Path("my-model"), {})
    assert list(place.iterdir()) == []


def test_my_table_is_described(place: Path, table: Path, capfd: pytest.CaptureFixture[str]) -> None:
    new.create(Path("my-model"), {}, table, "count")
    project = tomllib.loads((place / "my-model" / "project.toml").read_text(encoding="utf-8"))
    assert project["table"]["target"] == "count"
    assert (place / "my-model" / project["table"]["path"]).resolve() == table
    assert "../mine/rides.csv" in project["table"]["path"], "the path is of this machine"
    assert "count" in capfd.readouterr().out
    assert [path.name for path in place.iterdir()] == ["my-model"]


def test_only_project_toml_is_another(place: Path, table: Path) -> None:
    new.create(Path("my-model"), {}, table, "count")
    (place / "sample").mkdir()
    new.create(Path("sample/my-model"), {})
    mine, samples = emission.files(place / "my-model"), emission.files(place / "sample" / "my-model")
    assert {name for name in mine.keys() | samples.keys() if mine.get(name) != samples.get(name)} == {"project.toml"}


def test_a_table_that_cannot_be_described_leaves_nothing(
    place: Path, table: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DescribeError, match=r"rides\.csv"):
        new.create(Path("my-model"), {}, table, "nothing")
    told = capfd.readouterr().err
    assert "'nothing'" in told
    assert "Traceback" not in told
    assert list(place.iterdir()) == []


def ladder(*words: str, cwd: Path) -> tuple[int, str]:
    ran = emission.run(sys.executable, "-m", "ladder", *words, cwd=cwd)
    return ran.returncode, ran.stdout


def test_the_command_says_what_to_do_next(place: Path) -> None:
    code, told = ladder("new", "my-model", "--level", "2", "--package", "taxi", "--ci", "none", cwd=place)
    assert (code, "cd my-model && make demo" in told) == (0, True)
    assert (place / "my-model" / "src" / "taxi" / "training").is_dir()


WRONG = {
    "an unknown option": (("new", "x", "--levle", "1"), 2, "--levle"),
    "an unknown command": (("nwe", "x"), 2, "nwe"),
    "no path": (("new",), 2, "PATH"),
    "level 5": (("new", "x", "--level", "5"), 1, "4 Full MLOps automated operations"),
    "level x": (("new", "x", "--level", "x"), 1, "0 No MLOps"),
    "a taken package name": (("new", "x", "--package", "pandas"), 1, "package_name 'pandas'"),
    "data without a target": (("new", "x", "--data", "."), 2, "--target"),
    "a target without data": (("new", "x", "--target", "y"), 2, "--data"),
    "data that is not there": (("new", "x", "--data", "no.csv", "--target", "y"), 2, "no.csv"),
}


@pytest.mark.parametrize(("words", "code", "said"), WRONG.values(), ids=WRONG)
def test_wrong_words_are_refused(place: Path, words: tuple[str, ...], code: int, said: str) -> None:
    got, told = ladder(*words, cwd=place)
    assert got == code
    assert said in told
    assert "Traceback" not in told
    assert list(place.iterdir()) == []
