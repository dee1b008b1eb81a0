"""What teams do to their repos, and each climbs to Level 4: conflicts only where both sides changed a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladder.moving.renders import Renders

from ..conftest import Baked, python
from ..emission import REPO, done, run
from . import corpus
from .corpus import CASES, Corpus
from .edits import EDITS
from .teams import Team

QUICK = {
    ("renamed module", 0),
    ("own tool for developers", 1),
    ("version bumped before level 1", 0),
    ("rewritten readme", 2),
    ("own ci job", 1),
    ("moved folder of pages", 0),
    ("deleted page", 3),
}
ALL = [
    pytest.param(*case, id=f"{case[0]}, level {case[1]}", marks=[] if case in QUICK else pytest.mark.slow)
    for case in CASES
]
BREAKING = [name for name, edit in EDITS.items() if edit.breaks]
# what cannot be in one repo with the others: it rewrites what they look for
APART = ["renamed module", "licence headers", "reformatted", "renamed package", "moved folder of pages"]
SAME_PLACE = {"rewritten readme", "deleted readme", "own script", "own dependency in front", "ci before level 1"}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "renders").mkdir()
    return Corpus(folder, Renders(folder / "renders"))


@pytest.mark.parametrize(("name", "level"), ALL)
def test_it_climbs_to_level_4(corpora: Corpus, name: str, level: int) -> None:
    team = corpora.edited(name, level)
    edited, worked = team.head(), corpus.work(team)
    climbed = corpus.climb(team)
    assert corpus.work(team, edited) == worked, "what the team did is still there"
    assert climbed.conflicts == corpus.expected(name, level)
    assert (team.level, team.status()) == (corpus.TOP, [])
    assert team.git("rev-list", "--count", f"{edited}..HEAD") == str(corpus.TOP - level)


# --- the emitted tests of the level that is reached, in an environment of that level

reached = pytest.mark.parametrize("level", [corpus.TOP])  # tests/conftest.py groups by it what shares an environment


@pytest.mark.slow
@reached
@pytest.mark.parametrize("begun_at", [0, 3])
def test_a_repo_with_a_year_of_edits_passes(corpora: Corpus, baked: Baked, level: int, begun_at: int) -> None:
    team = corpora.begun(begun_at, "a year")
    for name in year(begun_at):
        EDITS[name].does(team)
        team.commit(name)
    assert_it_passes(team, baked(level))


def year(level: int) -> list[str]:
    """The edit sets that one repo can have together, and that break no emitted test."""
    apart = SAME_PLACE.union(APART)
    return [n for n, one in EDITS.items() if one.since <= level <= one.until and not one.breaks and n not in apart]


@pytest.mark.slow
@reached
@pytest.mark.parametrize("name", APART)
def test_a_repo_with_an_edit_passes(corpora: Corpus, baked: Baked, level: int, name: str) -> None:
    assert_it_passes(corpora.edited(name, 1), baked(level))


def assert_it_passes(team: Team, project: Path) -> None:
    """Climb, then run the emitted suite by the environment of `project`."""
    corpus.climb(team)
    code, told = suite(team, project)
    assert code == 0, told


def suite(team: Team, project: Path, *words: str) -> tuple[int, str]:
    env = {"PYTHONPATH": str(team.project / "src")}
    ran = run(python(project), "-m", "pytest", "-q", *words, cwd=team.project, env=env)
    return ran.returncode, ran.stdout


@pytest.mark.slow
@reached
@pytest.mark.parametrize("name", BREAKING)
def test_an_edit_that_breaks_tests_breaks_those_that_it_says(
    corpora: Corpus, baked: Baked, level: int, name: str
) -> None:
    team = corpora.edited(name, EDITS[name].since)
    corpus.climb(team)
    file = EDITS[name].breaks.split()[0]
    code, told = suite(team, baked(level), file)
    assert code != 0
    assert file in told


@pytest.mark.slow
@reached
def test_make_lock_locks_an_own_dependency(corpora: Corpus, baked: Baked, level: int) -> None:
    team = corpora.edited("own dependency", 1)
    corpus.climb(team)
    env = {"PYTHONPATH": str(team.project / "src")}
    done(python(baked(level)), "-m", "trip_duration", "environment", "lock", cwd=team.project, env=env)
    code, told = suite(team, baked(level), "tests/training/test_lock.py")
    assert code == 0, told


# --- what a climb is


def test_what_pins_dependencies_is_named_at_the_end(corpora: Corpus) -> None:
    told = corpus.climb(corpora.edited("locked", 1)).told
    assert "; uv lock brings up to date uv.lock; make lock pins dependencies of your own in environments/" in told


def test_a_moved_folder_takes_what_the_levels_add(corpora: Corpus) -> None:
    team = corpus.climb(corpora.edited("moved folder of pages", 0)).team
    assert team.there("handbook/checks.md", "handbook/ci.md")
    assert not team.there("docs")


def test_edits_of_every_level_come_to_the_same_repo(corpora: Corpus) -> None:
    """Where a repo began leaves no trace: that is why one run of the emitted suite speaks for all four."""
    climbed = [corpus.climb(corpora.edited("renamed module", level)).team for level in (0, 3)]
    assert len({team.git("rev-parse", "HEAD^{tree}") for team in climbed}) == 1


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(EDITS) >= 50
    assert {level for _, level in CASES} == {0, 1, 2, 3}
    assert {name for name, _ in QUICK} < set(EDITS)


def test_conflicts_are_in_files_that_both_sides_change() -> None:
    both = {"README.md", "pyproject.toml", ".gitignore", ".github/workflows/ci.yml"}
    assert {path for edit in EDITS.values() for path in edit.conflicts} <= both


def test_the_docs_show_the_corpus() -> None:
    assert corpus.markdown() in (REPO / "docs" / "moving.md").read_text(encoding="utf-8")
