"""What teams do to their repos, and each climbs to Level 4: conflicts only where both sides changed a file."""

from __future__ import annotations

import pytest

from ladder.moving.renders import Renders

from ..conftest import Baked, python
from ..emission import run
from . import corpus
from .corpus import CASES, Corpus
from .edits import EDITS
from .teams import Team

QUICK = {
    ("renamed module", 0),
    ("own tool for developers", 1),
    ("version bumped", 0),
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
APART = [
    "renamed module",
    "licence headers",
    "reformatted",
    "renamed package",
    "moved folder of pages",
    "own description",
]
SAME_PLACE = {"rewritten readme", "deleted readme", "own script", "own dependency in front", "ci before level 1"}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "renders").mkdir()
    return Corpus(folder, Renders(folder / "renders"))


@pytest.mark.parametrize(("name", "level"), ALL)
def test_it_climbs_to_level_4(corpora: Corpus, name: str, level: int) -> None:
    team = corpora.edited(name, level)
    edited = team.git("rev-parse", "HEAD")
    climbed = corpus.climb(team)
    assert climbed.conflicts == corpus.expected(name, level)
    assert (team.level, team.status()) == (corpus.TOP, [])
    assert team.git("rev-list", "--count", f"{edited}..HEAD") == str(corpus.TOP - level)


@pytest.mark.slow
@pytest.mark.parametrize("level", [0, 3])
def test_a_repo_with_a_year_of_edits_passes_the_tests_of_level_4(corpora: Corpus, baked: Baked, level: int) -> None:
    team = corpora.begun(level, "a year")
    for name, edit in EDITS.items():
        if edit.since <= level <= edit.until and not edit.breaks and name not in SAME_PLACE.union(APART):
            edit.does(team)
            team.commit(name)
    assert_it_passes(team, baked)


@pytest.mark.slow
@pytest.mark.parametrize("name", APART)
def test_a_repo_with_an_edit_passes_the_tests_of_level_4(corpora: Corpus, baked: Baked, name: str) -> None:
    assert_it_passes(corpora.edited(name, 1), baked)


def assert_it_passes(team: Team, baked: Baked) -> None:
    """Climb, then run the emitted suite in an environment of Level 4 that all of them share."""
    corpus.climb(team)
    code, told = suite(team, baked)
    assert code == 0, told


def suite(team: Team, baked: Baked, *words: str) -> tuple[int, str]:
    env = {"PYTHONPATH": str(team.project / "src")}
    ran = run(python(baked(corpus.TOP)), "-m", "pytest", "-q", *words, cwd=team.project, env=env)
    return ran.returncode, ran.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKING)
def test_an_edit_that_breaks_tests_breaks_those_that_it_says(corpora: Corpus, baked: Baked, name: str) -> None:
    team = corpora.edited(name, EDITS[name].since)
    corpus.climb(team)
    file = EDITS[name].breaks.split()[0]
    code, told = suite(team, baked, file)
    assert code != 0
    assert file in told


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
