"""Where a repo may stand when it moves, and the way back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ..emission import done
from .conftest import Begun
from .teams import Team, begin, emitted
from .test_refusals import merging

TRAIN = "src/toy_model/train.py"


def test_a_linked_worktree(begun: Begun, tmp_path: Path) -> None:
    team = begun(0)
    team.git("worktree", "add", "-q", "-b", "climb", str(tmp_path / "linked"))
    linked = Team(tmp_path / "linked", tmp_path / "linked")
    linked.edit(TRAIN, "len(rows)", "len(rows[1:])")
    linked.commit()
    assert linked.move(2).code == 0
    assert (linked.level, linked.status()) == (2, [])
    assert (team.level, team.status()) == (0, [])


def test_an_unfinished_merge_of_another_worktree_is_not_ours(begun: Begun, tmp_path: Path) -> None:
    team = begun(0)
    team.git("worktree", "add", "-q", "-b", "climb", str(tmp_path / "linked"))
    merging(team)
    linked = Team(tmp_path / "linked", tmp_path / "linked")
    assert linked.move(1).code == 0
    assert team.move(1).code == 2


def test_a_detached_head(begun: Begun) -> None:
    team = begun(0)
    main = team.head()
    team.git("switch", "-q", "--detach")
    assert team.move(1).code == 0
    assert (team.level, team.status(), team.git("rev-parse", "main")) == (1, [], main)
    assert team.asked("symbolic-ref", "-q", "HEAD") == 1


def test_a_repo_of_sha256(toyed: Path, tmp_path: Path) -> None:

    team = Team(emitted(tmp_path / "toy-model", 0), tmp_path / "toy-model")
    team.git("init", "-q", "-b", "main", "--object-format=sha256")
    team.commit("Begin")
    assert team.move(2).code == 0
    assert len(team.head()) == 64
    assert (team.level, team.status(), toyed.exists()) == (2, [], True)


def test_a_renamed_repo_folder(begun: Begun, tmp_path: Path) -> None:
    team = begun(0)
    team.project = team.project.rename(tmp_path / "another name")
    assert team.move(1).code == 0
    assert "# toy-model\n" in team.read("README.md")


def test_a_renamed_package(begun: Begun) -> None:
    """The renamed folder takes what the level adds to it, and the plan says what else there is to do."""
    team = begun(1)
    team.git("mv", "src/toy_model", "src/rides")
    team.commit()
    outcome = team.move(2)
    assert outcome.code == 0
    assert "warning: src/toy_model is not there. If you renamed the package, write its new name into" in outcome.told
    assert team.there("src/rides/steps/gate.py")
    assert not team.there("src/toy_model")


def test_a_project_that_moved_within_its_repo(begun: Begun) -> None:
    team = begun(0)
    (team.project / "services" / "toy").mkdir(parents=True)
    for name in team.git("ls-tree", "--name-only", "HEAD").splitlines():
        team.git("mv", name, f"services/toy/{name}")
    team.commit()
    moved = Team(team.project / "services" / "toy", team.project)
    assert moved.move(1).code == 0
    assert (moved.level, team.status()) == (1, [])


@pytest.mark.parametrize("odd", ["with blank", "ümläut", "a'quote", "[glob]*" if sys.platform != "win32" else "[glob]"])
def test_a_folder_with_an_odd_name(toyed: Path, tmp_path: Path, odd: str) -> None:
    top = tmp_path / f"repo {odd}"
    team = Team(emitted(top / odd, 0), top)
    done("git", "init", "-q", "-b", "main", cwd=top)
    team.write("notes of ours/ä.txt", "x\n")
    team.commit()
    assert team.move(2).code == 0
    assert (team.level, team.status(), toyed.exists()) == (2, [], True)


def test_a_revert_takes_it_back_and_it_can_be_done_again(begun: Begun) -> None:
    team = begun(0)
    team.edit(TRAIN, "len(rows)", "len(rows[1:])")
    team.commit()
    before = team.files()
    assert team.move(2).code == 0
    after = team.files()
    team.git("revert", "--no-edit", "HEAD~2..HEAD")
    assert (team.files(), team.level) == (before, 0)
    assert team.move(2).code == 0
    assert team.files() == after


def test_the_plan_s_last_line_is_the_way_back(begun: Begun) -> None:
    team = begun(0)
    before, outcome = team.files(), team.move(3)
    undo = outcome.told.splitlines()[-1].removeprefix("undo: git ")
    team.git(*undo.split())
    assert team.files() == before


def test_up_and_down_again_is_where_it_began(begun: Begun) -> None:
    team = begun(1)
    before = team.files()
    assert (team.move(3).code, team.move(1).code) == (0, 0)
    assert team.files() == before


def test_what_is_retired_goes_as_a_whole_and_comes_back(begun: Begun) -> None:
    team = begun(0)
    team.write("legacy/notes.txt", "ours\n")
    team.commit()
    assert team.move(1).code == 0
    assert not team.there("legacy/handoff.md")
    assert team.there("legacy/notes.txt"), "what the team added there is theirs"
    assert team.move(0).code == 0
    assert team.there("legacy/handoff.md", "legacy/notes.txt")


def test_what_is_retired_goes_from_where_it_was_moved_to(begun: Begun) -> None:
    team = begun(0)
    team.git("mv", "legacy", "old")
    team.commit()
    assert team.move(1).code == 0
    assert not team.there("old/handoff.md")
    assert not team.there("legacy/handoff.md")


def test_what_was_moved_and_edited_is_not_taken_away(begun: Begun) -> None:
    team = begun(0)
    team.git("mv", "legacy", "old")
    team.edit("old/handoff.md", "the app team", "the app team and Zoe")
    team.commit()
    team.move(1)
    assert "and Zoe" in team.read("old/handoff.md")


def test_hooks_of_the_repo_are_not_run(begun: Begun) -> None:
    team = begun(0)
    for hook in (
        "pre-commit",
        "commit-msg",
        "post-merge",
        "post-checkout",
        "prepare-commit-msg",
        "reference-transaction",
    ):
        team.write(f".git/hooks/{hook}", "#!/bin/sh\ntouch hook-ran\nexit 1\n")
        (team.project / ".git/hooks" / hook).chmod(0o755)
    assert team.move(2).code == 0
    assert not team.there("hook-ran")
    assert team.level == 2


def test_settings_that_would_hinder_a_merge_do_not(begun: Begun) -> None:
    team = begun(0)
    for name, value in {
        "merge.ff": "false",
        "merge.verifySignatures": "true",
        "merge.directoryRenames": "false",
        "core.autocrlf": "true",
        "core.safecrlf": "true",
        "status.showUntrackedFiles": "no",
        "diff.external": "false",
        "color.ui": "always",
        "log.showSignature": "true",
    }.items():
        team.git("config", name, value)
    assert team.move(2).code == 0
    team.git("config", "core.autocrlf", "false")
    assert team.level == 2


def test_a_resolution_that_git_remembers_is_still_shown(begun: Begun) -> None:
    """With rerere git writes the old resolution into the file; the step waits all the same for somebody to look."""
    team = begun(0)
    team.git("config", "rerere.enabled", "true")
    team.git("config", "rerere.autoUpdate", "true")
    team.edit("configs/train.yaml", "seed: 1\n", "seed: 7\n")
    team.commit()
    assert team.move(1).code == 1
    team.write("configs/train.yaml", "seed: 7\ntrack: true\nrows: 100\nstrength: 1.0\nfolds: 3\n")
    team.git("add", "-A")
    team.git("cherry-pick", "--continue")
    team.git("reset", "-q", "--hard", "HEAD~1")
    outcome = team.move(1)
    assert (outcome.code, team.conflicts()) == (1, ["configs/train.yaml"]), outcome.told
    assert team.read("configs/train.yaml").startswith("seed: 7\ntrack: true\n")
    team.git("add", "-A")
    team.git("cherry-pick", "--continue")
    assert team.level == 1


def test_a_branch_protected_by_no_one_stays_where_it_was_on_a_dry_run(begun: Begun) -> None:
    team = begun(0)
    refs, head = team.git("for-each-ref"), team.head()
    outcome = team.move(3, dry_run=True)
    assert outcome.code == 0
    assert "level 2 to 3: Three" in outcome.told
    assert (team.git("for-each-ref"), team.head(), team.status()) == (refs, head, [])
    assert list((team.project / ".git").glob("ladder*")) == []


def test_a_dry_run_foresees_the_conflicts_that_come(begun: Begun) -> None:
    team = begun(0)
    team.edit("configs/train.yaml", "seed: 1\n", "seed: 7\n")
    team.git("rm", "-q", TRAIN)
    team.commit()
    outcome = team.move(2, dry_run=True)
    assert outcome.code == 1
    foreseen = [
        line.split()[1].rstrip(":") for line in outcome.told.splitlines() if line.strip().startswith("CONFLICT")
    ]
    assert "can be planned once these are resolved" in outcome.told
    assert team.status() == []
    assert team.move(2).code == 1
    assert team.conflicts() == foreseen


def test_after_the_conflicts_are_resolved_it_goes_on(begun: Begun) -> None:
    team = begun(0)
    team.edit("configs/train.yaml", "seed: 1\n", "seed: 7\n")
    team.commit()
    outcome = team.move(3)
    assert outcome.code == 1
    assert "ladder upgrade --to 3 goes on" in outcome.told
    team.write("configs/train.yaml", "seed: 7\ntrack: true\nrows: 100\nstrength: 1.0\nfolds: 3\n")
    team.git("add", "-A")
    team.git("cherry-pick", "--continue")
    assert (team.level, team.subjects()[0]) == (1, "Climb from level 0 to 1: One")
    assert team.move(3).code == 0
    assert (team.level, team.read("configs/train.yaml").splitlines()[0]) == (3, "seed: 7")


def test_an_aborted_step_leaves_the_repo_as_it_was(begun: Begun) -> None:
    team = begun(0)
    team.edit("configs/train.yaml", "seed: 1\n", "seed: 7\n")
    team.commit()
    before = team.files()
    assert team.move(1).code == 1
    team.git("cherry-pick", "--abort")
    assert (team.files(), team.status()) == (before, [])


def test_clean_steps_are_taken_before_the_one_with_conflicts(begun: Begun) -> None:
    team = begun(0)
    team.write("pipelines/train.yml", "mine: true\n")
    team.commit()
    outcome = team.move(3)
    assert (outcome.code, team.conflicts(), team.level) == (1, ["pipelines/train.yml"], 1)
    assert "done: level 1 in 1 commit" in outcome.told


def test_another_package_name_in_the_record_is_an_approximate_base(begun: Begun) -> None:
    """A team that renames its package says so in the record; the level's new files then come by the new name."""
    team = begun(1)
    team.git("mv", "src/toy_model", "src/rides")
    team.edit(".ladder.json", '"toy_model"', '"rides"')
    team.commit()
    outcome = team.move(2)
    assert outcome.code == 0
    assert "is not there" not in outcome.told
    assert team.there("src/rides/steps/gate.py")
    assert team.move(3).code == 0


def test_identical_twins_in_one_repo_climb_apart(toyed: Path, tmp_path: Path) -> None:
    top = tmp_path / "mono"
    top.mkdir()

    twins = [Team(emitted(top / name, 0, {"project_slug": "twin"}), top) for name in ("one", "two")]
    done("git", "init", "-q", "-b", "main", cwd=top)
    twins[0].commit("Begin")
    twins[0].git("rm", "-q", "src/twin/util.py")
    twins[0].commit()
    assert twins[0].move(2).code == 0
    assert (twins[0].level, twins[1].level) == (2, 0)
    assert twins[1].move(1).code == 0
    assert (twins[1].level, twins[1].there("src/twin/util.py"), toyed.exists()) == (1, True, True)


def test_begin_makes_what_new_makes(begun: Begun, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    assert begun(1).files() == begin(tmp_path / "again" / "toy-model", 1).files()
