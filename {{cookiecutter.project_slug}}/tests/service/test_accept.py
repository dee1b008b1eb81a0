"""Acceptance: a good hand-off is kept and recorded; each gate turns red under its own sabotage, and names it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import skops.io
from sklearn.pipeline import Pipeline

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import handoff, project
from {{cookiecutter.package_name}}.service import accept, checks, store

from . import made


def take(folder: Path, models: Path, reason: str = "", schema: project.Schema | None = None) -> accept.Accepted:
    expected = schema or made.schema()
    return accept.run(folder, expected, store.Store(models), made.CLOCK, by="Ada", reason=reason)


def refused(folder: Path, models: Path, schema: project.Schema | None = None) -> dict[str, str]:
    """Check -> detail, of those that did not pass."""
    with pytest.raises(accept.RefusedError) as caught:
        take(folder, models, schema=schema)
    return {check.name: check.detail for check in caught.value.checks if not check.passed}


def test_an_accepted_model_is_kept_recorded_and_served(folder: Path, tmp_path: Path) -> None:
    done = take(folder, tmp_path / "models")
    assert done.folder.name == done.digest[:12]
    assert all(check.passed for check in done.checks)
    record = json.loads((done.folder / "acceptance.json").read_text(encoding="utf-8"))
    assert (record["by"], record["at"], record["compiled"]) == ("Ada", "2026-03-02T09:00:00+00:00", True)
    assert record["proof"]["rows"] > 1000
    text = (done.folder / "ACCEPTANCE.md").read_text(encoding="utf-8")
    assert all(words in text for words in ("Ada", done.digest, "bit masks", "sample scores | passed"))
    assert store.Store(tmp_path / "models").load().digest == done.digest


def test_accepting_again_keeps_the_first_record(folder: Path, tmp_path: Path) -> None:
    first = take(folder, tmp_path / "models")
    before = (first.folder / "acceptance.json").read_bytes()
    second = accept.run(folder, made.schema(), store.Store(tmp_path / "models"), made.CLOCK, by="Bob")
    assert second.again
    assert (first.folder / "acceptance.json").read_bytes() == before
    assert {path.name for path in (tmp_path / "models").iterdir()} == {first.digest[:12], "current.json"}


def test_a_model_with_a_new_card_is_accepted_anew(folder: Path, tmp_path: Path) -> None:
    first = take(folder, tmp_path / "models")
    (folder / handoff.CARD).write_text("reviewed", encoding="utf-8")
    made.change(folder, handoff.METRICS)
    second = take(folder, tmp_path / "models")
    assert (second.digest, second.again) == (first.digest, False)
    assert (second.folder / handoff.CARD).read_text(encoding="utf-8") == "reviewed"


def test_accepting_an_older_model_again_goes_back_to_it(folder: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    older = take(folder, models)
    newer = shutil.copytree(folder, tmp_path / "newer")
    model = handoff.load(newer).pipeline
    model.steps[1][1]._baseline_prediction += 1.0
    made.swap(newer, skops.io.dumps(model))
    answers = [{"prediction": item["prediction"] + 1.0} for item in response(folder)]
    made.change(newer, handoff.RESPONSE, predictions=answers)
    assert take(newer, models).digest != older.digest
    assert take(older.folder, models).again
    assert store.Store(models).current() == older.digest


def response(folder: Path) -> list[dict[str, float]]:
    found = handoff.read_json(folder / handoff.RESPONSE)["predictions"]
    assert isinstance(found, list)
    return found


def flip(folder: Path) -> None:
    """One byte of the model file."""
    content = bytearray((folder / handoff.MODEL).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / handoff.MODEL).write_bytes(bytes(content))


def lose(folder: Path) -> None:
    (folder / handoff.CARD).unlink()


def unlist(folder: Path) -> None:
    sums = (folder / handoff.SUMS).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in sums if handoff.RESPONSE not in line]
    (folder / handoff.SUMS).write_text("".join(kept), encoding="utf-8")


def other_model(folder: Path) -> None:
    """Another model file than `schema.json` is about, with the checksums renewed."""
    model = skops.io.dumps(Pipeline([("columns", handoff.load(folder).pipeline.steps[0][1])]))
    (folder / handoff.MODEL).write_bytes(model)
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8")


def other_column(folder: Path) -> None:
    about = handoff.read_json(folder / handoff.SCHEMA)
    about["schema"]["columns"]["warm"]["nullable"] = False
    made.change(folder, handoff.SCHEMA, **about)


def other_answer(folder: Path) -> None:
    answers = response(folder)
    answers[1]["prediction"] *= 1.0 + 1e-7
    made.change(folder, handoff.RESPONSE, predictions=answers)


def few_answers(folder: Path) -> None:
    made.change(folder, handoff.REQUEST, records=handoff.read_json(folder / handoff.REQUEST)["records"][:2])
    made.change(folder, handoff.RESPONSE, predictions=response(folder)[:2])


def odd_request(folder: Path) -> None:
    records = handoff.read_json(folder / handoff.REQUEST)["records"]
    records[0]["size"] = "large"
    made.change(folder, handoff.REQUEST, records=records)


def other_version(folder: Path) -> None:
    libraries = handoff.read_json(folder / handoff.SCHEMA)["libraries"]
    made.change(folder, handoff.SCHEMA, libraries={**libraries, "scikit-learn": "0.24.2"})


def code_inside(folder: Path) -> None:
    made.swap(folder, skops.io.dumps(Pipeline([("columns", handoff.load(folder).pipeline), ("model", CodeInside())])))


class CodeInside:
    """A type that nobody reviewed."""

    def fit(self) -> None: ...

    def predict(self) -> None: ...


def no_better(folder: Path) -> None:
    found = handoff.read_json(folder / handoff.METRICS)
    made.change(folder, handoff.METRICS, model=found["baseline"], verdict="better")


def unclear(folder: Path) -> None:
    made.change(folder, handoff.METRICS, verdict="unclear")


def other_metric(folder: Path) -> None:
    made.change(folder, handoff.METRICS, metric="rmse")


SABOTAGES: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a byte of the model is flipped": (flip, "checksums", "model.skops is missing or changed"),
    "a file is missing": (lose, "checksums", "MODEL_CARD.md is missing or changed"),
    "a file is not listed": (unlist, "checksums", "sample_response.json is not listed"),
    "the model is not the described one": (other_model, "format", "describes another model file"),
    "the format is a later one": (lambda folder: made.change(folder, handoff.SCHEMA, format=2), "format", "format 2"),
    "a column may be missing and here not": (other_column, "interface", "columns.warm"),
    "the library is of another version": (other_version, "libraries", "0.24.2"),
    "the model holds code": (code_inside, "trusted types", "CodeInside"),
    "a recorded answer differs a little": (other_answer, "sample scores", "sample record 1 (pipeline)"),
    "the model says always the same": (made.constant, "sample scores", "sample record 0 (pipeline)"),
    "two samples are too few": (few_answers, "sample scores", "at least 3"),
    "the sample is no request": (odd_request, "scorer", "records[0].size"),
    "the baseline is as good": (no_better, "baseline", "no better than the naive baseline"),
    "nobody knows if it is better": (unclear, "baseline", "unclear whether it is better"),
    "it was judged by another metric": (other_metric, "baseline", "judged by 'rmse'"),
}


AFTER = {"format", "interface", "libraries", "trusted types", "scorer", "sample scores"}  # they read the same files


@pytest.mark.parametrize(("spoil", "check", "words"), SABOTAGES.values(), ids=SABOTAGES)
def test_each_gate_refuses_what_it_guards_against(
    spoil: Callable[[Path], None], check: str, words: str, folder: Path, tmp_path: Path
) -> None:
    spoil(folder)
    failed = refused(folder, tmp_path / "models")
    assert words in failed[check]
    assert set(failed) - {check} <= AFTER, "and nothing that has to do with it"
    assert not list((tmp_path / "models").iterdir()), "a refusal leaves nothing behind"


def test_every_gate_has_its_sabotage() -> None:
    assert {check for _, check, _ in SABOTAGES.values()} == {name for name, _, _ in checks.CHECKS}


def test_a_model_of_another_table_is_refused_key_by_key(folder: Path, tmp_path: Path) -> None:
    expected = made.schema(size={"kind": "numeric", "min": 1}, fare={"kind": "numeric"})
    failed = refused(folder, tmp_path / "models", expected)["interface"]
    assert "columns.size" in failed
    assert "columns.fare is 'absent'" in failed


def test_all_failed_checks_are_listed_and_what_could_not_be_run(folder: Path, tmp_path: Path) -> None:
    other_version(folder)
    no_better(folder)
    lose(folder)
    with pytest.raises(accept.RefusedError) as caught:
        take(folder, tmp_path / "models")
    outcome = {check.name: check.mark for check in caught.value.checks}
    failed = [name for name, mark in outcome.items() if mark == "FAILED"]
    assert failed == ["checksums", "libraries", "baseline"]
    assert [name for name, mark in outcome.items() if mark == "not run"] == ["trusted types", "scorer", "sample scores"]
    assert all(name in str(caught.value) for name in outcome if outcome[name] != "passed")
    assert str(folder) in str(caught.value)


def test_a_refusal_leaves_the_served_model_alone(folder: Path, tmp_path: Path) -> None:
    done = take(folder, tmp_path / "models")
    spoilt = shutil.copytree(folder, tmp_path / "spoilt")
    flip(spoilt)
    refused(spoilt, tmp_path / "models")
    assert store.Store(tmp_path / "models").load().digest == done.digest


def test_an_unclear_gain_is_taken_with_a_reason_that_is_kept(folder: Path, tmp_path: Path) -> None:
    unclear(folder)
    done = take(folder, tmp_path / "models", reason="the old one is worse still")
    assert "the old one is worse still" in (done.folder / "ACCEPTANCE.md").read_text(encoding="utf-8")


def test_no_reason_makes_a_bad_model_good(folder: Path, tmp_path: Path) -> None:
    no_better(folder)
    with pytest.raises(accept.RefusedError, match="no better"):
        take(folder, tmp_path / "models", reason="we like it")


def test_files_that_were_not_handed_off_are_not_kept(folder: Path, tmp_path: Path) -> None:
    (folder / "secrets.env").write_text("TOKEN=1", encoding="utf-8")
    assert not (take(folder, tmp_path / "models").folder / "secrets.env").exists()


def test_a_folder_that_is_none_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(errors.ModelError, match="mlops train"):
        take(tmp_path / "nothing", tmp_path / "models")
