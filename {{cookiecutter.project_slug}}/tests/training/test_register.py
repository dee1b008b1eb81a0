"""The step `register`: what passed the gate, as it passed, by code and libraries that can be had again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.clock import SystemClock
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.training import gate, judge, policy, register
from {{cookiecutter.package_name}}.training.context import Context
from {{cookiecutter.package_name}}.training.register import Made
from {{cookiecutter.package_name}}.training.versions import LEFT_OUT, RECORD, RECORDS, Version
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made


def context(place: Workspace, *, uncommitted: bool = False) -> Context:
    """That of the one run, which is still open as far as this step knows."""
    (tracked,) = made.registered(place).client.search_runs(["1"])
    return Context("r2", tracked.info.run_id, "by hand", uncommitted)


def run(place: Workspace, out: Path, *, uncommitted: bool = False, **folders: Path) -> Version:
    """Register what the one run has left, with other folders in the place of some."""
    given = replace(made.folders(place), **folders)
    return register.run(given, context(place, uncommitted=uncommitted), place.root, SystemClock(), out)


def anew(place: Workspace) -> None:
    """Forget the version that is registered, so that it can be again."""
    known = made.registered(place)
    known.client.delete_registered_model(known.name)
    place.state.unlink()


def resum(folder: Path) -> None:
    """Renew a hand-off's checksums, as somebody would who means to deceive."""
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8", newline="\n")


def test_the_same_model_again_is_the_version_that_is_there(place: Workspace, tmp_path: Path) -> None:
    assert run(place, tmp_path / "out").number == "1"
    said = made.read(tmp_path / "out" / "version.json")
    assert (said["version"], said["again"]) == ("1", True)
    assert len(made.registered(place).history()) == 1


def test_the_record_says_all_that_a_reproduction_needs(place: Workspace) -> None:
    known = made.registered(place)
    (version,) = known.versions()
    with known.files(version, RECORDS) as folder:
        record = made.read(folder / RECORD)
    folders = made.folders(place)
    assert record["commit"] == made.git(place.root, "rev-parse", "HEAD").strip()
    assert (record["uncommitted"], record["unlocked"], record["seed"], record["champion"]) == ([], [], 7, "none")
    assert record["snapshot"] == made.read(folders.snapshot / "snapshot.json")
    assert record["value"] == made.read(folders.evaluation / judge.RESULT)["model"]["mae"]
    assert record["gate"] == made.read(folders.verdict / gate.VERDICT)
    assert record["environment"]["packages"]["mlflow"]
    assert version.tags["metric"] == f"mae={record['value']!r}"
    assert version.tags["snapshot"] == record["snapshot"]["state"]


# --- sabotages between the gate and the registry


def refused_and_hidden(it: Made) -> None:
    """A verdict that says no, made to say yes."""
    found = made.read(it.evaluation / judge.RESULT)
    made.rewrite(it.evaluation / judge.RESULT, gain=-1.0, low=-2.0)
    kept = shutil.copyfile(it.verdict / policy.FILE, it.verdict.parent / policy.FILE)
    with pytest.raises(gate.GateError):
        gate.run(it.evaluation, kept, it.verdict)
    made.rewrite(it.verdict / gate.VERDICT, passed=True, clauses=[])
    made.rewrite(it.evaluation / judge.RESULT, **found)


def evaluation_improved(it: Made) -> None:
    made.rewrite(it.evaluation / judge.RESULT, model={"mae": 0.1})


def model_altered(it: Made) -> None:
    path = it.model / handoff.MODEL
    path.write_bytes(path.read_bytes() + b" ")


def model_swapped_everywhere(it: Made) -> None:
    for folder in (it.model, it.handoff):
        (folder / handoff.MODEL).write_bytes(b"another model")
    resum(it.handoff)


def handoff_altered(it: Made) -> None:
    (it.handoff / handoff.RESPONSE).write_text("{}", encoding="utf-8")


def handoff_of_another_model(it: Made) -> None:
    (it.handoff / handoff.MODEL).write_bytes(b"another model")
    resum(it.handoff)


def without_signature(it: Made) -> None:
    made.replace(it.model / register.MLMODEL, "signature:", "no_signature:")


def without_outputs(it: Made) -> None:
    made.replace(it.model / register.MLMODEL, "  outputs:", "  nothing:")


def without_mlflow_s_word(it: Made) -> None:
    (it.model / register.MLMODEL).unlink()


SABOTAGES: dict[str, tuple[Callable[[Made], None], str]] = {
    "a refusal hidden": (refused_and_hidden, "is not what the gate makes of"),
    "the evaluation improved": (evaluation_improved, "is not what the gate makes of"),
    "the model altered": (model_altered, "the model is not the one that the gate has judged"),
    "the model swapped everywhere": (model_swapped_everywhere, "the model is not the one that the gate has judged"),
    "the hand-off altered": (handoff_altered, "is not the file that was handed off"),
    "the hand-off of another model": (handoff_of_another_model, "the model is not the one that the gate has judged"),
    "no signature": (without_signature, "the model has no signature"),
    "half a signature": (without_outputs, "the model has no signature"),
    "no MLmodel": (without_mlflow_s_word, "the model has no signature"),
}


@pytest.mark.parametrize(("sabotage", "said"), SABOTAGES.values(), ids=SABOTAGES)
def test_what_is_not_what_the_gate_has_seen_is_not_registered_whatever_is_allowed(
    place: Workspace, tmp_path: Path, sabotage: Callable[[Made], None], said: str
) -> None:
    sabotage(made.folders(place))
    for uncommitted in (False, True):
        with pytest.raises(ModelError, match=said):
            run(place, tmp_path / "out", uncommitted=uncommitted)
    assert not (tmp_path / "out").exists()


def test_a_model_that_the_gate_refused_is_not_registered(place: Workspace, tmp_path: Path) -> None:
    it = made.folders(place)
    made.rewrite(it.evaluation / judge.RESULT, gain=-1.0, low=-2.0)
    with pytest.raises(gate.GateError):
        gate.run(it.evaluation, place.root / policy.FILE, it.verdict)
    with pytest.raises(ModelError, match="the gate did not pass this model"):
        run(place, tmp_path / "out", uncommitted=True)


def test_another_policy_than_the_repo_s_counts_for_nothing(place: Workspace, tmp_path: Path) -> None:
    lenient = tmp_path / "lenient.toml"
    lenient.write_text("[rows]\ntrain = 1\ntest = 1\n", encoding="utf-8")
    gate.run(made.folders(place).evaluation, lenient, tmp_path / "verdict")
    with pytest.raises(ModelError, match=r"judged by another policy than gate\.toml"):
        run(place, tmp_path / "out", verdict=tmp_path / "verdict", uncommitted=True)


def test_outside_of_a_run_nothing_is_registered(place: Workspace, tmp_path: Path) -> None:
    nowhere = Context("by-hand", "", "by hand", uncommitted=True)
    with pytest.raises(ModelError, match="no run is open"):
        register.run(made.folders(place), nowhere, place.root, SystemClock(), tmp_path)


# --- code and libraries


def edited(root: Path) -> None:
    made.replace(root / "project.toml", "seed = 7", "seed = 8")


def added(root: Path) -> None:
    (root / "src" / "new.py").write_text("", encoding="utf-8")


def staged(root: Path) -> None:
    edited(root)
    made.git(root, "add", "--all")


@pytest.mark.parametrize("sabotage", [edited, added, staged])
def test_code_that_nobody_could_get_again_is_refused_or_marked(
    place: Workspace, tmp_path: Path, sabotage: Callable[[Path], None]
) -> None:
    sabotage(place.root)
    with pytest.raises(ModelError, match="this code is not committed: "):
        run(place, tmp_path / "out")
    anew(place)
    version = run(place, tmp_path / "out", uncommitted=True)
    assert version.tags["uncommitted"] == "1"
    assert version.marks == ["code not committed"]


def test_many_changed_files_are_counted(place: Workspace, tmp_path: Path) -> None:
    for number in range(8):
        (place.root / f"{number}.txt").write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match=r"0\.txt, 1\.txt, 2\.txt, 3\.txt, 4\.txt and 3 more"):
        run(place, tmp_path / "out")


def unlock(root: Path) -> None:
    """Lock another version of a library than is installed."""
    path = root / "environments" / "training.lock"
    lines = [
        "mlflow==1.0.0" + line[line.find(" ") :] if line.startswith("mlflow==") else line
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    made.commit(root, "another lock")


def test_libraries_that_are_not_the_locked_ones_are_refused_or_marked(place: Workspace, tmp_path: Path) -> None:
    unlock(place.root)
    with pytest.raises(ModelError, match=r"mlflow is .*, and 1\.0\.0 is locked"):
        run(place, tmp_path / "out")
    anew(place)
    version = run(place, tmp_path / "out", uncommitted=True)
    assert (version.tags["unlocked"], version.tags["uncommitted"]) == ("1", "0")
    assert "1.0.0 is locked" in json.dumps(made.read(tmp_path / "out" / "version.json")["unlocked"])


# --- the champion


def test_a_champion_that_was_left_out_is_marked(place: Workspace) -> None:
    known = made.registered(place)
    known.promote(known.get("1"), by="tester", reason="", action="release")
    assert register.champion_of(made.folders(place), known) == LEFT_OUT
    made.rewrite(made.folders(place).evaluation / judge.RESULT, champion={"digest": "ab" * 32})
    assert register.champion_of(made.folders(place), known) == "ab" * 32
