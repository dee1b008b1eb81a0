"""What all tests share: the repo's root, and an environment in which nothing of the person who runs them counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the tables are small, and threads that wait for one another cost more


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of this repo. Read it, do not write into it."""
    return Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def no_settings_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLOPS_API_KEY", "MLOPS_SOURCE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MPLBACKEND", "agg")
