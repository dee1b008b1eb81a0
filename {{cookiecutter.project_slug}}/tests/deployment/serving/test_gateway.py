"""The gateway over real HTTP: who answers, what the caller sees, and what happens when a scorer does not answer."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import httpx
import pytest

from {{cookiecutter.package_name}}.deployment.serving import (
    calls,
    dealer,
    follow,
    front,
    mirror,
    shares,
    state,
    targets,
)
from {{cookiecutter.package_name}}.model import check, handoff

from . import alive, made
from .alive import World, until


@pytest.fixture
def pair(world: World) -> World:
    """Two deployments that answer differently."""
    world.deploy(blue="double", green="triple")
    world.change(state.route({"blue": 50, "green": 50}))
    return world


def test_the_answer_is_the_scorers_and_says_who_gave_it(pair: World) -> None:
    with pair.gateway() as caller:
        answer = caller.score("rider 7", x_request_id="mine-1")
        name = answer.headers["azureml-model-deployment"]
        digest = pair.deployment(name).digest
        assert answer.status_code == 200
        assert answer.json()["model"] == answer.headers["x-model-digest"] == digest
        assert answer.headers["x-request-id"] == "mine-1"
        assert len(answer.headers["x-event-id"]) == 32
        expected = {"blue": 10, "green": 15}[name]
        assert answer.json()["prediction"] == pytest.approx(expected, abs=1.5)


def test_the_sample_gives_the_recorded_answers(pair: World) -> None:
    folder = pair.models["double"]
    request, recorded = (handoff.read_json(folder / name) for name in (handoff.REQUEST, handoff.RESPONSE))
    with pair.gateway() as caller:
        answer = caller.client.post("/score/batch", json=request, headers={"azureml-model-deployment": "blue"})
        assert all(map(check.same, answer.json()["predictions"], recorded["predictions"]))


def test_a_rider_stays_where_the_bucket_says(pair: World) -> None:
    now = pair.endpoint.current()
    line = shares.table(now.runs)
    with pair.gateway() as caller:
        for number in range(60):
            rider = f"rider {number}"
            assert {caller.by(rider) for _ in range(2)} == {line[shares.bucket(now.salt, rider)]}


def test_the_shares_are_kept(pair: World) -> None:
    """Chi-squared of 400 seeded riders at 75 to 25; 10.8 is passed once in a thousand."""
    with pair.gateway() as caller:
        caller.route({"blue": 75, "green": 25})
        found = Counter(caller.by(f"person {number}") for number in range(400))
        assert (found["blue"] - 300) ** 2 / 300 + (found["green"] - 100) ** 2 / 100 < 10.8


def test_a_ramp_keeps_the_riders_that_it_has(pair: World) -> None:
    riders = [f"rider {number}" for number in range(120)]
    had: set[str] = set()
    with pair.gateway() as caller:
        for share in (5, 25, 50, 100):
            caller.route({"blue": 100 - share, "green": share})
            has = {rider for rider in riders if caller.by(rider) == "green"}
            assert had <= has
            had = has
        assert had == set(riders)


def test_the_header_says_whose_request_it_is_where_the_record_does_not(pair: World) -> None:
    with pair.gateway() as caller:
        by_person = {caller.by(f"rider {number}", x_entity="person 3") for number in range(10)}
        by_rider = {caller.by(f"rider {number}") for number in range(10)}
        assert len(by_person) == 1
        assert len(by_rider) == 2
        assert {row["entity"] for row in caller.rows()} == {"person 3", *(f"rider {number}" for number in range(10))}


@pytest.mark.parametrize(
    ("given", "expected"),
    [(7, "7"), (7.0, "7"), (7.5, "7.5"), ("7", "7"), (True, "True"), (None, None), ("x" * 300, "x" * 256)],
)
def test_an_entity_is_one_however_it_is_written(given: object, expected: str | None) -> None:
    assert calls.entity_of({}, {"rider": given}, "rider") == expected


def test_without_an_entity_the_request_id_decides(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "entity", lambda _: None)
    with pair.gateway() as caller:
        assert len({caller.by("rider 7", x_request_id=f"request-{number}") for number in range(12)}) == 2
        assert len({caller.by("rider 7", x_request_id="request-1") for _ in range(4)}) == 1
        assert {row["entity"] for row in caller.rows()} == {None}


def test_the_deployment_that_is_named_answers_and_no_other(pair: World) -> None:
    with pair.gateway() as caller:
        caller.route({"blue": 100})
        assert caller.by("rider 7", azureml_model_deployment="green") == "green"
        unknown = caller.score(azureml_model_deployment="red")
        assert unknown.status_code == 404
        assert "there are: blue, green" in unknown.json()["detail"]
        pair.stop("green")
        dead = caller.score(azureml_model_deployment="green", x_request_id="dead")
        assert (dead.status_code, dead.headers["azureml-model-deployment"]) == (502, "green")


def test_a_candidate_can_be_called_by_name_before_it_has_traffic(pair: World) -> None:
    with pair.gateway() as caller:
        caller.settled()
        pair.change(state.deploy("red", "3", pair.model("triple"), pair.models["triple"]))
        until(lambda: "red" in caller.status()["not_ready"])
        began, early = time.monotonic(), caller.score(azureml_model_deployment="red")
        assert (early.status_code, time.monotonic() - began < 5) == (503, True)
        assert "not ready" in early.json()["detail"]
        pair.start("red")
        until(lambda: caller.status()["ready"].get("red"))
        assert caller.by(azureml_model_deployment="red") == "red"


def test_copies_go_to_the_mirrored_deployment_and_answer_nobody(pair: World) -> None:
    with pair.gateway() as caller:
        caller.route({"blue": 100}, {"green": 50})
        assert {caller.by(f"rider {number}", x_request_id=f"r-{number}") for number in range(60)} == {"blue"}
        salt = f"{pair.endpoint.current().salt}/mirror"
        named = next(it for it in map(str, range(1000)) if shares.bucket(salt, it) < 5_000)
        assert caller.by(azureml_model_deployment="blue", x_request_id=named) == "blue"  # as on Azure, not copied
        until(lambda: caller.status()["mirror"]["answered"])
        rows = {line["xrequestid"]: line["data"][0] for line in caller.recorded() if line["data"][0]["shadow"]}
        expected = {f"r-{number}" for number in range(60) if shares.bucket(salt, f"r-{number}") < 5_000}
        assert set(rows) == expected
        assert {row["deployment"] for row in rows.values()} == {"green"}
        assert {row["status"] for row in rows.values()} == {200}


def test_a_mirrored_deployment_that_is_gone_harms_nobody(pair: World) -> None:
    with pair.gateway() as caller:
        caller.route({"blue": 100}, {"green": 50})
        pair.stop("green")
        assert {caller.by(f"rider {number}") for number in range(40)} == {"blue"}
        until(lambda: caller.status()["mirror"]["missed"] > 5)
        assert caller.status()["mirror"]["failed"] <= 1


def test_a_mirrored_deployment_that_is_slow_slows_nobody(pair: World) -> None:
    def few(made_front: front.Front) -> None:
        made_front.gateway.mirror = mirror.Mirror(made_front.gateway.shadowed, most=2, at_once=1)

    pair.stop("green")
    pair.start("green", alive.pretender(pair.model("triple"), alive.slow))
    with pair.gateway(change=few) as caller:
        caller.route({"blue": 100}, {"green": 50})
        began = time.monotonic()
        assert {caller.by(f"rider {number}") for number in range(40)} == {"blue"}
        assert time.monotonic() - began < 1.5
        assert caller.status()["mirror"]["dropped"] > 5


@pytest.mark.parametrize("body", [b"{}", b"{", b"[]", b"\xff", b'{"km": NaN}'])
def test_a_refusal_is_the_callers_affair_and_not_retried(pair: World, body: bytes) -> None:
    with pair.gateway() as caller:
        caller.settled()
        answer = caller.client.post("/score", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"
        assert caller.status()["dealer"]["retried"] == 0
        assert [(row["status"], row["prediction"]) for row in caller.rows()] == [(answer.status_code, None)]


def test_a_scorer_that_fails_is_covered_by_the_other(pair: World) -> None:
    with pair.gateway() as caller:
        caller.settled()
        pair.stop("green")
        pair.start("green", alive.pretender(pair.model("triple"), alive.failing))
        until(lambda: caller.status()["ready"]["green"])
        assert {caller.by(f"rider {number}") for number in range(20)} == {"blue"}
        assert {row["assigned"] for row in caller.rows()} == {"blue", "green"}
        caller.route({"green": 100})
        assert caller.score().status_code == 500


def test_a_scorer_that_is_gone_is_covered_by_the_other(pair: World) -> None:
    with pair.gateway() as caller:
        caller.settled()
        pair.stop("green")
        assert {caller.by(f"rider {number}") for number in range(20)} == {"blue"}
        assert 0 < caller.status()["dealer"]["retried"] <= 20  # nobody knocks where nobody is, again and again
        pair.start("green")
        until(lambda: caller.status()["ready"]["green"])
        assert {caller.by(f"rider {number}") for number in range(20)} == {"blue", "green"}


def test_a_mirrored_deployment_never_answers_for_a_live_one(pair: World) -> None:
    """Requests wait for the live one to come back instead."""
    with pair.gateway() as caller:
        caller.route({"blue": 100}, {"green": 50})
        pair.stop("blue")
        back = threading.Timer(0.5, pair.start, ["blue"])
        back.start()
        began = time.monotonic()
        assert caller.by() == "blue"
        assert time.monotonic() - began > 0.4
        back.join()


def test_who_comes_before_the_scorers_are_up_is_dealt_as_everyone(world: World) -> None:
    world.change(*(made.deploy(name, world.models[model]) for name, model in (("blue", "double"), ("green", "triple"))))
    now = world.change(state.route({"blue": 50, "green": 50}))
    riders = [f"rider {number}" for number in range(12)]
    with world.gateway() as caller:
        found: dict[str, str] = {}
        early = [threading.Thread(target=lambda it=rider: found.update({it: caller.by(it)})) for rider in riders]
        for one in early:
            one.start()
        until(lambda: caller.status()["dealer"]["waiting"] == len(riders))
        world.start("blue")
        world.start("green")
        for one in early:
            one.join()
    line = shares.table(now.runs)
    assert found == {rider: line[shares.bucket(now.salt, rider)] for rider in riders}


def test_a_request_waits_so_long_and_no_longer(pair: World) -> None:
    with pair.gateway() as caller:
        caller.route({"blue": 100})
        caller.front.gateway.dealer.patience = 0.3
        pair.stop("blue")
        answer = caller.score()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert [(row["status"], row["deployment"]) for row in caller.rows()] == [(503, "blue")]
        caller.front.gateway.dealer.patience, caller.front.gateway.dealer.most_waiting = 10, 0
        began = time.monotonic()
        assert caller.score().status_code == 503
        assert time.monotonic() - began < 5


def test_a_request_that_kills_scorers_kills_no_more_than_three(world: World) -> None:
    """Each time it is ready again, and each time it breaks off."""
    world.change(made.deploy("blue", world.models["double"]), state.route({"blue": 100}))
    world.start("blue", alive.pretender(world.model("double"), alive.breaking_off))
    with world.gateway() as caller:
        until(lambda: caller.status()["ready"].get("blue"))
        answer = caller.score()
        assert answer.status_code == 502
        assert f"{dealer.MOST_LOST} scorers broke off" in answer.json()["detail"]
        assert [(row["status"], row["deployment"]) for row in caller.rows()] == [(502, "blue")]


def test_a_state_is_in_force_only_when_its_scorers_are_ready(world: World) -> None:
    world.deploy(blue="double")
    world.change(state.route({"blue": 100}))
    with world.gateway() as caller:
        caller.settled()
        world.change(made.deploy("green", world.models["triple"]), state.route({"green": 100}), state.remove("blue"))
        until(lambda: caller.status()["waits_for"])
        assert {caller.by(f"rider {number}") for number in range(20)} == {"blue"}
        assert caller.status()["in_force"] == world.endpoint.current().number - 1
        world.start("green")
        caller.settled()
        assert {caller.by(f"rider {number}") for number in range(20)} == {"green"}


def test_without_that_gate_requests_fail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sabotage of the test above: who acts on a state at once sends people to where nobody is."""
    monkeypatch.setattr(follow.Follower, "can", lambda *_: True)
    world.deploy(blue="double")
    world.change(state.route({"blue": 100}))
    with world.gateway() as caller:
        caller.settled()
        caller.front.gateway.dealer.patience = 0.2
        world.change(made.deploy("green", world.models["triple"]), state.route({"green": 100}))
        caller.settled()
        assert caller.score().status_code == 503


def test_a_scorer_of_another_model_is_never_ready(world: World) -> None:
    world.change(made.deploy("blue", world.models["double"]), state.route({"blue": 100}))
    world.start("blue", alive.pretender(world.model("triple"), alive.failing))
    with world.gateway() as caller:
        until(lambda: "does not serve" in caller.status()["not_ready"].get("blue", ""))
        assert caller.status()["in_force"] is None
        assert caller.client.get("/health/ready").status_code == 503


def test_a_gateway_that_starts_anew_goes_on_in_the_state_that_was_in_force(world: World) -> None:
    world.deploy(blue="double")
    world.change(state.route({"blue": 100}))
    with world.gateway() as caller:
        caller.settled()
    world.change(made.deploy("green", world.models["triple"]), state.route({"green": 100}))
    with world.gateway() as caller:
        assert caller.by() == "blue"
        world.start("green")
        caller.settled()
        assert caller.by() == "green"


def test_nobody_is_answered_while_nothing_has_traffic(world: World) -> None:
    with world.gateway() as caller:
        for path in ("/score", "/docs"):
            answer = caller.client.request("POST" if path == "/score" else "GET", path, json=made.record())
            assert answer.status_code == 503
            assert "no deployment has traffic" in answer.json()["detail"]
            assert answer.headers["x-request-id"]


def test_who_is_on_the_way_is_answered_after_a_change(world: World) -> None:
    """The scorer that is left behind answers what it has begun."""
    world.change(made.deploy("slow", world.models["double"]), state.route({"slow": 100}))
    world.start("slow", alive.pretender(world.model("double"), alive.slow))
    with world.gateway() as caller:
        caller.settled()
        found: list[httpx.Response] = []
        waiting = threading.Thread(target=lambda: found.append(caller.score()))
        waiting.start()
        until(lambda: any(it.pool.busy for it in caller.front.follower.targets.values() if it.ready))
        world.deploy(green="triple")
        world.change(state.route({"green": 100}), state.remove("slow"))
        caller.settled()
        assert caller.by() == "green"
        assert not found
        waiting.join()
        assert (found[0].status_code, found[0].headers["azureml-model-deployment"]) == (200, "slow")


def test_ids_are_never_the_same(pair: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "MANY", 40)
    with pair.gateway() as caller:
        answers = [caller.score() for _ in range(20)]
        for header, digits in (("x-event-id", 32), ("x-request-id", 16)):
            found = {answer.headers[header] for answer in answers}
            assert (len(found), {len(it) for it in found}) == (20, {digits})


def test_the_key_is_asked_for(pair: World) -> None:
    with pair.gateway(key="secret") as caller:
        for path in ("/score", "/outcomes"):
            assert caller.client.post(path, json=made.record()).status_code == 401
            wrong = caller.client.post(path, json=made.record(), headers={"x-api-key": "Secret"})
            assert wrong.status_code == 401
        assert caller.client.get("/status").status_code == 401
        assert caller.client.get("/health/live").status_code == 200
        assert caller.score(x_api_key="secret").status_code == 200  # pragma: allowlist secret


def test_a_body_may_be_so_long_and_take_so_long(pair: World) -> None:
    with pair.gateway() as caller:
        caller.front.gateway.intake.longest, caller.front.gateway.intake.seconds = 1_000, 0.2
        assert caller.client.post("/score", content=b"x" * 1_001).status_code == 413

        def pieces(size: int, wait: float) -> Any:
            for _ in range(3):
                yield b"x" * size
                time.sleep(wait)

        assert caller.client.post("/score", content=pieces(600, 0)).status_code == 413
        assert caller.client.post("/score", content=pieces(10, 0.5)).status_code == 408
        assert caller.client.post("/score", content=pieces(10, 0)).status_code == 415


def test_what_else_is_asked_the_scorer_answers(pair: World) -> None:
    with pair.gateway() as caller:
        caller.settled()
        assert caller.client.get("/openapi.json").json()["paths"].keys() >= {"/score", "/score/batch"}
        assert caller.client.get("/").json()["model"] in (pair.model("double"), pair.model("triple"))
        named = caller.client.get("/", headers={"azureml-model-deployment": "green"})
        assert named.json()["model"] == pair.model("triple")
        assert caller.client.get("/nothing").status_code == 404
        assert caller.client.head("/docs").status_code == 405
        assert caller.client.get("/health/ready").json() == {"status": "ready", "state": 2}


def test_a_replay_says_when_it_is_and_others_may_not(pair: World) -> None:
    when = "2025-03-01T08:00:00+01:00"
    with pair.gateway(replay=True) as caller:
        assert caller.score(x_replay_at=when).status_code == 200
        assert caller.score(x_replay_at="yesterday").status_code == 422
        assert [line["time"] for line in caller.recorded()] == ["2025-03-01T07:00:00.000+00:00"]
    with pair.gateway() as caller:
        assert caller.score(x_replay_at=when).status_code == 200
        assert len([line for line in caller.recorded() if line["time"].startswith("2025-03-01")]) == 1
