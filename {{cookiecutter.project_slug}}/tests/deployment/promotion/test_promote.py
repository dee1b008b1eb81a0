"""A model goes from workspace to workspace: the same bytes, once, with its way back; anything doubtful stays."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.data import lock
from {{cookiecutter.package_name}}.deployment.promotion import (
    modeltests,
    package,
    promote,
    refusals,
    report,
    testing,
)
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.events import outbox
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.training import gate, register
from {{cookiecutter.package_name}}.training.registry import Registry, Version

from . import world

Spoil = Callable[[Path], object]


def hop(root: Path, source: str = "dev", target: str = "registry", version: str = "1") -> Version:
    return promote.promote(
        version, world.place(root, source), world.place(root, target), world.CLOCK, "tester", "a test"
    )


def versions(root: Path, name: str) -> list[Version]:
    return Registry(world.place(root, name), world.CLOCK).versions()


def told(root: Path, name: str) -> list[str]:
    with workspace.database(world.place(root, name).state, outbox.TABLES) as connection:
        return [str(json.loads(row["body"])["subject"]) for row in connection.execute("SELECT body FROM outbox")]


# --- what arrives


def test_a_version_travels_whole_and_unchanged_over_both_hops(repo: Path) -> None:
    first, second = hop(repo), hop(repo, "registry", "prod")
    (origin,) = versions(repo, "dev")
    assert first.sha256 == second.sha256 == origin.sha256
    there, here = world.artifacts(repo, "prod"), world.artifacts(repo, "dev")
    for name in package.FOLDERS:
        assert package.tree({name: there / name}) == package.tree({name: here / name})
    assert (there / "environment" / "training.lock").read_text() == (
        repo / "environments" / "training.lock"
    ).read_text()
    assert (there / "tests" / "junit.xml").is_file()
    assert (there / "handoff" / "feature_retrieval.json").is_file()


def test_its_tags_tell_the_way_that_it_came(repo: Path) -> None:
    hop(repo)
    made = hop(repo, "registry", "prod")
    (origin,) = versions(repo, "dev")
    assert made.tags["route"] == "dev:1 > registry > prod"
    assert (made.tags["origin"], made.tags["promoted_from"]) == ("dev:1", "registry:1")
    assert {name: made.tags[name] for name in origin.tags} == origin.tags
    assert made.tags["artifacts_sha256"] == package.tree(
        {name: world.artifacts(repo, "dev") / name for name in package.FOLDERS}
    )
    assert made.tags["report_sha256"] == report.latest(world.place(repo, "dev"), made.sha256)[2]


def test_the_ledger_and_an_event_say_it_once(repo: Path) -> None:
    made = hop(repo)
    (entry,) = Registry(world.place(repo, "registry"), world.CLOCK).history()
    assert (entry.action, entry.alias, entry.by, entry.reason) == ("register", "candidate", "tester", "a test")
    assert told(repo, "registry") == [f"models/{made.name}:1"]
    assert made.aliases == ("candidate",)


def test_the_same_digest_again_gives_the_version_that_is_there(repo: Path) -> None:
    assert hop(repo) == hop(repo)
    assert len(versions(repo, "registry")) == 1
    assert len(told(repo, "registry")) == 1


def test_a_copy_that_was_altered_there_is_told_and_not_taken_for_it(repo: Path) -> None:
    hop(repo)
    (world.artifacts(repo, "registry") / "handoff" / "MODEL_CARD.md").write_text("better than it is", encoding="utf-8")
    with pytest.raises(ModelError, match="the copy in registry"):
        hop(repo)
    with pytest.raises(ModelError, match="MODEL_CARD"):
        hop(repo, "registry", "prod")


def test_a_copy_that_comes_out_otherwise_becomes_no_version(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: Any = MlflowClient.log_artifacts

    def lossy(client: object, run: str, folder: str, name: str) -> None:
        sent(client, run, folder, name)
        for path in (repo / "workspaces" / "registry" / "artifacts").rglob("metrics.json"):
            path.write_text("{}", encoding="utf-8")

    monkeypatch.setattr(MlflowClient, "log_artifacts", lossy)
    with pytest.raises(ModelError, match="sent was"):
        hop(repo)
    assert versions(repo, "registry") == []
    monkeypatch.setattr(MlflowClient, "log_artifacts", sent)
    assert hop(repo).number == "1"


def test_what_a_killed_promotion_left_may_be_told_by_any_command(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> Version:
        raise KeyboardInterrupt

    whole = promote.Taker.announce
    monkeypatch.setattr(promote.Taker, "announce", killed)
    with pytest.raises(KeyboardInterrupt):
        hop(repo)
    monkeypatch.setattr(promote.Taker, "announce", whole)
    assert len(Registry(world.place(repo, "registry"), world.CLOCK).history()) == 1
    assert hop(repo).aliases == ("candidate",)
    assert hop(repo, "registry", "prod").tags["route"] == "dev:1 > registry > prod"
    assert len(told(repo, "registry")) == 1


def test_a_target_whose_ledger_was_written_to_takes_nothing(repo: Path) -> None:
    hop(repo)
    state(repo, "DROP TRIGGER ledger_no_update", "UPDATE ledger SET by = 'nobody'", workspace="registry")
    with pytest.raises(ModelError, match="is not as it was written"):
        hop(repo)


def test_an_alias_that_was_moved_by_hand_in_the_target_is_told(repo: Path) -> None:
    made = hop(repo)
    Registry(world.place(repo, "registry"), world.CLOCK).client.set_registered_model_alias(made.name, "champion", "1")
    with pytest.raises(ModelError, match="alias 'champion' stands at version 1"):
        hop(repo)


def test_two_promotions_into_one_workspace_do_not_meet(repo: Path) -> None:
    with lock.held(world.place(repo, "registry").folder / "promotion"), pytest.raises(ModelError, match="on its way"):
        hop(repo)


def test_workspaces_with_one_tracking_server_are_refused(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(workspace.TRACKING, world.place(repo, "registry").tracking_uri)
    with pytest.raises(ModelError, match="one MLflow"):
        hop(repo)


# --- what is refused


def change(root: Path, name: str, text: str = "altered", workspace: str = "dev") -> None:
    """Change a file of the version; the hand-off's checksums are renewed, as somebody would who means to deceive."""
    folder = world.artifacts(root, workspace)
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "handoff" / handoff.SUMS).write_text(handoff.sums(folder / "handoff"), encoding="utf-8")


def remove(root: Path, name: str) -> None:
    (world.artifacts(root, "dev") / name).unlink()


def edit(root: Path, name: str, **values: object) -> None:
    path = world.artifacts(root, "dev") / name
    handoff.write_json(path, {**handoff.read_json(path), **values})


def tag(root: Path, name: str, value: str) -> None:
    registry = Registry(world.place(root, "dev"), world.CLOCK)
    registry.client.set_model_version_tag(registry.name, "1", name, value)


def untag(root: Path, name: str) -> None:
    registry = Registry(world.place(root, "dev"), world.CLOCK)
    registry.client.delete_model_version_tag(registry.name, "1", name)


def state(root: Path, *words: str, workspace: str = "dev") -> None:
    """Write into the workspace's database past all that guards it."""
    with closing(sqlite3.connect(world.place(root, workspace).state)) as connection:
        for word in words:
            connection.execute(word)
        connection.commit()


def never_tested(root: Path) -> None:
    state(root, "DROP TRIGGER model_tests_no_delete", "DELETE FROM model_tests")


def report_of_another(root: Path) -> None:
    """A real report that passed, about another model, put under this one's name."""
    place, (version,) = world.place(root, "dev"), versions(root, "dev")
    found, _, _ = report.latest(place, version.sha256)
    other = report.Report("ab" * 32, found.artifacts_sha256, found.tests_sha256, found.at, found.cases)
    folder = report.write(other, report.folder_of(place, version.sha256))
    digest = handoff.sha256(folder / report.REPORT)
    state(
        root,
        "INSERT INTO model_tests (at, by, model_sha256, report_sha256, passed) "  # noqa: S608
        f"VALUES ('', '', '{version.sha256}', '{digest}', 1)",
    )


def whitewash(root: Path) -> None:
    """Fail the tests, then edit the report into one that passed."""
    limits = root / "modeltests.toml"
    limits.write_text(world.LIMITS + "[size]\nmegabytes = 0.000001\n", encoding="utf-8")
    made, folder = testing.run(world.place(root, "dev"), "1", world.CLOCK, "tester")
    assert not made.passed
    path = folder / report.REPORT
    path.write_text(path.read_text(encoding="utf-8").replace("false", "true"), encoding="utf-8")


def failed(root: Path) -> None:
    (root / "modeltests.toml").write_text(world.LIMITS + "[size]\nmegabytes = 0.000001\n", encoding="utf-8")
    testing.run(world.place(root, "dev"), "1", world.CLOCK, "tester")


def new_limits(root: Path) -> None:
    (root / "modeltests.toml").write_text(world.LIMITS + "[size]\nmegabytes = 40\n", encoding="utf-8")


def other_history(root: Path) -> None:
    for path in (root / "data" / "landed" / "manifests").glob("*.json"):
        path.unlink()


def rewritten_history(root: Path) -> None:
    (path,) = (root / "data" / "landed" / "manifests").glob("*.json")
    text = path.read_text(encoding="utf-8")
    first = json.loads(text)["added"][0]["sha256"]
    path.write_text(text.replace(first, hashlib.sha256(b"").hexdigest()), encoding="utf-8")


def recorded(root: Path, **values: object) -> None:
    """Change the record, and the tags that tell of it."""
    path = world.artifacts(root, "dev") / "record" / "record.json"
    found = {**handoff.read_json(path), **values}
    handoff.write_json(path, found)
    for name, text in {**register.tags_of(found), "record_sha256": handoff.sha256(path)}.items():
        tag(root, name, text)


def other_lock(root: Path) -> None:
    """Neither this checkout nor the commit has the lock that was recorded."""
    found = handoff.read_json(world.artifacts(root, "dev") / "record" / "record.json")
    recorded(root, environment={**found["environment"], "lock_sha256": "0" * 64})


def strict_gate(root: Path) -> None:
    """A verdict that is honest, and a refusal."""
    folder = world.artifacts(root, "dev")
    policy = folder / "verdict" / "gate.toml"
    policy.write_text("[floors]\nminutes = { mae = 0.0001 }\n", encoding="utf-8")
    handoff.write_json(folder / "verdict" / "verdict.json", gate.judge(folder / "evaluation", policy).as_json())


def other_run(root: Path) -> None:
    """The record is what its tag says, and another tag is not what the record says."""
    recorded(root, cause="another")
    tag(root, "run", "another")


def other_verdict(root: Path) -> None:
    """A verdict that is fine in itself, and was not the one which was registered."""
    path = world.artifacts(root, "dev") / "verdict" / "verdict.json"
    found = handoff.read_json(path)
    found["clauses"][0]["seen"] = "a million rows"
    handoff.write_json(path, found)


# what is wrong -> the clauses that refuse, and words that must be said
REFUSED: dict[str, tuple[set[str], str, Spoil]] = {
    "no evaluation": ({"evaluated", "tests"}, "unevaluated", lambda it: remove(it, "evaluation/evaluation.json")),
    "no verdict": ({"evaluated", "tests"}, "no verdict/verdict.json", lambda it: remove(it, "verdict/verdict.json")),
    "a verdict that refused": ({"gate", "intact", "tests"}, "did not pass it: floor", strict_gate),
    "a verdict that was edited": (
        {"gate", "intact", "tests"},
        "is not what the gate makes",
        lambda it: edit(it, "verdict/verdict.json", passed=False),
    ),
    "a gate that was never asked": ({"gate", "intact"}, "did not pass", lambda it: tag(it, "gate", "skipped")),
    "no test report": ({"tests"}, "no test report", never_tested),
    "a report of another model": ({"tests"}, "is of model abababababab", report_of_another),
    "a report that was edited": ({"tests"}, "was changed after", whitewash),
    "a failed report": ({"tests"}, "failed its tests: size", failed),
    "a report of other limits": ({"tests"}, "limits were changed", new_limits),
    "another model file": (
        {"intact", "tests"},
        "it was altered: handoff",
        lambda it: change(it, "handoff/model.skops"),
    ),
    "another model for MLflow": (
        {"intact", "tests"},
        "model/model.skops is",
        lambda it: change(it, "model/model.skops"),
    ),
    "another card": (
        {"intact", "tests"},
        "altered: handoff/SHA256SUMS",
        lambda it: change(it, "handoff/MODEL_CARD.md"),
    ),
    "a card that is gone": (
        {"intact", "tests"},
        "MODEL_CARD.md is missing",
        lambda it: remove(it, "handoff/MODEL_CARD.md"),
    ),
    "another signature": ({"tests"}, "altered after its tests", lambda it: change(it, "model/MLmodel")),
    "another features list": (
        {"intact", "tests"},
        "altered: handoff/SHA256SUMS",
        lambda it: change(it, "handoff/feature_retrieval.json"),
    ),
    "a file more": ({"tests"}, "altered after", lambda it: change(it, "model/more.py")),
    "a better evaluation": (
        {"gate", "intact", "tests"},
        "evaluation.json is",
        lambda it: edit(it, "evaluation/evaluation.json", a=1),
    ),
    "other predictions": (
        {"intact", "tests"},
        "predictions.parquet is",
        lambda it: change(it, "evaluation/predictions.parquet"),
    ),
    "another verdict": ({"gate", "intact", "tests"}, "not the one that was registered", other_verdict),
    "another record": (
        {"intact", "tests"},
        "record/record.json is",
        lambda it: edit(it, "record/record.json", commit="f" * 40),
    ),
    "no record": ({"intact", "tests"}, "record/record.json is absent", lambda it: remove(it, "record/record.json")),
    "a record of another run": ({"intact", "tests"}, "tag run is", other_run),
    "a tag that lies": ({"intact"}, "tag snapshot is", lambda it: tag(it, "snapshot", "f" * 64)),
    "a tag that is missing": ({"intact"}, "tag batch is absent", lambda it: untag(it, "batch")),
    "an unknown batch": ({"traceable"}, "is unknown", other_history),
    "another history": ({"traceable"}, "is unknown", rewritten_history),
    "no such commit": ({"traceable"}, "is not in this repo", world.without_commits),
    "a lock that nobody has": ({"traceable", "tests"}, "the lock 000000000000", other_lock),
    "a digest that was never registered": (
        {"registered"},
        "is not as it was written",
        lambda it: state(it, "DROP TRIGGER ledger_no_update", "UPDATE ledger SET sha256 = ''"),
    ),
    "no entry in the ledger": (
        {"registered"},
        "the ledger",
        lambda it: state(it, "DROP TRIGGER ledger_no_delete", "DELETE FROM ledger"),
    ),
}


MARKED: dict[str, dict[str, object]] = {
    "uncommitted": {"uncommitted": ["src/a.py"]},
    "unlocked": {"unlocked": ["numpy is 3, and 2 is locked"]},
    "champion left out": {"champion": "left out"},
}


@pytest.mark.parametrize("mark", MARKED)
def test_a_marked_version_comes_in_where_the_target_allows_it(repo: Path, mark: str) -> None:
    recorded(repo, **MARKED[mark])
    testing.run(world.place(repo, "dev"), "1", world.CLOCK, "tester")
    with pytest.raises(refusals.RefusedError, match=f"takes no version that is marked {mark}"):
        hop(repo)
    allowed = world.WORKSPACES.replace("[workspace.registry]", f'[workspace.registry]\nallows = ["{mark}"]')
    (repo / "workspaces.toml").write_text(allowed, encoding="utf-8")
    assert hop(repo).number == "1"


@pytest.mark.parametrize(("clauses", "said", "spoil"), REFUSED.values(), ids=REFUSED)
def test_a_doubtful_version_is_refused_with_the_reason(repo: Path, clauses: set[str], said: str, spoil: Spoil) -> None:
    spoil(repo)
    with pytest.raises(refusals.RefusedError) as caught:
        hop(repo)
    assert {check.name for check in caught.value.checks if check.passed is False} == clauses
    assert said in caught.value.problem
    assert versions(repo, "registry") == []


def test_each_clause_has_refused() -> None:
    refused = {clause for clauses, _, _ in REFUSED.values() for clause in clauses} | {"hop"}
    assert refused == {name for name, _, _ in refusals.CLAUSES}


def test_no_hop_is_skipped(repo: Path) -> None:
    with pytest.raises(refusals.RefusedError, match="prod receives from registry, not from dev"):
        hop(repo, "dev", "prod")
    with pytest.raises(refusals.RefusedError, match="dev receives from no other workspace"):
        hop_back(repo)


def hop_back(root: Path) -> Version:
    """Against the way."""
    hop(root)
    return hop(root, "registry", "dev")


def test_a_report_about_the_tests_as_they_were_does_not_do_for_the_next_hop(repo: Path) -> None:
    hop(repo)
    new_limits(repo)
    with pytest.raises(refusals.RefusedError, match="limits were changed"):
        hop(repo, "registry", "prod")
    testing.run(world.place(repo, "registry"), "1", world.CLOCK, "tester")
    assert hop(repo, "registry", "prod").number == "1"


def test_the_tests_digest_follows_the_code_and_the_limits(tmp_path: Path) -> None:
    policy = tmp_path / "modeltests.toml"
    policy.write_text("", encoding="utf-8")
    before = modeltests.digest(policy)
    policy.write_text("[size]\n", encoding="utf-8")
    assert modeltests.digest(policy) != before
