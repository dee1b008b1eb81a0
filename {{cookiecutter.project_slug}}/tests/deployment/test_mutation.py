"""The mutation sample tells code that is held from code that is not, and leaves alone what no test should hold."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner

from . import mutation

HELD = '''"""A module."""

LONGEST = 7


def admits(age: int, *, member: bool) -> bool:
    """Who may come in."""
    if age < 3:
        raise ValueError(f"{age + 1} is too young, {LONGEST * 2}")
    return age >= 18 or not member
'''
TEST = """import pytest

from pack.deployment.serving import door


@pytest.mark.parametrize("age", [3, 17, 18])
def test_door(age: int) -> None:
    assert door.admits(age, member=True) is (age > 17)
    assert door.admits(age, member=False)


def test_too_young() -> None:
    with pytest.raises(ValueError):
        door.admits(2, member=True)
"""
BLIND = "from pack.deployment.serving import door\n\n\ndef test_door() -> None:\n    door.admits(30, member=True)\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repo of the same shape, whose module is held by its test."""
    serving, tests = tmp_path / "src" / "pack" / "deployment" / "serving", tmp_path / "tests" / "deployment" / "serving"
    for folder in (serving, tests):
        folder.mkdir(parents=True)
    (tmp_path / "src" / "pack" / "layers.py").touch()
    (serving / "door.py").write_text(HELD, encoding="utf-8")
    (tests / "test_door.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = integration: none\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mutate(*words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(mutation.main, [*words])
    return ran.exit_code, ran.output


def test_operators_and_constants_of_functions_are_changed_and_nothing_else(repo: Path) -> None:
    path = repo / "src" / "pack" / "deployment" / "serving" / "door.py"
    found = {(it.before, it.after) for it in mutation.mutants(path)}
    assert found == {
        ("age < 3", "age <= 3"),
        ("3", "4"),
        ("age >= 18 or not member", "age >= 18 and (not member)"),
        ("age >= 18", "age > 18"),
        ("18", "19"),
        ("not member", "member"),
    }
    for it in mutation.mutants(path):
        assert ast.dump(ast.parse(it.text)) != ast.dump(ast.parse(HELD))


def test_paths_and_texts_are_not_taken_for_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("def f(a):\n    return a / 'b', 'ä' + a, a[:5] * (2 - a)\n", encoding="utf-8")
    found = {it.after for it in mutation.mutants(path)}
    assert found == {"6", "a[:5] / (2 - a)", "2 + a", "3"}
    assert all("'ä' + a" in it.text for it in mutation.mutants(path))


@pytest.mark.integration
def test_code_that_is_held_passes_and_the_repo_stays_as_it_is(repo: Path) -> None:
    code, said = mutate("--least", "1")
    assert code == 0, said
    assert "6 of 6 killed, 100%" in said
    assert (repo / "src" / "pack" / "deployment" / "serving" / "door.py").read_text(encoding="utf-8") == HELD


def test_a_sample_is_the_same_for_the_same_seed(root: Path) -> None:
    package = next(path.parent.name for path in root.glob("src/*/layers.py"))
    known = mutation.every(root, package)
    assert len({it.path.parent.name for it in known}) == len(mutation.ROOMS)
    assert mutation.some(known, 20, 1) == mutation.some(mutation.every(root, package), 20, 1)
    assert mutation.some(known, 20, 1) != mutation.some(known, 20, 2)


@pytest.mark.integration
def test_code_that_a_test_runs_and_does_not_hold_is_seen(repo: Path) -> None:
    (repo / "tests" / "deployment" / "serving" / "test_door.py").write_text(BLIND, encoding="utf-8")
    code, said = mutate("--sample", "2")
    assert code == 1
    assert "SURVIVED  serving/door.py:" in said


def test_code_without_any_test_is_seen(repo: Path) -> None:
    (repo / "tests" / "deployment" / "serving" / "test_door.py").unlink()
    code, said = mutate()
    assert (code, "0 of 6 killed" in said) == (1, True)


@pytest.mark.integration
def test_tests_that_fail_as_they_are_prove_nothing(repo: Path) -> None:
    (repo / "tests" / "deployment" / "serving" / "test_door.py").write_text(TEST + "    assert False\n", "utf-8")
    code, said = mutate()
    assert code == 1
    assert "killed" not in said


def test_a_sample_that_was_hardly_tried_is_no_pass(repo: Path) -> None:
    assert repo.is_dir()
    code, said = mutate("--minutes", "0", "--least", "0")
    assert code == 1
    assert "6 were not tried" in said


def test_the_tests_nearest_to_a_module_are_found(root: Path) -> None:
    """By name, else by what imports it: the gateway's own, and a test that reaches a module only through a helper."""
    package = next(path.parent for path in root.glob("src/*/layers.py"))
    graph = mutation.reached(root, package.name)
    serving = package / "deployment" / "serving"
    for name, own in (
        ("gateway.py", "test_gateway.py"),
        ("dealer.py", "test_gateway.py"),
        ("rules.py", "test_state.py"),
    ):
        assert own in [it.name for it in mutation.nearest(root, graph, serving / name)]
