"""`kill -9` at every step: a rerun arrives where an undisturbed run does, and nothing of the user's is lost."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from . import installed
from .conftest import Begun
from .installed import Installed
from .teams import Team, emitted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals and no groups of processes there")

TRAIN = "src/toy_model/train.py"
MINE = "src/toy_model/util.py"
# the steps that the quick half tries; the slow one tries every one
TELLING = {
    "forward": (" merge --ff-only",),
    "in conflict": (" cherry-pick",),
    "checked": (" -m pytest",),
    "without git": (".ladder-first/.git",),
    "adopted": ("os.remove",),
    "adopted without git": ("shutil.rmtree",),
}


@pytest.fixture(scope="module")
def tool(toy_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return installed.install(tmp_path_factory.mktemp("installed"), toy_template)


# --- what the runs are that get killed


def forward(team: Team) -> tuple[str, ...]:
    """Two clean steps, beside an edit that is not committed."""
    team.edit(MINE, "return 1", "return 2")
    return "upgrade", ".", "--to", "2"


def backward(team: Team) -> tuple[str, ...]:
    """Down, which removes files."""
    assert team.move(3).code == 0
    return "upgrade", ".", "--to", "0"


def in_conflict(team: Team) -> tuple[str, ...]:
    """A clean step, then one that needs somebody."""
    team.write("pipelines/train.yml", "mine: true\n")
    team.commit()
    team.edit(MINE, "return 1", "return 2")
    return "upgrade", ".", "--to", "3"


def checked(_: Team) -> tuple[str, ...]:
    """A scratch work tree is made, tested in, and removed."""
    return "upgrade", ".", "--to", "1", "--check", "--python", sys.executable


def without_git(team: Team) -> tuple[str, ...]:
    """The first commit, then a step."""
    shutil.rmtree(team.project / ".git")
    return "upgrade", ".", "--to", "1", "--git-init"


def adopted(team: Team) -> tuple[str, ...]:
    """A repo of its own gets a level's files."""
    for name in (".ladder.json", "levels.toml", "docs", "configs"):
        team.git("rm", "-rq", name)
    team.git("mv", "src/toy_model", "src/own")
    team.commit()
    return "adopt", ".", "--level", "2"


def adopted_without_git(team: Team) -> tuple[str, ...]:
    words = adopted(team)
    shutil.rmtree(team.project / ".git")
    return words


RUNS: dict[str, Callable[[Team], tuple[str, ...]]] = {
    "forward": forward,
    "backward": backward,
    "in conflict": in_conflict,
    "checked": checked,
    "without git": without_git,
    "adopted": adopted,
    "adopted without git": adopted_without_git,
}


def state(team: Team) -> dict[str, object]:
    """All that a user can see of a repo, but for commits' ids, which hold their times."""
    found: dict[str, object] = {
        path.relative_to(team.project).as_posix(): path.read_bytes()
        for path in team.project.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    for path, content in found.items():  # the marker names the loose commit
        assert isinstance(content, bytes)
        found[path] = b"\n".join(line for line in content.split(b"\n") if not line.startswith((b">>>>>>>", b"|||||||")))
    if (team.project / ".git").exists():
        found["status"], found["subjects"] = team.status(), team.subjects()
        found["fsck"] = team.asked("fsck", "--no-dangling")
        found["worktrees"] = len(team.git("worktree", "list").splitlines())
        found["left"] = [path.name for path in (team.project / ".git").glob("ladder-*")]
        found["picked"] = (team.project / ".git" / "CHERRY_PICK_HEAD").exists()
    return found


@pytest.mark.parametrize("name", TELLING)
def test_killed_at_a_telling_step(begun: Begun, tool: Installed, tmp_path: Path, name: str) -> None:
    killed_at(begun(0), tool, tmp_path, RUNS[name], TELLING[name])


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_killed_at_any_step(
    begun: Begun, tool: Installed, tmp_path: Path, run: Callable[[Team], tuple[str, ...]]
) -> None:
    killed_at(begun(0), tool, tmp_path, run, ("",))


def killed_at(
    team: Team, tool: Installed, tmp_path: Path, run: Callable[[Team], tuple[str, ...]], chosen: tuple[str, ...]
) -> None:
    """Kill a run at each of its steps that names one of `chosen`, run it again, and compare with an undisturbed run."""
    words = run(team)
    before = shutil.copytree(team.project, tmp_path / "before", symlinks=True)
    steps = tool.steps(*words, cwd=team.project, log=tmp_path / "log")
    wanted = state(team)
    numbers = [number for number, step in enumerate(steps, 1) if any(part in step for part in chosen)]
    assert numbers
    for number in numbers:
        shutil.rmtree(team.project)
        shutil.copytree(before, team.project, symlinks=True)
        faults = {"FAULT_LOG": str(tmp_path / "again"), "FAULT_PLACE": str(team.project), "FAULT_AT": str(number)}
        assert tool.run(*words, cwd=team.project, **faults).killed, steps[number - 1]
        told = rerun(tool, team, words)
        shutil.rmtree(team.project / ".git" / "ladder-kept", ignore_errors=True)
        assert state(team) == wanted, f"killed at {steps[number - 1]}\n{told}"


def rerun(tool: Installed, team: Team, words: tuple[str, ...]) -> str:
    """The same again, unless the killed run had arrived, which adopt and a waiting conflict refuse to do twice."""
    ended = tool.run(*words, cwd=team.project)
    arrived = ended.code == 2 and ("a level was emitted here" in ended.told or "waits for its conflicts" in ended.told)
    assert ended.code in (0, 1) or arrived, ended.told
    return ended.told


def test_the_steps_are_those_that_matter(begun: Begun, tool: Installed, tmp_path: Path) -> None:
    """That the faults above are put where something happens: between the journal, git's merge and the end."""
    team = begun(0)
    told = "\n".join(tool.steps(*in_conflict(team), cwd=team.project, log=tmp_path / "log"))
    for words in (
        "ladder-journal.new",
        "os.rename",
        " merge --ff-only",
        " cherry-pick",
        " merge-tree",
        "os.remove",
        "commit-tree",
    ):
        assert words in told, words


# --- within git itself


def arm(tool: Installed, team: Team, tmp_path: Path, file: int, whom: str) -> dict[str, str]:
    """Have git call the killer for each file that it writes; it strikes at the one with that number."""
    team.write(".git/info/attributes", "* filter=killer\n")
    team.git("config", "filter.killer.smudge", str(tool.folder / "killer.sh"))
    return {
        "FAULT_COUNT": str(tmp_path / "count"),
        "FAULT_FILE": str(file),
        "FAULT_WHOM": whom,
        "FAULT_PID": str(tmp_path / "pid"),
    }


IN_GIT = {
    f"{name}, file {file}": pytest.param(
        RUNS[name], file, marks=[] if file == 5 and name != "backward" else pytest.mark.slow
    )
    for name in ("forward", "backward", "in conflict")
    for file in (1, 2, 5, 8)
}


@pytest.mark.parametrize(("run", "file"), IN_GIT.values(), ids=IN_GIT)
def test_killed_while_git_writes_files(
    begun: Begun, tool: Installed, tmp_path: Path, run: Callable[[Team], tuple[str, ...]], file: int
) -> None:
    team = begun(0)
    words = run(team)
    faults = arm(tool, team, tmp_path, file, "all")
    ended = tool.run(*words, cwd=team.project, **faults)
    assert ended.killed or int((tmp_path / "count").read_text(encoding="utf-8")) < file
    if ended.killed:
        assert (team.project / ".git" / "index.lock").exists() or team.status()
        rerun(tool, team, words)
    assert not (team.project / ".git" / "index.lock").exists()
    assert not (team.project / ".git" / "ladder-journal.json").exists()
    assert team.level == {"--to 2": 2, "--to 0": 0, "--to 3": 1}[" ".join(words[2:])]
    own = [line for line in team.status() if MINE in line]
    assert own == ([] if run is backward else [f" M {MINE}"]), "the edit that was not committed is still there"


def test_a_git_that_outlives_the_ladder_is_waited_for(begun: Begun, tool: Installed, tmp_path: Path) -> None:
    team = begun(0)
    faults = arm(tool, team, tmp_path, 2, "ladder")
    process = tool.start("upgrade", ".", "--to", "2", cwd=team.project, **faults)
    (tmp_path / "pid").write_text(str(process.pid), encoding="utf-8")
    process.communicate(timeout=60)
    assert process.returncode == -9
    ended = tool.run("upgrade", ".", "--to", "2", cwd=team.project)
    assert ended.code == 0, ended.told
    assert (team.level, team.status()) == (2, [])
    assert len(team.subjects()) == 3


def test_text_that_came_after_the_kill_stays_where_it_is(begun: Begun, tool: Installed, tmp_path: Path) -> None:
    team = begun(0)
    faults = arm(tool, team, tmp_path, 8, "all")
    assert tool.run("upgrade", ".", "--to", "2", cwd=team.project, **faults).killed
    assert len(team.status()) > 2, "nothing was written before it"
    team.write("README.md", "An hour of work, begun in a half-written tree\n")
    ended = tool.run("upgrade", ".", "--to", "2", cwd=team.project)
    assert ended.code == 2
    assert "README.md has been written to since, and is left as it is" in ended.told
    assert "the move touches them: README.md" in ended.told
    assert team.status() == [" M README.md"], "everything else is as it was"
    assert team.read("README.md").startswith("An hour of work")
    team.git("stash", "-q")
    assert tool.run("upgrade", ".", "--to", "2", cwd=team.project).code == 0


def test_a_branch_that_moved_on_after_the_kill_is_left_alone(begun: Begun, tool: Installed, tmp_path: Path) -> None:
    team = begun(0)
    faults = arm(tool, team, tmp_path, 3, "all")
    assert tool.run("upgrade", ".", "--to", "1", cwd=team.project, **faults).killed
    (team.project / ".git" / "index.lock").unlink()
    team.git("config", "--remove-section", "filter.killer")
    team.git("reset", "-q", "--hard")
    team.git("clean", "-qfd")
    team.edit("README.md", "By Ann", "By Bob")
    team.commit("Moved on")
    ended = tool.run("upgrade", ".", "--to", "1", cwd=team.project)
    assert ended.code == 0
    assert "the branch has moved on since" in ended.told
    assert team.subjects()[:2] == ["Climb from level 0 to 1: One", "Moved on"]


def test_a_look_does_not_repair(begun: Begun, tool: Installed, tmp_path: Path) -> None:
    team = begun(0)
    faults = arm(tool, team, tmp_path, 3, "all")
    assert tool.run("upgrade", ".", "--to", "1", cwd=team.project, **faults).killed
    before = team.status()
    ended = tool.run("upgrade", ".", "--to", "1", "--dry-run", cwd=team.project)
    assert ended.code == 2
    assert "an earlier run was cut off here" in ended.told
    assert team.status() == before


def test_two_at_once_take_turns(begun: Begun, tool: Installed) -> None:
    team = begun(0)
    both = [tool.start("upgrade", ".", "--to", "2", cwd=team.project) for _ in range(2)]
    told = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sum("nothing to do" in text for text in told) == 1
    assert (team.level, team.status(), len(team.subjects())) == (2, [], 3)


def test_emitted_projects_of_the_installed_tool_are_the_same(begun: Begun, tool: Installed, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    assert tool.run("new", "new/toy-model", "--level", "2", cwd=tmp_path).code == 0
    again = emitted(tmp_path / "again", 2)
    team = begun(2)
    names = sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    for name in names:
        assert (tmp_path / "new" / "toy-model" / name).read_bytes() == (again / name).read_bytes()
        assert (team.project / name).read_bytes() == (again / name).read_bytes()
