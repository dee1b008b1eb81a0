"""A release puts one registered version behind the service: idempotent, one command, and one back."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import handoff, project
from {{cookiecutter.package_name}}.service import accept, store
from {{cookiecutter.package_name}}.training import ledger, registry, release
from {{cookiecutter.package_name}}.training.registry import Registry
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

CLOCK = SimulatedClock(datetime(2035, 3, 1, tzinfo=UTC))
RUNS = 3


@pytest.fixture(scope="session")
def several(ran: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo with three versions, of which none is released. Copy it before you change anything."""
    root = shutil.copytree(ran, tmp_path_factory.mktemp("several") / "repo", symlinks=True)
    made.moved(ran, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for seed in range(8, 7 + RUNS):
            made.replace(root / "project.toml", f"seed = {seed - 1}", f"seed = {seed}")
            made.commit(root, f"seed {seed}")
            made.again(Workspace(root))
    return root


@pytest.fixture
def place(several: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace of a copy of it."""
    copy = shutil.copytree(several, tmp_path / "repo", symlinks=True)
    made.moved(several, copy)
    monkeypatch.chdir(copy)
    return Workspace(copy)


def go(place: Workspace, version: str, reason: str = "") -> release.Released:
    return release.run(place, version, CLOCK, "tester", reason)


def served(place: Workspace) -> str:
    """The digest of the model that the service would load, which loads it to find out."""
    return store.Store(place.root / release.MODELS).load().digest


def test_the_released_version_is_the_one_that_is_served(place: Workspace) -> None:
    done = go(place, "1", "the first")
    known = made.registered(place)
    assert (done.version, done.previous, done.changed) == ("1", "", True)
    assert served(place) == known.get("1").sha256
    assert known.champion() == known.get("1")
    assert release.served(place, CLOCK) == known.get("1")
    entry = known.history()[-1]
    assert (entry.action, entry.by, entry.reason, entry.version) == ("release", "tester", "the first", "1")
    assert entry.at == CLOCK.now().isoformat()
    assert made.told(place)[-1] == ("ModelDeployed", f"{registry.name_of()}:1")


def test_again_changes_nothing(place: Workspace) -> None:
    go(place, "1")
    before = (made.told(place), len(made.registered(place).history()))
    done = go(place, "v1")
    assert not done.changed
    assert "released already" in done.sentence
    assert (made.told(place), len(made.registered(place).history())) == before


def test_back_goes_one_release_further_each_time(place: Workspace) -> None:
    for version in ("1", "2", "3"):
        go(place, version)
    assert [release.back(place, CLOCK).version for _ in range(2)] == ["2", "1"]
    assert served(place) == made.registered(place).get("1").sha256
    assert made.registered(place).history()[-1].action == "rollback"
    with pytest.raises(ModelError, match="no version to go back to"):
        release.back(place, CLOCK)


def test_the_sentence_says_what_it_replaced(place: Workspace) -> None:
    go(place, "1")
    assert go(place, "2").sentence.endswith("in the place of version 1")


TALES = {
    "nothing was released": ([], None),
    "one release": ([("release", "1")], None),
    "two": ([("release", "1"), ("release", "2")], "1"),
    "two and back": ([("release", "1"), ("release", "2"), ("rollback", "1")], None),
    "three, back, another": ([("release", "1"), ("release", "2"), ("rollback", "1"), ("release", "3")], "1"),
    "an older one released on purpose": ([("release", "1"), ("release", "2"), ("release", "1")], "2"),
    "back twice": ([("release", "1"), ("release", "2"), ("release", "3"), ("rollback", "2"), ("rollback", "1")], None),
}


@pytest.mark.parametrize(("tale", "target"), TALES.values(), ids=TALES)
def test_back_is_to_what_was_released_before(tale: list[tuple[str, str]], target: str | None) -> None:
    found = [
        ledger.Entry(number, "", "", action, "m", "champion", version, "", "", "", "")
        for number, (action, version) in enumerate(tale, 1)
    ]
    assert release.before(found) == target


# --- what is refused


def test_a_version_that_did_not_pass_the_gate_is_not_released(place: Workspace) -> None:
    known = made.registered(place)
    known.client.set_model_version_tag(known.name, "1", "gate", "refused")
    with pytest.raises(ModelError, match="has not passed the gate"):
        go(place, "1")
    assert not (place.root / release.MODELS).exists()


def test_an_altered_artifact_is_not_released(place: Workspace) -> None:
    go(place, "1")
    source = made.registered(place).get("2").source
    path = Path(source.removeprefix("file://")).parent / registry.FOLDER / handoff.MODEL
    path.write_bytes(path.read_bytes() + b" ")
    before = made.told(place)
    with pytest.raises(ModelError):
        go(place, "2")
    assert served(place) == made.registered(place).get("1").sha256
    assert made.told(place) == before


def test_while_the_ledger_is_broken_nothing_is_released(place: Workspace) -> None:
    known = made.registered(place)
    known.client.set_registered_model_alias(known.name, registry.CANDIDATE, "1")
    with pytest.raises(ModelError, match="stands at version 1, the ledger says 3"):
        go(place, "2")
    assert not (place.root / release.MODELS).exists()
    known.restore()
    assert go(place, "2").changed


def test_a_model_that_takes_what_nobody_sends_is_not_released(place: Workspace, tmp_path: Path) -> None:
    with made.registered(place).files(made.registered(place).get("1")) as found:
        folder = shutil.copytree(found, tmp_path / "handoff")
    about = made.read(folder / handoff.SCHEMA)
    about["schema"]["columns"]["strange"] = {"kind": "numeric", "nullable": True, "min": None, "max": None}
    made.rewrite(folder / handoff.SCHEMA, schema=about["schema"])
    (folder / "feature_retrieval.json").unlink()
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8", newline="\n")
    with pytest.raises(ModelError, match="takes strange, which nobody sends"):
        release.expected_of(folder, project.load().schema_only)


def test_a_version_with_other_stored_features_than_are_defined_now_is_still_taken(
    place: Workspace, tmp_path: Path
) -> None:
    with made.registered(place).files(made.registered(place).get("1")) as found:
        folder = shutil.copytree(found, tmp_path / "handoff")
    about = made.read(folder / handoff.SCHEMA)
    about["schema"]["columns"]["older_feature"] = {"kind": "numeric", "nullable": True, "min": None, "max": None}
    made.rewrite(folder / handoff.SCHEMA, schema=about["schema"])
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8", newline="\n")
    assert "older_feature" in release.expected_of(folder, project.load().schema_only).columns


# --- broken off


def test_killed_before_the_ledger_knows_the_next_release_says_it(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    go(place, "1")
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "promote", die)
        with pytest.raises(KeyboardInterrupt):
            go(place, "2")
    assert made.registered(place).champion() == made.registered(place).get("1")
    done = go(place, "2")
    assert (done.changed, done.previous) == (True, "1")
    assert made.told(place).count(("ModelDeployed", f"{registry.name_of()}:2")) == 1
    assert not go(place, "2").changed


def test_who_went_around_with_accept_is_brought_back_by_a_release(place: Workspace) -> None:
    go(place, "1")
    known = made.registered(place)
    with known.files(known.get("2")) as folder:
        expected = release.expected_of(folder, project.load().schema_only)
        accept.run(folder, expected, store.Store(place.root / release.MODELS), CLOCK)
    assert served(place) == known.get("2").sha256
    done = go(place, "1")
    assert (done.changed, served(place)) == (True, known.get("1").sha256)
