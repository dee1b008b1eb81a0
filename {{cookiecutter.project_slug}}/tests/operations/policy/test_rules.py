"""`policy.toml`: what is wrong is named with its value and the fix; freeze windows open and close on time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.deployment.release import holds
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.errors import ProjectError
from {{cookiecutter.package_name}}.operations.policy import rules, windows

WEEKEND = """
timezone = "Europe/Paris"
[[freeze]]
reason = "the weekend"
days = ["sat", "sun"]
[[freeze]]
reason = "friday night"
days = ["fri"]
from = "16:00"
[[freeze]]
reason = "the holidays"
since = 2026-12-20
until = 2027-01-03
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[metric]\nshadw = 0.1\n", "did you mean 'shadow'"),
        ("[metric]\nshadow = 2.0\n", "less than or equal to 1"),
        ('timezone = "Europe/Pari"\n', "'Europe/Pari' is not known here"),
        ('[[freeze]]\nreason = "x"\n', "give either days, or since and until"),
        ('[[freeze]]\nreason = "x"\ndays = ["sat"]\nfrom = "25:00"\n', "from"),
        ('[[freeze]]\nreason = "x"\ndays = ["sat"]\nfrom = "12:00"\nto = "09:00"\n', "give a later end"),
        ('[[freeze]]\nreason = "x"\nsince = 2027-01-03\nuntil = 2026-12-20\n', "exchange since and until"),
        ("[budget]\nper = '0d'\n", "budget.per is '0d'"),
        ("[", "is not TOML"),
    ],
)
def test_a_policy_that_is_none_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as found:
        rules.read(path)
    assert said in str(found.value)


def test_without_a_policy_nothing_takes_over_by_itself(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"restore policy\.toml"):
        rules.read(tmp_path / "policy.toml")


def test_a_policy_is_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(WEEKEND, encoding="utf-8")
    found = rules.read(path)
    assert rules.parse_text(found.text) == found


@pytest.mark.parametrize(
    ("at", "reason", "hours"),
    [
        (datetime(2026, 3, 6, 14, 59, tzinfo=UTC), "", 0),
        (datetime(2026, 3, 6, 15, 0, tzinfo=UTC), "friday night", 8),
        (datetime(2026, 3, 6, 23, 0, tzinfo=UTC), "the weekend", 24),
        (datetime(2026, 3, 8, 22, 59, tzinfo=UTC), "the weekend", 1),
        (datetime(2026, 3, 8, 23, 0, tzinfo=UTC), "", 0),
        (datetime(2026, 12, 19, 23, 30, tzinfo=UTC), "the holidays", 15 * 24),
        (datetime(2027, 1, 3, 23, 0, tzinfo=UTC), "", 0),
    ],
)
def test_a_window_opens_and_closes_in_the_policys_zone(tmp_path: Path, at: datetime, reason: str, hours: int) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(WEEKEND, encoding="utf-8")
    found = windows.standing(rules.read(path), at)
    assert (found.reason if found else "") == reason
    if found:
        assert abs((found.until - at) - timedelta(hours=hours)) <= timedelta(hours=1)


def test_a_window_holds_releases_by_name_and_a_person_may_end_it(world: World) -> None:
    (world.root / "policy.toml").write_text('[[freeze]]\nreason = "mondays"\ndays = ["mon"]\n', encoding="utf-8")
    now = world.clock.now()
    assert "held by policy.toml" in windows.keep(world)
    assert windows.keep(world) == "", "once"
    assert holds.standing(world.prod, now + timedelta(days=1)) is None, "it ends with the window"
    holds.resume(world.prod, "Zoe", "a hotfix", now)
    assert windows.keep(world) == "", "the person has the last word"
    assert [it.by for it in holds.verify(world.prod)] == ["policy.toml", "Zoe"]
