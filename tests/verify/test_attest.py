"""What people attest: it counts for a time, and is no proof."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from ladder.verify import run
from ladder.verify.attest import AttestationError
from ladder.verify.judge import ATTESTED, NOT_RUN, Verdict

from ..conftest import Rendered

WORD = '[[attestation]]\nstatement = "L1.P1"\nwho = "Ann"\nwhen = 2026-01-10\nuntil = 2026-07-10\n'


@pytest.fixture
def repo(rendered: Rendered, tmp_path: Path) -> Path:
    return shutil.copytree(rendered(1), tmp_path / "repo")


def said(repo: Path, today: date, text: str = WORD) -> Verdict:
    """The verdict on L1.P1."""
    (repo / "attestations.toml").write_text(text, encoding="utf-8")
    report = run.run(run.Wish(repo, static=True), today=today)
    assert report.level == 1
    return next(it for it in report.verdicts if it.statement.id == "L1.P1")


def test_a_word_counts_while_it_lasts(repo: Path) -> None:
    it = said(repo, date(2026, 3, 1))
    assert it.verdict == ATTESTED
    assert "Ann attested it on 2026-01-10, until 2026-07-10" in it.said
    assert "CODEOWNERS names nobody yet" in it.said


@pytest.mark.parametrize("today", [date(2026, 7, 11), date(2026, 1, 9)])
def test_a_word_that_is_over_or_not_yet_is_asked_for_again(today: date, repo: Path) -> None:
    it = said(repo, today)
    assert it.verdict == NOT_RUN
    assert "ask: attestations.toml" in it.said
    assert "Ann" in it.said


def test_of_two_words_the_longer_counts(repo: Path) -> None:
    longer = WORD.replace("Ann", "Bob").replace("2026-07-10", "2026-12-10")
    assert "Bob" in said(repo, date(2026, 3, 1), longer + WORD).said


def test_without_a_word_it_is_asked_for_and_fails_nothing(rendered: Rendered) -> None:
    report = run.run(run.Wish(rendered(2), static=True))
    people = [it for it in report.verdicts if it.statement.kind == "organisation"]
    assert {it.verdict for it in people} == {NOT_RUN}
    assert all(it.said.startswith("ask: attestations.toml") for it in people)


def test_owners_are_shown_beside(repo: Path) -> None:
    (repo / ".github" / "CODEOWNERS").write_text("* @ann\n/src/*/data/ @bob @cat\n", encoding="utf-8")
    assert "3 owners of 2 paths, 1 of them owned by several" in said(repo, date(2026, 3, 1)).said


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("L1.P1", "L1.T1", "'L1.T1' cannot be attested"),
        ("L1.P1", "L9.P1", "'L9.P1' cannot be attested"),
        ('who = "Ann"\n', "", "entry 1 is not one of"),
        ('who = "Ann"', 'who = " "', "who is a name"),
        ("2026-07-10", '"soon"', "when and until are dates"),
        ("2026-07-10", "2027-07-10", "it holds from 2026-01-10 until 2027-07-10"),
        ("2026-07-10", "2026-01-10", "it holds from"),
        ("[[attestation]]", "[attestation]", "has no"),
        ("[[attestation]]", "[[attestation", "is not TOML"),
        ("[[attestation]]", "why = 1\n[[attestation]]", "has no"),
    ],
)
def test_what_is_no_attestation_is_refused(old: str, new: str, wrong: str, repo: Path) -> None:
    with pytest.raises(AttestationError, match=wrong):
        said(repo, date(2026, 3, 1), WORD.replace(old, new))


def test_a_file_that_is_no_text_is_refused_by_name(repo: Path) -> None:
    (repo / "attestations.toml").write_bytes(b"\xff\xfe[")
    with pytest.raises(AttestationError, match=r"attestations\.toml is not TOML"):
        run.run(run.Wish(repo, static=True))
