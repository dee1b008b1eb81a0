"""Who comes to which deployment: exact shares, and nobody is moved who need not be."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from {{cookiecutter.package_name}}.deployment.serving import shares
from {{cookiecutter.package_name}}.deployment.serving.shares import BUCKETS, Runs

RAMP = ({"blue": 100}, {"blue": 95, "green": 5}, {"blue": 75, "green": 25}, {"blue": 50, "green": 50}, {"green": 100})


def counts(runs: Runs) -> dict[str, int]:
    return dict(Counter(shares.table(runs)))


def moved(before: Runs, after: Runs) -> int:
    return sum(one != two for one, two in zip(shares.table(before), shares.table(after), strict=True))


def test_a_ramp_keeps_those_whom_it_has() -> None:
    runs: Runs = ()
    had: set[int] = set()
    for traffic in RAMP:
        runs = shares.spread(runs, traffic)
        assert counts(runs) == {name: share * 100 for name, share in traffic.items()}
        has = {at for at, name in enumerate(shares.table(runs)) if name == "green"}
        assert had <= has
        had = has


def test_a_rollback_gives_back_whom_the_ramp_took() -> None:
    start = shares.spread((), {"blue": 60, "red": 40})
    ramped = shares.spread(start, {"blue": 50, "red": 25, "green": 25})
    assert moved(start, ramped) == 2_500
    assert moved(ramped, shares.spread(ramped, {"blue": 60, "red": 40})) == 2_500


def test_no_change_moves_more_than_it_must() -> None:
    draw = random.Random(11)  # noqa: S311
    runs: Runs = ()
    before: dict[str, int] = {}
    for _ in range(60):
        cuts = sorted(draw.randint(0, 100) for _ in range(3))
        given = [b - a for a, b in itertools.pairwise([0, *cuts, 100])]
        traffic = {name: share for name, share in zip(("a1x", "b2y", "c3z", "d4w"), given, strict=True) if share}
        after = shares.spread(runs, traffic)
        assert counts(after) == {name: share * 100 for name, share in traffic.items()}
        must = sum(max(0, share - before.get(name, 0)) for name, share in traffic.items()) * 100
        assert moved(runs, after) == must
        runs, before = after, traffic


def test_no_traffic_is_for_nobody() -> None:
    runs = shares.spread(shares.spread((), {"blue": 100}), {})
    assert counts(runs) == {shares.NOBODY: BUCKETS}


def test_keys_fall_evenly() -> None:
    """Chi-squared of 100,000 seeded keys in 100 groups of buckets; 149 is passed once in a thousand."""
    found = Counter(shares.bucket("salt", f"rider {number}") // 100 for number in range(100_000))
    assert sum((found[group] - 1000) ** 2 / 1000 for group in range(100)) < 149


def test_another_salt_deals_anew() -> None:
    first, second = ({key for key in range(20_000) if shares.bucket(salt, str(key)) < 500} for salt in ("1", "2"))
    assert len(first & second) < 0.2 * len(first)


@pytest.mark.parametrize(("salt", "key", "expected"), [("1", "rider 7", 3832), ("", "", 5896), ("2", "ü", 8733)])
def test_a_key_has_its_bucket_for_ever(salt: str, key: str, expected: int) -> None:
    """These numbers must not change: every person would change sides in the middle of a test."""
    assert shares.bucket(salt, key) == expected
