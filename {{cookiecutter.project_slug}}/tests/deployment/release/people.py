"""Callers of an endpoint in the tests, for whom comes true what a version of the tests' choice predicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from training import made

from {{cookiecutter.package_name}}.deployment.rehearsal.callers import Callers, Row, Ticking
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import status
from {{cookiecutter.package_name}}.model import frame, handoff, score

from .fleet import AT

GAP = timedelta(minutes=2)


def moving(world: World) -> World:
    """The same world, whose time every request moves on."""
    return replace(world, clock=Ticking(AT, GAP))


def rows(world: World, right: str) -> list[Row]:
    """Requests for which version `right` of dev has no error, and others have."""
    table = made.rows(200, first=5000)
    registry = world.registry(world.dev)
    with registry.files(registry.get(right)) as folder:
        loaded = handoff.load(folder)
        wide = table.reindex(columns=list(loaded.schema.inputs))  # nothing is known of the past
        records = score.sample(frame.typed(wide, loaded.schema), loaded.schema, len(wide))
        items = score.items(loaded, records)
    return [Row(json.dumps(body).encode(), item["prediction"]) for body, item in zip(records, items, strict=True)]


@contextmanager
def calling(world: World, right: str) -> Iterator[Callers]:
    """People who call while the test does something, at the times of the world's clock."""
    with Callers(status.read(world.prod).address, rows(world, right), world.clock, rate=150.0) as them:
        yield them
