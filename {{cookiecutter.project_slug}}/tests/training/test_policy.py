"""`gate.toml` is read strictly: a slip of the pen must not let a model through."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.errors import ProjectError
from {{cookiecutter.package_name}}.training import policy

WRONG = {
    "a key that is none": ("[champion]\ntolerence = 0.1\n", "champion.tolerence = 0.1 is not a known key", "tolerance"),
    "a table that is none": ("[slice]\nbaseline = 0\n", "slice = {'baseline': 0} is not a known key", "slices"),
    "a share above one": ("[champion]\ntolerance = 3\n", "champion.tolerance is 3", "less than or equal to 1"),
    "a share below nothing": ("[slices]\nbaseline = -0.1\n", "slices.baseline is -0.1", "greater than or equal to 0"),
    "no rows at all": ("[rows]\ntest = 0\n", "rows.test is 0", "greater than or equal to 1"),
    "a metric that is none": ("[floors]\ny = { mea = 8.0 }\n", "'mea'", "did you mean 'mae'"),
    "a floor that is no number": ("[floors]\ny = { mae = 'low' }\n", "'low'", "valid number"),
    "no TOML": ("[champion\n", "is not TOML", "correct that line"),
}


@pytest.mark.parametrize(("text", "said", "fix"), WRONG.values(), ids=WRONG)
def test_a_wrong_policy_is_refused(tmp_path: Path, text: str, said: str, fix: str) -> None:
    (tmp_path / policy.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        policy.read(tmp_path / policy.FILE)
    assert said in caught.value.problem
    assert fix in caught.value.fix


def test_no_policy_is_no_leave_to_do_without(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist"):
        policy.read(tmp_path / policy.FILE)


def test_what_is_not_said_is_asked_all_the_same(tmp_path: Path) -> None:
    (tmp_path / policy.FILE).write_text("", encoding="utf-8")
    found = policy.read(tmp_path / policy.FILE)
    assert (found.rows.train, found.champion.tolerance, found.slices.baseline) == (500, 0.02, 0.0)


def test_the_policy_of_this_repo_can_be_read(root: Path) -> None:
    assert policy.read(root / policy.FILE).rows.train > 0
