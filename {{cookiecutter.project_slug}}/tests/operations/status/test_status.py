"""The status says of each part how it is; a part that is taken away shows, and keeps nobody else from telling."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from deployment.serving import alive
from deployment.serving import made as models

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.release import holds, machine
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import running, state
from {{cookiecutter.package_name}}.operations.alerts import journal as alerts
from {{cookiecutter.package_name}}.operations.drift import looked
from {{cookiecutter.package_name}}.operations.drift.looked import Looked
from {{cookiecutter.package_name}}.operations.loop import beats
from {{cookiecutter.package_name}}.operations.status import look, page, web
from {{cookiecutter.package_name}}.operations.status.section import Report, Section

from ..retraining.test_asked import comes


def section(world: World, name: str) -> Section:
    return next(it for it in look.report(world).sections if it.name == name)


def test_of_a_repo_that_has_trained_and_released_nothing(world: World) -> None:
    found = look.report(world)
    assert {it.name: it.state for it in found.sections} == {
        "loop": "idle",
        "data": "ok",
        "features": "ok",
        "training": "ok",
        "registry": "idle",
        "endpoint": "idle",
        "releases": "idle",
        "drift": "idle",
        "alerts": "ok",
    }
    assert (found.state, found.needs) == ("idle", ())
    assert "version 3" in section(world, "training").said


def test_an_endpoint_that_should_run_and_does_not_needs_somebody(world: World) -> None:
    step = state.deploy("blue", "1", "b" * 64, Path("somewhere"))
    world.endpoint.change(step, state.route({"blue": 100}), at=world.clock.now(), by="a test", reason="")
    found = look.report(world)
    assert found.state == "wrong"
    assert found.needs == ("endpoint: it does not run: `mlops endpoint up --detach`",)


def test_a_job_that_misses_its_turns_is_late_and_one_that_fails_is_wrong(world: World) -> None:
    beats.begin(world.prod, "ingest", world.clock.now())
    beats.end(world.prod, "ingest", world.clock.now(), "3 rows")
    assert section(world, "loop").state == "ok"
    world.clock.advance(timedelta(minutes=30))  # type: ignore[attr-defined]
    late = section(world, "loop")
    assert (late.state, late.lines) == ("late", ("ingest: last went well 30m ago",))
    beats.begin(world.prod, "ingest", world.clock.now())
    beats.fail(world.prod, "ingest", world.clock.now(), "the source is gone")
    wrong = section(world, "loop")
    assert wrong.state == "wrong"
    assert "1 times not: the source is gone" in wrong.lines[0]


def test_a_part_that_cannot_tell_is_wrong_and_the_others_tell(world: World) -> None:
    (world.prod.folder / "releases.db").write_bytes(b"no database at all, and long enough to be looked at as one")
    found = {it.name: it for it in look.report(world).sections}
    assert found["releases"].state == "wrong"
    assert "database" in found["releases"].said
    assert found["training"].state == "ok"


def test_drift_that_was_seen_or_could_not_be_is_late(world: World) -> None:
    at = world.clock.now().isoformat()
    well = Looked(at, "1", "no drift: 9 checks on 300 rows", 300, 3, 0, False, [("features", "km", 0.4)], "")
    for it, state_ in ((well, "ok"), (replace(well, drifted=True), "late"), (replace(well, unjudged=3), "late")):
        looked.keep(world.prod, it)
        found = section(world, "drift")
        assert (found.state, found.said) == (state_, "version 1: no drift: 9 checks on 300 rows")


def test_what_needs_a_person_is_wrong_until_somebody_looks_after_it(world: World) -> None:
    alerts.note(world.prod, "bad-data", "batch 7", "3 rows", world.clock.now())
    assert section(world, "alerts").state == "wrong"
    assert any("1 stand, 1 without anybody" in line for line in page.text(look.report(world)))
    alerts.take(world.prod, 1, "Zoe")
    found = section(world, "alerts")
    assert (found.state, "Zoe looks after it" in found.lines[0]) == ("late", True)


def test_the_last_signal_and_what_was_done_about_it_are_told(world: World) -> None:
    comes(world, 1)
    found = section(world, "drift")
    assert (found.state, "-> retrain" in found.said) == ("ok", True)


def test_the_open_release_and_the_latest_runs_are_told(world: World) -> None:
    machine.start(world, "1")
    assert "of version 1: at test" in section(world, "releases").said
    assert "version 3" in section(world, "training").said
    assert len(section(world, "training").lines) == 3


def test_an_endpoint_that_runs_tells_who_serves_and_who_is_not_ready(world: World, tmp_path: Path) -> None:
    folder = models.trained(tmp_path / "double", 2.0)
    with alive.World(world.prod, {"double": folder}) as served:
        served.deploy(blue="double")
        served.change(state.route({"blue": 100}))
        with served.gateway() as caller, running.alone(served.layout):
            caller.settled()
            told = {"pid": 1, "address": str(caller.client.base_url), "gateway": {}, "scorers": {}}
            served.layout.running.write_text(json.dumps(told), encoding="utf-8")
            well = section(world, "endpoint")
            assert (well.state, "traffic: blue 100 %" in well.said) == ("ok", True)
            served.change(state.deploy("blue", "2", "e" * 64, folder))
            assert section(world, "endpoint").state == "wrong"


def test_held_releases_are_told_by_name(world: World) -> None:
    holds.hold(world.prod, "Zoe", "the holidays", world.clock.now())
    found = section(world, "releases")
    assert (found.state, "by Zoe" in found.said) == ("late", True)


class Shown(HTMLParser):
    """The text of a page, and the classes of its sections."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.sections: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "section":
            given = dict(attrs)
            self.sections[str(given["id"])] = str(given["class"])

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_has_every_section_and_takes_nothing_for_markup(world: World) -> None:
    bad = Section("data", "wrong", "<script>alert(1)</script> & more", ("<b>",))
    text = page.html(Report(world.clock.now(), (bad, Section("loop", "ok", "well")), ("data: <look>",)))
    shown = Shown(text)
    assert shown.sections == {"data": "wrong", "loop": "ok"}
    assert "<script>alert(1)</script> & more" in shown.words
    assert "src=" not in text
    assert "http" not in text.replace("status.html", ""), "nothing comes from elsewhere"


def test_over_http_it_is_looked_at_anew_each_time(world: World) -> None:
    def get(path: str) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(web.app(lambda: look.report(world)))
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.get(path)

        return asyncio.run(asked())

    assert get("/status.json").json()["state"] == "idle"
    step = state.deploy("blue", "1", "b" * 64, Path("somewhere"))
    world.endpoint.change(step, state.route({"blue": 100}), at=world.clock.now(), by="a test", reason="")
    again = get("/status.json")
    assert (again.status_code, again.json()["state"]) == (503, "wrong")
    assert Shown(get("/").text).sections["endpoint"] == "wrong"


@pytest.mark.usefixtures("world")
def test_the_command_says_the_same_in_three_forms(tmp_path: Path) -> None:
    words = CliRunner().invoke(cli.main, ["status"])
    told = json.loads(CliRunner().invoke(cli.main, ["status", "--json"]).output)
    ran = CliRunner().invoke(cli.main, ["status", "--html", str(tmp_path / "status.html")])
    assert (words.exit_code, ran.exit_code) == (0, 0)
    for it in told["sections"]:
        assert it["said"] in words.output
    assert Shown((tmp_path / "status.html").read_text(encoding="utf-8")).sections.keys() == {
        it["name"] for it in told["sections"]
    }
