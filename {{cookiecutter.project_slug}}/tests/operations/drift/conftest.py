"""A served model with all that it came from, for the tests that look at one."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployment.promotion import world

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    world.expect_warnings(items, HERE)


@pytest.fixture(autouse=True)
def no_workspace_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in world.OF_THE_PERSON:
        monkeypatch.delenv(name, raising=False)
