"""The scenarios of `scenarios.py`, one test each, in the same order: they hold the last column of the docs' table."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from ..emission import REPO, done
from . import scenarios, toy
from .conftest import Begun
from .teams import Team, begin, emitted

TRAIN, UTIL, CONFIG = "src/toy_model/train.py", "src/toy_model/util.py", "configs/train.yaml"


def overlap(team: Team) -> None:
    """Edits of the very lines that Level 1 changes."""
    team.edit(TRAIN, "    print(train())", '    print("AUC", train(0.5))')
    team.edit(CONFIG, "seed: 1\n", "seed: 7\nfolds: 5\n")
    team.commit()


def elsewhere(team: Team) -> None:
    """Edits away from them."""
    team.edit(TRAIN, "len(rows)", "len(rows[1:])")
    team.write("src/toy_model/mine.py", "X = 1\n")
    team.commit()


def test_untouched(begun: Begun, toyed: Path, tmp_path: Path) -> None:
    team = begun(0)
    assert team.move(2).code == 0
    assert team.subjects()[:2] == ["Climb from level 1 to 2: Two", "Climb from level 0 to 1: One"]
    assert team.status() == []
    (tmp_path / "new").mkdir()
    fresh = begin(tmp_path / "new" / "toy-model", 2)
    assert team.files() == fresh.files(), "a repo that climbed is a repo that was emitted there"
    assert toyed.exists()


def test_edit_elsewhere(begun: Begun) -> None:
    team = begun(0)
    elsewhere(team)
    assert team.move(1).code == 0
    assert "len(rows[1:])" in team.read(TRAIN)
    assert "import logging" in team.read(TRAIN)
    assert team.there("src/toy_model/mine.py", "tests/test_train.py")


def test_edit_overlaps(begun: Begun) -> None:
    team = begun(0)
    overlap(team)
    outcome = team.move(1)
    assert outcome.code == 1
    assert team.conflicts() == [CONFIG, TRAIN]
    assert all(f"{path}: changed here and by the level" in outcome.told for path in (CONFIG, TRAIN))
    assert "git cherry-pick --continue" in outcome.told
    text = team.read(TRAIN)
    mine, base = text.index('print("AUC"'), text.index("|||||||")
    assert mine < base < text.index("    print(train())") < text.index("=======") < text.index("logging.info")


def test_renamed_file(begun: Begun) -> None:
    team = begun(0)
    (team.project / "src/toy_model/fitting").mkdir()
    team.git("mv", TRAIN, "src/toy_model/fitting/fit.py")
    team.commit()
    assert team.move(1).code == 0
    assert "import logging" in team.read("src/toy_model/fitting/fit.py")
    assert not team.there(TRAIN)


def test_renamed_folder(begun: Begun) -> None:
    team = begun(1)
    team.git("mv", "src/toy_model/steps", "src/toy_model/stages")
    team.git("mv", "configs", "conf")
    team.commit()
    assert team.move(2).code == 0
    assert team.there("src/toy_model/stages/gate.py", "conf/monitor.yaml")
    assert not team.there("src/toy_model/steps")
    assert not team.there("configs")


def test_deleted_file(begun: Begun) -> None:
    team = begun(0)
    team.git("rm", "-q", CONFIG, UTIL)
    team.commit()
    outcome = team.move(1)
    assert outcome.code == 1
    assert team.conflicts() == [CONFIG]
    assert f"{CONFIG}: removed here, changed by the level" in outcome.told
    assert not team.there(UTIL)


def test_added_same_path(begun: Begun, toyed: Path) -> None:
    team = begun(0)
    team.write("tests/test_train.py", "def test_mine():\n    assert 2 + 2 == 4\n")
    team.write(".github/workflows/ci.yml", toy.FILES[".github/workflows/ci.yml"])
    team.commit()
    outcome = team.move(1)
    assert (outcome.code, team.conflicts()) == (1, ["tests/test_train.py"])
    assert "added here and by the level" in outcome.told
    assert toyed.exists()


def test_dirty_elsewhere(begun: Begun) -> None:
    team = begun(0)
    team.edit(UTIL, "return 1", "return 2")
    assert team.move(1).code == 0
    assert team.status() == [f" M {UTIL}"]
    assert "return 2" in team.read(UTIL)


def test_dirty_overlap(begun: Begun) -> None:
    team = begun(0)
    team.edit(CONFIG, "rows: 100", "rows: 9")
    head, outcome = team.head(), team.move(1)
    assert outcome.code == 2
    assert f"the move touches them: {CONFIG}" in outcome.told
    assert (team.head(), team.status()) == (head, [f" M {CONFIG}"])


def test_untracked_in_the_way(begun: Begun) -> None:
    team = begun(0)
    team.write("tests/test_train.py", "MY WORK\n")
    outcome = team.move(1)
    assert outcome.code == 2
    assert "in the way: tests/test_train.py" in outcome.told
    assert (team.read("tests/test_train.py"), team.level) == ("MY WORK\n", 0)


def test_ignored_in_the_way(begun: Begun) -> None:
    team = begun(0)
    team.write(".git/info/exclude", "tests/\n")
    team.write("tests/test_train.py", "MY IGNORED WORK\n")
    assert team.status() == []
    outcome = team.move(1)
    assert outcome.code == 2
    assert "in the way: tests/test_train.py" in outcome.told
    assert (team.read("tests/test_train.py"), team.level) == ("MY IGNORED WORK\n", 0)


def test_shallow(begun: Begun, tmp_path: Path) -> None:
    team = begun(0)
    elsewhere(team)
    team.edit("README.md", "By Ann", "By Ann and Bob")
    team.commit()
    done("git", "clone", "-q", "--depth", "1", team.project.as_uri(), "shallow", cwd=tmp_path)
    clone = Team(tmp_path / "shallow", tmp_path / "shallow")
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"
    assert (team.move(2).code, clone.move(2).code) == (0, 0)
    assert clone.files() == team.files()


def test_squashed(begun: Begun) -> None:
    team = begun(0)
    elsewhere(team)
    team.git("switch", "-q", "-c", "climb")
    assert team.move(1).code == 0
    team.git("switch", "-q", "main")
    team.git("merge", "-q", "--squash", "climb")
    team.git("commit", "-q", "-m", "Squashed")
    team.git("branch", "-q", "-D", "climb")
    assert team.move(2).code == 0
    assert (team.level, team.status()) == (2, [])
    assert "len(rows[1:])" in team.read(TRAIN)


def test_twice(begun: Begun) -> None:
    team = begun(0)
    assert team.move(1).code == 0
    head, outcome = team.head(), team.move(1)
    assert (outcome.code, team.head()) == (0, head)
    assert "already at level 1" in outcome.told
    assert "nothing to do" in outcome.told


def test_twice_in_conflict(begun: Begun) -> None:
    team = begun(0)
    overlap(team)
    assert team.move(1).code == 1
    before, outcome = team.read(TRAIN), team.move(1)
    assert outcome.code == 2
    assert "the step to level 1 waits" in outcome.told
    assert "git cherry-pick --continue" in outcome.told
    assert team.read(TRAIN) == before


def test_binary_changed_by_both(clone: Path, tmp_path: Path) -> None:
    team = begin(tmp_path / "toy-model", 0)
    team.write("assets/logo.bin", b"\0MINE\xff" * 9)
    team.commit()
    toy.newer(clone)
    outcome = team.move(None)
    assert (outcome.code, team.conflicts()) == (1, ["assets/logo.bin"])
    assert (team.project / "assets/logo.bin").read_bytes() == b"\0MINE\xff" * 9


def test_binary_untouched(clone: Path, tmp_path: Path) -> None:
    team = begin(tmp_path / "toy-model", 0)
    toy.newer(clone)
    assert team.move(None).code == 0
    assert team.read("assets/logo.bin") == "\0\2newer logo\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no file there has a mode")
def test_mode(clone: Path, tmp_path: Path) -> None:
    team = begin(tmp_path / "toy-model", 0)
    team.edit("scripts/run.sh", "exec python", "exec uv run python")
    team.commit()
    toy.newer(clone)
    assert team.move(None).code == 0
    assert "exec uv run python" in team.read("scripts/run.sh")
    assert os.access(team.project / "scripts/run.sh", os.X_OK)


def test_down(begun: Begun) -> None:
    team = begun(2)
    elsewhere(team)
    team.edit("pipelines/train.yml", "run: train", "run: train --mine")
    team.commit()
    outcome = team.move(1)
    assert (outcome.code, team.conflicts()) == (1, ["pipelines/train.yml"])
    assert "changed here, removed by the level" in outcome.told
    assert not team.there("configs/monitor.yaml")
    team.git("rm", "-q", "pipelines/train.yml")
    team.git("cherry-pick", "--continue")
    assert (team.level, "len(rows[1:])" in team.read(TRAIN)) == (1, True)


def test_retired_file_edited(begun: Begun) -> None:
    team = begun(0)
    team.edit("legacy/handoff.md", "the app team", "the app team and Zoe")
    team.commit()
    outcome = team.move(1)
    assert (outcome.code, team.conflicts()) == (1, ["legacy/handoff.md"])
    assert "and Zoe" in team.read("legacy/handoff.md")


def test_template_gone(begun: Begun, monkeypatch: pytest.MonkeyPatch) -> None:
    team = begun(0)
    team.git("remote", "add", "origin", "https://127.0.0.1:9/gone.git")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert team.move(1).code == 0


def test_no_git(toyed: Path, tmp_path: Path) -> None:
    project = emitted(tmp_path / "toy-model", 0)
    team = Team(project, project)
    team.edit(TRAIN, "len(rows)", "len(rows[1:])")
    assert team.move(1).code == 2, "nobody agreed"
    assert not (project / ".git").exists()
    assert team.move(2, begin_git=lambda _: True).code == 0
    assert team.subjects() == ["Climb from level 1 to 2: Two", "Climb from level 0 to 1: One", "Keep what is there"]
    assert "len(rows[1:])" in team.read(TRAIN)
    assert toyed.exists()


def test_monorepo(toyed: Path, tmp_path: Path) -> None:
    top = tmp_path / "mono"
    (top / "services").mkdir(parents=True)
    (top / "other.txt").write_text("other\n", encoding="utf-8")
    team = Team(emitted(top / "services" / "toy-model", 0), top)
    twin = shutil.copytree(team.project, top / "services" / "twin")
    done("git", "init", "-q", "-b", "main", cwd=top)
    done("git", "add", "-A", cwd=top)
    done("git", "commit", "-q", "-m", "Begin", cwd=top)
    team.edit(TRAIN, "len(rows)", "len(rows[1:])")
    (team.project / "configs/train.yaml").unlink()  # the twin has one: no rename of ours
    team.commit()
    outcome = team.move(1)
    assert (outcome.code, team.conflicts()) == (1, [f"services/toy-model/{CONFIG}"])
    team.git("checkout", "--theirs", CONFIG)
    team.git("add", CONFIG)
    team.git("cherry-pick", "--continue")
    touched = done("git", "diff", "--name-only", "HEAD~1", cwd=top).splitlines()
    assert all(path.startswith("services/toy-model/") for path in touched)
    assert (team.level, "len(rows[1:])" in team.read(TRAIN)) == (1, True)
    assert (twin / CONFIG).read_text(encoding="utf-8").startswith("seed: 1\n")
    assert toyed.exists()


def test_crlf(begun: Begun) -> None:
    team = begun(0)
    team.write("README.md", team.read("README.md").replace("\n", "\r\n"))
    team.commit()
    assert (team.move(1).code, team.conflicts()) == (1, ["README.md"])
    team.git("cherry-pick", "--abort")
    team.git("reset", "-q", "--hard", "HEAD~1")
    team.write(".gitattributes", "* text=auto\n")
    team.write("README.md", team.read("README.md").replace("\n", "\r\n"))
    team.commit()
    assert team.move(1).code == 0


# --- the table itself


def test_every_scenario_has_its_test_and_every_test_its_row() -> None:
    tests = [name.removeprefix("test_") for name in globals() if name.startswith("test_")]
    assert tests[: len(scenarios.ROWS)] == list(scenarios.ROWS)
    assert len(scenarios.ROWS) == 24


def test_the_docs_show_the_table() -> None:
    assert scenarios.markdown() in (REPO / "docs" / "moving.md").read_text(encoding="utf-8")
