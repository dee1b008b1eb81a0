"""Layers handle events by being there; several may handle one type."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any, cast

from {{cookiecutter.package_name}} import layers
from {{cookiecutter.package_name}}.events import handling, schemas
from {{cookiecutter.package_name}}.events.handling import Handlers

from . import made


def module(**content: Any) -> ModuleType:
    return cast(ModuleType, SimpleNamespace(**content))


def test_the_handlers_of_all_layers_are_called_in_their_order() -> None:
    first, second = made.Fails(), made.Fails()
    kind = made.registered().type
    found = handling.gather(
        [module(HANDLERS={kind: first}, TABLES="one;"), module(HANDLERS={kind: second, "other": first})]
    )
    assert found.of(made.registered()) == (first, second)
    assert found.by_type["other"] == (first,)
    assert found.tables == "one;"
    assert Handlers().of(made.registered()) == ()


def test_those_of_this_repo_are_found_and_handle_types_that_are_told() -> None:
    present = [kind for found in layers.modules("handlers") for kind in found.HANDLERS]
    assert set(handling.find().by_type) == set(present)
    assert set(present) <= set(schemas.TYPES)
