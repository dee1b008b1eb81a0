"""The words of the command line, from a tested version to one in production."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli


def mlops(*words: str) -> Result:
    return CliRunner().invoke(cli.main, list(words))


@pytest.mark.usefixtures("repo")
def test_the_way_from_dev_to_prod() -> None:
    assert "17 of 17 tests" in mlops("model", "test", "1").output
    assert "registry:1 is dev:1" in mlops("promote", "1", "--from", "dev", "--to", "registry").output
    assert "prod:1 is registry:1" in mlops("promote", "candidate", "--from", "registry", "--to", "prod").output
    assert "dev:1 > registry > prod" in mlops("workspaces", "list").output
    assert mlops("workspaces", "diff", "dev", "prod").exit_code == 0
    assert "prod: is there" in mlops("workspaces", "create", "prod").output


def test_what_is_refused_is_exit_1_with_its_reason(repo: Path) -> None:
    ran = mlops("promote", "1", "--from", "dev", "--to", "prod")
    assert ran.exit_code == 1
    assert "hop FAILED: prod receives from registry, not from dev" in ran.output
    (repo / "modeltests.toml").write_text("[size]\nmegabytes = 0.000001\n", encoding="utf-8")
    ran = mlops("model", "test", "1", "--workspace", "dev")
    assert ran.exit_code == 1
    assert "size FAILED" in ran.output


def test_a_report_is_put_where_ci_looks_for_it_whatever_the_outcome(repo: Path) -> None:
    out = repo / "reports" / "model-tests"
    for megabytes, code, failures in (("50.0", 0, "0"), ("0.000001", 1, "1")):
        (repo / "modeltests.toml").write_text(f"[size]\nmegabytes = {megabytes}\n", encoding="utf-8")
        assert mlops("model", "test", "--out", str(out), "--", "1").exit_code == code
        assert f'failures="{failures}"' in (out / "junit.xml").read_text(encoding="utf-8")
    assert sorted(path.name for path in out.iterdir()) == ["junit.xml", "report.json"]


def test_a_difference_that_must_not_be_is_exit_1(repo: Path) -> None:
    path = repo / "workspaces.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"receives", ', ""), encoding="utf-8")
    ran = mlops("workspaces", "diff", "dev", "prod")
    assert ran.exit_code == 1
    assert "MUST NOT    receives: [] in dev, ['registry'] in prod" in ran.output


@pytest.mark.parametrize("words", [("promote", "9", "--from", "dev", "--to", "registry"), ("model", "test", "9")])
@pytest.mark.usefixtures("repo")
def test_an_unknown_version_is_told(words: tuple[str, ...]) -> None:
    ran = mlops(*words)
    assert ran.exit_code == 1
    assert "has no version '9'" in ran.output
