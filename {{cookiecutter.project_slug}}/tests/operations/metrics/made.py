"""A repo with an endpoint's records and outcomes, as the gateway writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deployment.serving.test_records import NOTE
from features import world as trips
from prometheus_client.parser import text_string_to_metric_families

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.deployment.release import world as worlds
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.deployment.serving.lines import Note
from {{cookiecutter.package_name}}.deployment.serving.outcomes import Outcome, Outcomes
from {{cookiecutter.package_name}}.deployment.serving.records import Recorder
from {{cookiecutter.package_name}}.operations.metrics import expose
from {{cookiecutter.package_name}}.workspace import Workspace

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
WORKSPACES = "[workspace.dev]\n[workspace.registry]\n[workspace.prod]\n"
Sample = tuple[str, frozenset[tuple[str, str]]]


def repo(root: Path, at: datetime = AT) -> World:
    """The world of a repo of which nothing is there but its settings."""
    (root / "project.toml").write_text(trips.TOML, encoding="utf-8")
    (root / "workspaces.toml").write_text(WORKSPACES, encoding="utf-8")
    return worlds.of(root, SimulatedClock(at), lambda _: None, by="tester")


def note(event: str, minutes: float = 0, prediction: float | None = 12.5, **changes: Any) -> Note:
    """A request of some minutes after `AT`."""
    at = (AT + timedelta(minutes=minutes)).isoformat(timespec="milliseconds")
    answer = b'{"prediction":%f,"model":"d"}' % (prediction or 0.0)
    return replace(NOTE, **{"event": event, "at": at, "request": f"r-{event}", "answer": answer, **changes})


def many(count: int, first: int = 0, **changes: Any) -> list[Note]:
    """A request a minute."""
    return [note(f"e{number}", number, float(number % 50), **changes) for number in range(first, first + count)]


def keep(place: Workspace, notes: Iterable[Note]) -> None:
    """Record them, in files of their own."""
    recorder = Recorder(Layout(place).records)
    for it in notes:
        recorder.put(it)
    recorder.flush()
    recorder.shut()


def tell(place: Workspace, values: dict[str, Any], at: datetime = AT) -> None:
    """Outcomes by event id."""
    Outcomes(place, SimulatedClock(at)).add([Outcome(event_id=event, value=value) for event, value in values.items()])


def parsed(text: str) -> dict[Sample, float]:
    """What Prometheus's own parser reads."""
    out: dict[Sample, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            out[sample.name, frozenset(sample.labels.items())] = sample.value
    return out


def scraped(world: World) -> dict[Sample, float]:
    return parsed(expose.text(world))


def total(found: dict[Sample, float], name: str, **labels: str) -> float:
    """The sum of the samples that have these labels."""
    return sum(value for (known, had), value in found.items() if known == name and set(labels.items()) <= had)
