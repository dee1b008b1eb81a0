"""The open release gets the policy's answer between shadow and ramp; nothing passes that point without one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from deployment.release import fleet

from {{cookiecutter.package_name}}.cli import main
from {{cookiecutter.package_name}}.deployment.release import holds, journal, machine, order, stages
from {{cookiecutter.package_name}}.deployment.release.journal import BACK, OPEN, Release, ReleaseError
from {{cookiecutter.package_name}}.deployment.release.order import APPROVE
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.deployment.serving import joined, state
from {{cookiecutter.package_name}}.operations.alerts import journal as alerts
from {{cookiecutter.package_name}}.operations.loop import jobs
from {{cookiecutter.package_name}}.operations.policy import answer, decisions, evidence

SHADOW = "shadow 50 %"


def at_approve(world: World, monkeypatch: pytest.MonkeyPatch, better: float = 1.0) -> Release:
    """A release of version 2 by the loop, tested and promoted for real, whose shadow was judged on made-up rows."""
    release = machine.start(world, "2", asks=True)
    with pytest.raises(ReleaseError, match="does not run"):
        machine.advance(world, release)
    release = journal.get(world.prod, release.id)
    release = journal.move(
        world.prod,
        release,
        "next",
        "",
        {},
        fleet.AT,
        step=SHADOW,
        slot="green",
        incumbent="blue",
        since=fleet.AT.isoformat(),
    )
    now = order.stage_of(release)
    assert now is not None
    deploy = [state.deploy(name, "1", name * 16, Path("somewhere")) for name in ("blue", "green")]
    world.endpoint.change(*deploy, state.route(*stages.shares(release, now)), at=fleet.AT, by="tester", reason="a test")
    rows = fleet.answers(1500, {"blue": 4.0, "green": better}, fleet.AT, shadow="green")
    rows["digest"] = rows["digest"].replace("green", release.sha256)
    monkeypatch.setattr(joined, "read", lambda *_: rows)
    world.clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
    moved = stages.look(world, release, now)
    assert moved.outcome == "next", moved.said
    return journal.move(world.prod, release, "next", moved.said, moved.figures, world.clock.now(), step=APPROVE)


def now(world: World) -> Release:
    return journal.latest(world.prod, 1)[0]


def test_a_good_version_gets_a_yes_with_its_decision(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release = at_approve(world, monkeypatch)
    assert machine.take(world, release).outcome == "wait", "without an answer it does not go on"
    assert "policy: promote version 2" in answer.give(world)
    assert now(world).approved == "policy.toml"
    assert journal.history(world.prod, release.id)[-1].figures == {"decision": 1}
    assert answer.give(world) == "", "it is answered"
    (found,) = decisions.again(world.prod)
    held = {it.name: it.passed for it in found.asked}
    assert held | {"offline": None, "slices": None} == held, "version 2 was trained before there was a champion"
    assert all(passed for name, passed in held.items() if name not in ("first", "offline", "slices")), held


def test_a_version_whose_files_changed_since_its_tests_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_approve(world, monkeypatch)
    for path in world.prod.artifacts.rglob("handoff/model.skops"):
        path.write_bytes(path.read_bytes() + b" ")
    said = answer.give(world)
    assert "policy: take back version 2 (lineage: " in said
    assert now(world).status == BACK
    assert "decision 1: lineage" in now(world).said


def test_rows_in_quarantine_make_it_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at_approve(world, monkeypatch)
    real = evidence.of
    monkeypatch.setattr(evidence, "of", lambda *it: real(*it) | {"quarantined": 3_000})
    assert "policy: wait" in answer.give(world)
    assert (now(world).status, now(world).approved) == (OPEN, "")
    monkeypatch.setattr(evidence, "of", real)
    assert "policy: promote" in answer.give(world)
    assert [it.decision for it in decisions.history(world.prod)] == ["wait", "promote"]


def test_a_freeze_stops_it_and_a_thaw_lets_it_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at_approve(world, monkeypatch)
    run = CliRunner().invoke(main, ["freeze", "--by", "Zoe", "--reason", "an incident"], catch_exceptions=False)
    assert (run.exit_code, "held by Zoe" in run.output) == (0, True)
    assert "policy: wait version 2 (frozen: " in jobs.releases(world)
    assert now(world).approved == ""
    assert [(it.by, it.reason) for it in holds.verify(world.prod)] == [("Zoe", "an incident")]
    run = CliRunner().invoke(main, ["thaw", "--by", "Zoe"], catch_exceptions=False)
    assert run.exit_code == 0
    assert "policy: promote" in answer.give(world)
    assert now(world).approved == "policy.toml"


def test_beyond_the_budget_a_person_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (world.root / "policy.toml").read_text().replace("promotions = 6", "promotions = 0")
    (world.root / "policy.toml").write_text(text)
    at_approve(world, monkeypatch)
    assert "policy: ask a person" in answer.give(world)
    assert now(world).approved == ""
    (alert,) = alerts.standing(world.prod)
    assert (alert.kind, alert.subject) == (answer.NEEDED, "version 2")
    run = CliRunner().invoke(main, ["rollout", "approve", "--by", "Ann"], catch_exceptions=False)
    assert run.exit_code == 0, run.output
    assert answer.give(world) == ""
    assert (now(world).approved, alerts.standing(world.prod)) == ("Ann", [])


def test_where_release_toml_asks_for_a_person_the_policy_does_not_answer_for_him(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.root / "release.toml"
    path.write_text("approval = true\n" + path.read_text())
    at_approve(world, monkeypatch)
    answer.give(world)
    assert now(world).approved == ""
    assert [it.kind for it in alerts.standing(world.prod)] == [answer.NEEDED]


def test_a_loop_that_died_after_writing_acts_on_what_it_wrote(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at_approve(world, monkeypatch)
    acts = answer.act

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(answer, "act", killed)
    with pytest.raises(KeyboardInterrupt):
        answer.give(world)
    monkeypatch.setattr(answer, "act", acts)
    assert now(world).approved == ""
    answer.give(world)
    assert (now(world).approved, len(decisions.history(world.prod))) == ("policy.toml", 1)


def test_the_loop_asks_the_policy_whatever_release_toml_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(machine, "turn", lambda _, *, asks=False: asked.append(asks))
    jobs.releases(world)
    assert asked == [True]


def test_its_words_are_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def mlops(*words: str) -> str:
        run = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert run.exit_code == 0, run.output
        return run.output

    assert "the policy was not asked yet" in mlops("policy", "decisions")
    assert "no release is open" in mlops("policy", "check")
    at_approve(world, monkeypatch)
    assert "promote: every clause holds" in mlops("policy", "check")
    assert decisions.history(world.prod) == [], "a check records nothing"
    answer.give(world)
    assert "promote (every clause holds)" in mlops("policy", "decisions")
    assert "lineage   holds" in mlops("policy", "decisions", "1")
    assert '"rows"' in mlops("policy", "decisions", "--json")
    assert "1 decisions made again" in mlops("policy", "again")
