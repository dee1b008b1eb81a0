"""The commands: each works without a broker of its own kind running, and says what happened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.events import consume, handling, listing, schemas
from {{cookiecutter.package_name}}.workspace import Workspace, database, transaction

from . import made


@pytest.fixture(autouse=True)
def repo(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in the test's repo, with the handlers of the test."""
    monkeypatch.chdir(place.root)
    monkeypatch.setattr(handling, "find", lambda: made.handled(made.effect))


def run(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(cli.main, ["events", *arguments], input=given)


def said(*arguments: str) -> str:
    """What a command that ends well says."""
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_an_event_goes_from_the_outbox_to_its_effect(place: Workspace) -> None:
    assert "no event was told yet" in said("list")
    made.landed(place)
    assert "an event waits to be sent" in said("watch")
    assert "no new data" in said("watch")
    made.told(place, made.registered())
    assert "waits to be sent" in said("list")
    assert said("send") == "2 sent\n"
    assert said("send") == "0 sent\n"
    assert "2 received: 1 done, 0 done before, 1 of no concern here" in said("consume")
    assert "0 received" in said("consume")
    assert "sent and done" in said("list", "--last", "1")
    assert made.effects(place) == [made.registered().id]


def test_what_is_refused_for_good_is_told(place: Workspace) -> None:
    made.told(place, made.registered())
    with database(place.state) as connection, transaction(connection):
        body = {**made.registered().as_json(), "data": {"long": "x" * 2**20}}
        connection.execute("UPDATE outbox SET body = ?", (json.dumps(body),))
    assert "refused for good: Microsoft.MachineLearningServices.ModelRegistered" in said("send")


def test_schemas_are_shown_and_an_unknown_type_refused() -> None:
    assert all(kind in said("schema") for kind in schemas.TYPES)
    assert json.loads(said("schema", "Mlops.DataLanded"))["required"] == ["state", "rows"]
    done = run("schema", "Mlops.Nothing")
    assert done.exit_code == 1
    assert "one of Microsoft.MachineLearningServices.RunStatusChanged" in done.stderr


@pytest.mark.parametrize("schema", ["cloud events", "event grid"])
def test_a_body_that_azure_posted_can_be_done_from_a_file(schema: str, place: Workspace, tmp_path: Path) -> None:
    body = made.bodies(made.registered())[schema]
    (tmp_path / "body.json").write_bytes(body)
    assert "1 received: 1 done" in said("receive", "body.json")
    assert "1 done before" in run("receive", "-", given=body).output
    assert made.effects(place) == [made.registered().id]


def test_a_body_that_fails_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "find", lambda: made.handled(made.Fails()))
    done = run("receive", "-", given=made.bodies(made.registered())["cloud events"])
    assert (done.exit_code, "1 failed" in done.output) == (1, True)
    wrong = run("receive", "-", given=b"{")
    assert (wrong.exit_code, "not JSON" in wrong.stderr) == (1, True)


def test_dead_letters_are_listed_sent_again_and_dropped(place: Workspace) -> None:
    assert said("dead") == "no dead letters\n"
    made.told(place, made.registered(1), made.registered(2))
    said("send")
    with database(place.broker) as connection:
        connection.execute("UPDATE delivery SET state = 'dead', why = 'Rejected', count = 1")
    first, second = made.registered(1).id[:8], made.registered(2).id[:8]
    assert f"{first}  dev  ModelRegistered models/trips:1  Rejected after 1" in said("dead")
    assert "comes again" in said("dead", "redeliver", first)
    assert "is given up" in said("dead", "drop", second)
    assert "1 done" in said("consume")
    assert said("dead") == "no dead letters\n"
    assert run("dead", "drop").exit_code == 2
    assert listing.dead(place) == []


def test_following_goes_on_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = []

    def stop_later(*_: object, **__: object) -> consume.Consumed:
        rounds.append(1)
        if len(rounds) == 3:
            raise KeyboardInterrupt
        return consume.Consumed()

    monkeypatch.setattr(consume, "run", stop_later)
    assert run("consume", "--follow").exit_code == 1
    assert len(rounds) == 3


def test_the_list_of_commands_loads_nothing_heavy() -> None:
    heavy = "set(sys.modules) & set('azure uvicorn sqlite3 pydantic'.split())"
    words = f"import {cli.__package__}.events.commands, sys; print(*({heavy}))"
    command = [sys.executable, "-c", words]
    source = {"PYTHONPATH": str(Path(str(cli.__file__)).parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, env=source, check=True)  # noqa: S603
    assert done.stdout.strip() == ""
