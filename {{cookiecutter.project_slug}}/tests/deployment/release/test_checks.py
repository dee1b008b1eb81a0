"""A candidate is asked through the gateway before callers meet it; each check turns red for what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from {{cookiecutter.package_name}}.deployment.release import checks
from {{cookiecutter.package_name}}.deployment.release.checks import Candidate, ChecksFailedError
from {{cookiecutter.package_name}}.deployment.serving import state
from {{cookiecutter.package_name}}.workspace import Workspace

from ..serving import alive, made


@pytest.fixture(scope="module", params=["regression", "binary"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.trained(tmp_path_factory.mktemp("models") / request.param, 2.0, request.param)


@contextmanager
def deployed(root: Path, folder: Path, app: Callable[[str], ASGIApp] | None = None) -> Iterator[Candidate]:
    """The candidate behind a real gateway; `app` scores in its place."""
    with alive.World(Workspace(root), {"model": folder}) as world:
        digest = made.digest(folder)
        world.change(made.deploy("blue", folder))
        world.start("blue", app(digest) if app else None)
        world.change(state.route({"blue": 100}))
        with world.gateway() as caller:
            caller.settled()
            yield Candidate(str(caller.client.base_url), "blue", digest, folder)


def failing(candidate: Candidate, report: Path) -> set[str]:
    """The checks that are red, by the report that a test server reads."""
    with pytest.raises(ChecksFailedError, match="fails its integration tests"):
        checks.run(candidate, report)
    cases = ElementTree.parse(report).getroot().iter("testcase")  # noqa: S314 - our own file
    return {str(case.get("name")) for case in cases if case.find("failure") is not None}


def test_a_sound_candidate_passes_and_leaves_its_report(tmp_path: Path, folder: Path) -> None:
    with deployed(tmp_path, folder) as candidate:
        found = checks.run(candidate, tmp_path / "integration.xml")
    assert [it.name for it in found] == list(checks.CHECKS)
    suite = ElementTree.parse(tmp_path / "integration.xml").getroot()  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures")) == (str(len(found)), "0")
    assert candidate.digest in ElementTree.tostring(suite, encoding="unicode")


def test_answers_that_are_not_those_of_the_hand_off_are_seen(tmp_path: Path, folder: Path) -> None:
    with deployed(tmp_path, folder) as candidate:
        lying = replace(candidate, folder=made.lying(folder, tmp_path / "lying"))
        assert failing(lying, tmp_path / "integration.xml") == {
            "answers the sample as recorded",
            "answers a batch as it answers records",
        }


def test_another_model_in_its_place_is_seen(tmp_path: Path, folder: Path) -> None:
    with deployed(tmp_path, folder) as candidate:
        assert failing(replace(candidate, digest="f" * 64), tmp_path / "integration.xml") == {"names its model"}


def test_what_takes_anything_is_seen(tmp_path: Path, folder: Path) -> None:
    async def score(_: Scope, receive: Receive, send: Send) -> None:
        await alive.says(200, {"prediction": 1.0}, receive, send)

    with deployed(tmp_path, folder, lambda digest: alive.pretender(digest, score)) as candidate:
        assert "refuses what is no record" in failing(candidate, tmp_path / "integration.xml")


def test_nobody_there_is_told(tmp_path: Path, folder: Path) -> None:
    nobody = Candidate("http://127.0.0.1:9", "blue", made.digest(folder), folder)
    with pytest.raises(ChecksFailedError, match="blue does not answer /score"):
        checks.run(nobody, tmp_path / "integration.xml")
