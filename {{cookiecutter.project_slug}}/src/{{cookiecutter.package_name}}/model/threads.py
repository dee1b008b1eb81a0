"""How many threads a job of a given size is worth."""

from __future__ import annotations

from typing import Any

from threadpoolctl import threadpool_limits

MANY = 200_000


def for_rows(rows: int) -> Any:
    """A context: one thread below `MANY` rows, else all.

    Small jobs gain little from a second thread, and on a busy machine lose by it: they wait for each other, spinning,
    at each of a model's thousand short steps. Beside other work 50,000 rows took 37 s with two threads, 5 s with one.
    """
    return threadpool_limits(limits=1 if rows < MANY else None, user_api="openmp")
