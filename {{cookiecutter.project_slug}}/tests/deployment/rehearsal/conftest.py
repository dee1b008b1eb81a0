"""MLflow's own warnings are expected here."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..promotion import world as promotion

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    promotion.expect_warnings(items, HERE)
