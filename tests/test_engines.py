"""cookiecutter, cruft and `ladder new` emit the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from . import emission
from .emission import LEVELS, done

NAME = "same-bytes"


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generator as a git repo: what `cruft` clones, whether or not it is committed here."""
    folder = emission.copy_of_generator(tmp_path_factory.mktemp("repository") / "generator")
    (folder / ".gitattributes").write_text("* text=auto eol=lf\n", encoding="utf-8")
    done("git", "init", "--quiet", cwd=folder)
    done("git", "add", "--all", cwd=folder)
    who = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
    done("git", *who, "commit", "--quiet", "--message", "the generator", cwd=folder)
    return folder


def by_cookiecutter(into: Path, level: int, ci: str) -> Path:
    answers = (f"project_slug={NAME}", f"maturity_level={level}", f"ci_provider={ci}")
    ran = emission.cookiecutter(into, *answers)
    assert ran.returncode == 0, ran.stdout
    return into / NAME


def by_cruft(into: Path, level: int, ci: str, repository: Path) -> Path:
    answers = f'{{"project_slug": "{NAME}", "maturity_level": "{level}", "ci_provider": "{ci}"}}'
    options = ("--no-input", "--default-config", "--extra-context", answers, "--output-dir", into)
    home = {"HOME": str(into), "USERPROFILE": str(into)}
    done(sys.executable, "-m", "cruft", "create", repository, *options, cwd=into, env=home)
    return into / NAME


def by_ladder(into: Path, level: int, ci: str) -> Path:
    done(sys.executable, "-m", "ladder", "new", NAME, "--level", level, "--ci", ci, cwd=into)
    return into / NAME


PAIRS = list(zip(LEVELS, ["github", "azure-devops", "gitlab", "none", "github"], strict=True))


@pytest.mark.parametrize(("level", "ci"), PAIRS)
def test_the_three_engines_emit_the_same_bytes(tmp_path: Path, repository: Path, level: int, ci: str) -> None:
    into = [tmp_path / engine for engine in ("cookiecutter", "cruft", "ladder")]
    for folder in into:
        folder.mkdir()
    native = emission.files(by_cookiecutter(into[0], level, ci))
    crufted = emission.files(by_cruft(into[1], level, ci, repository))
    assert crufted.pop(".cruft.json")
    assert native == crufted
    assert native == emission.files(by_ladder(into[2], level, ci))


def test_ladder_reads_no_configuration_of_the_user_and_writes_nothing_at_home(tmp_path: Path) -> None:
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    (home / ".cookiecutterrc").write_text('default_context: {maturity_level: "3"}\n', encoding="utf-8")
    env = {"HOME": str(home), "USERPROFILE": str(home)}
    done(sys.executable, "-m", "ladder", "new", NAME, cwd=work, env=env)
    assert not (work / NAME / "tests").exists(), "the user's configuration chose the level"
    assert [path.name for path in home.iterdir()] == [".cookiecutterrc"]
