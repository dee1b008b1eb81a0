"""A release is refused where tag, version, changelog or wheel disagree."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.service import release

CHANGELOG = """# Changelog

## Unreleased
- Not yet.

## [1.2.3] - 2026-03-01
- Scores are faster.

Two paragraphs.

## 1.2.2
## v1.2.1
- The first.
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1.2.3"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "x-1.2.3-py3-none-any.whl").touch()
    return tmp_path


def refused(repo: Path, tag: str) -> str:
    with pytest.raises(release.ReleaseError) as caught:
        release.check(repo, tag, repo / "dist")
    return caught.value.problem


def test_what_agrees_is_released(repo: Path) -> None:
    assert release.check(repo, "v1.2.3", repo / "dist") == "1.2.3"


@pytest.mark.parametrize("tag", ["", "1.2.3", "v1.2", "v1.2.3-final", "v1.2.3.4", "release", "v1.2.3\n", "v1.2.3;id"])
def test_a_tag_of_another_form_is_refused(repo: Path, tag: str) -> None:
    assert refused(repo, tag) == f"{tag!r} is no tag of a release"


def test_another_version_is_refused(repo: Path) -> None:
    assert refused(repo, "v1.2.1") == "the tag is v1.2.1 and pyproject.toml has version '1.2.3'"


def test_a_pre_release_needs_its_own_version(repo: Path) -> None:
    assert "version '1.2.3'" in refused(repo, "v1.2.3rc1")


@pytest.mark.parametrize("text", ["", "# Changelog\n", "## 1.2.3\n\n## 1.2.2\n- Old.\n", "## 1.2.30\n- Other.\n"])
def test_an_untold_version_is_refused(repo: Path, text: str) -> None:
    (repo / "CHANGELOG.md").write_text(text, encoding="utf-8")
    assert "no section '## 1.2.3'" in refused(repo, "v1.2.3")


def test_no_changelog_is_no_section(repo: Path) -> None:
    (repo / "CHANGELOG.md").unlink()
    assert "no section '## 1.2.3'" in refused(repo, "v1.2.3")


def test_a_wheel_of_another_version_is_refused(repo: Path) -> None:
    (repo / "dist" / "x-1.2.3-py3-none-any.whl").rename(repo / "dist" / "x-1.2.2-py3-none-any.whl")
    assert "holds x-1.2.2-py3-none-any.whl" in refused(repo, "v1.2.3")


def test_no_wheel_and_two_wheels_are_refused(repo: Path) -> None:
    (repo / "dist" / "x-1.2.2-py3-none-any.whl").touch()
    assert "x-1.2.2-py3-none-any.whl, x-1.2.3" in refused(repo, "v1.2.3")
    for path in (repo / "dist").iterdir():
        path.unlink()
    assert "holds no wheel" in refused(repo, "v1.2.3")


def test_the_notes_are_the_section(repo: Path) -> None:
    assert release.notes(repo, "v1.2.3") == "- Scores are faster.\n\nTwo paragraphs.\n"
    assert release.notes(repo, "v1.2.1") == "- The first.\n"


def test_the_commands(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)
    ran = CliRunner().invoke(cli.main, ["release-check", "v1.2.3", "--dist", "dist"])
    assert (ran.exit_code, ran.output) == (0, "v1.2.3 releases version 1.2.3\n")
    assert CliRunner().invoke(cli.main, ["release-check", "v9.9.9"]).exit_code == 1
    assert CliRunner().invoke(cli.main, ["release-notes", "v1.2.3", "--out", "reports/notes.md"]).exit_code == 0
    assert (repo / "reports" / "notes.md").read_text(encoding="utf-8").startswith("- Scores")


def test_this_repo_can_be_released(root: Path) -> None:
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert release.check(root, f"v{declared}") == declared
