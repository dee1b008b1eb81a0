"""Each test of a model turns red for a model that deserves it, and for no other reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model import tables

from {{cookiecutter.package_name}}.deployment.promotion import budgets, limits, modeltests, shape, subject
from {{cookiecutter.package_name}}.errors import ModelError, ProjectError
from {{cookiecutter.package_name}}.model import evaluate, frame, handoff, threads, train
from {{cookiecutter.package_name}}.service import problems, records, served

from . import world

LIMITS = """
[latency]
median = 15.0
p95 = 200.0
requests = 20
rounds = 3
[slices]
keep = 0.25
rows = 30
[directions]
y = { size = "increasing" }
"""
Patch = pytest.MonkeyPatch


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Task -> a hand-off folder; and a regression that learned the opposite."""
    out = {}
    with pytest.MonkeyPatch.context() as patch, threads.for_rows(0):
        patch.setattr(evaluate, "RESAMPLES", 60)
        for name in ("regression", "binary", "multiclass", "opposite"):
            root = tmp_path_factory.mktemp(name)
            task = "regression" if name == "opposite" else name
            rows = tables.rows(task)
            frame.write(rows.assign(y=-rows["y"]) if name == "opposite" else rows, root / "table.csv")
            train.run(tables.schema(task), root / "table.csv", root / "handoff")
            out[name] = root / "handoff"
        yield out


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    (tmp_path / "modeltests.toml").write_text(LIMITS, encoding="utf-8")
    return tmp_path / "modeltests.toml"


@pytest.fixture
def folder(made: dict[str, Path], tmp_path: Path) -> Path:
    """A copy to spoil."""
    target = tmp_path / "handoff"
    for path in made["regression"].rglob("*"):
        if path.is_file():
            copy = target / path.relative_to(made["regression"])
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return target


def failed(folder: Path, policy: Path) -> dict[str, str]:
    """The tests that did not pass, and what they say."""
    found = modeltests.run(folder, tables.schema(), policy, world.CLOCK)
    return {case.name: case.detail for case in found.cases if case.passed is False}


@pytest.mark.parametrize("task", tables.METRICS)
def test_a_sound_model_passes_every_test(made: dict[str, Path], policy: Path, task: str) -> None:
    if task != "regression":
        policy.write_text(
            LIMITS.replace("[directions]\n", "").replace('y = { size = "increasing" }\n', ""), encoding="utf-8"
        )
    found = modeltests.run(made[task], tables.schema(task), policy, world.CLOCK, artifacts="ab" * 32)
    assert found.failed == []
    assert found.passed
    assert found.model_sha256 == handoff.sha256(made[task] / handoff.MODEL)
    assert (found.artifacts_sha256, found.tests_sha256) == ("ab" * 32, modeltests.digest(policy))
    assert [case.name for case in found.cases] == [name for name, _, _ in modeltests.TESTS]


# --- faults of what answers: each wraps the way in which records are scored


def scoring(change: Callable[[Any, np.ndarray], np.ndarray]) -> Callable[[Path, Patch], None]:
    """The scorer's predictions go through `change(rows, predicted)`."""

    def spoil(_: Path, patch: Patch) -> None:
        whole = served.Served.score

        def wrong(self: served.Served, rows: Any) -> Any:
            figures = np.array([item["prediction"] for item in whole(self, rows)])
            return self.items(change(rows, figures))

        patch.setattr(served.Served, "score", wrong)

    return spoil


def asking(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[Path, Patch], None]:
    """The records go through `change` before they are read."""

    def spoil(_: Path, patch: Patch) -> None:
        whole = records.Requests.rows
        patch.setattr(records.Requests, "rows", lambda self, given: whole(self, change(given)))

    return spoil


def of_value(name: str, wrong: Callable[[Any], bool], fault: float) -> Callable[[Path, Patch], None]:
    """The prediction moves by `fault` for rows whose prepared column is wrong."""
    at = tables.schema().prepared.index(name)
    return scoring(lambda rows, out: out + np.array([fault if wrong(row[at]) else 0.0 for row in rows]))


def refusing_unseen(_: Path, patch: Patch) -> None:
    whole = served.Served.score

    def strict(self: served.Served, rows: Any) -> Any:
        if any("training row" in str(value) for row in rows for value in row):
            raise problems.ProblemError(422, "unknown category")
        return whole(self, rows)

    patch.setattr(served.Served, "score", strict)


def by_position(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Another value where the keys do not come in the order of the schema."""
    return [{**it, "size": 99.0} if next(iter(it)) != tables.schema().inputs[0] else it for it in given]


def filled(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What may not be missing becomes 0."""
    return [{name: 0 if it[name] is None and name != "warm" else it[name] for name in it} for it in given]


def other_each_load(_: Path, patch: Patch) -> None:
    """What is loaded later answers otherwise."""
    whole, count = served.Served.__init__, [0]

    def counted(self: served.Served, loaded: handoff.Handoff) -> None:
        whole(self, loaded)
        count[0] += 1
        items, number = self.items, count[0]
        patch.setattr(self, "items", lambda predicted: items(predicted + number), raising=False)

    patch.setattr(served.Served, "__init__", counted)


def slow(_: Path, patch: Patch) -> None:
    whole = subject.Subject.one

    def late(self: subject.Subject, raw: bytes) -> Any:
        time.sleep(0.02)
        return whole(self, raw)

    patch.setattr(subject.Subject, "one", late)


def renewed(folder: Path, name: str, **values: Any) -> None:
    """Change keys of a JSON file, and renew the checksums, so that only the content is wrong."""
    handoff.write_json(folder / name, {**handoff.read_json(folder / name), **values})
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8", newline="\n")


def bad_slice(folder: Path, _: Patch) -> None:
    found = handoff.read_json(folder / handoff.METRICS)
    found["slices"][0] = {**found["slices"][0], "rows": 200, "model": 0.9 * found["slices"][0]["baseline"]}
    renewed(folder, handoff.METRICS, slices=found["slices"])


def other_schema(folder: Path, _: Patch) -> None:
    found = handoff.read_json(folder / handoff.SCHEMA)
    found["schema"]["columns"]["size"]["min"] = -3.0
    renewed(folder, handoff.SCHEMA, schema=found["schema"])


def other_response(folder: Path, _: Patch) -> None:
    answers = handoff.read_json(folder / handoff.RESPONSE)["predictions"]
    renewed(folder, handoff.RESPONSE, predictions=[{"prediction": it["prediction"] + 1} for it in answers])


def opposite(folder: Path, patch: Patch) -> None:
    """More of it gives less."""
    scoring(lambda _, out: -out)(folder, patch)
    answers = handoff.read_json(folder / handoff.RESPONSE)["predictions"]
    renewed(folder, handoff.RESPONSE, predictions=[{"prediction": -it["prediction"]} for it in answers])


def large(folder: Path, _: Patch) -> None:
    (folder.parent / "modeltests.toml").write_text(LIMITS + "[size]\nmegabytes = 0.001\n", encoding="utf-8")


def lost_in_between(folder: Path, _: Patch) -> None:
    (folder / handoff.CARD).write_text("other", encoding="utf-8")


NOISE = np.random.default_rng(1)
# fault -> the test that must turn red, words that it must say, and how it is put in
FAULTS: dict[str, tuple[str, str, Callable[[Path, Patch], None]]] = {
    "a file that was changed": ("checksums", "is not the file that was handed off", lost_in_between),
    "a model of another schema": ("signature", "columns.size", other_schema),
    "a sample that was answered otherwise": ("sample replay", "record 0 gives", other_response),
    "random answers": ("determinism", "two answers", scoring(lambda _, out: out + NOISE.normal(size=len(out)))),
    "other answers each time that it is loaded": ("determinism", "loaded again gives other answers", other_each_load),
    "answers that depend on the row before": ("row order", "backwards", scoring(lambda _, out: np.cumsum(out))),
    "answers that depend on the batch": ("batch size", "alone", scoring(lambda rows, out: out + len(rows))),
    "values taken in the order of the keys": ("column order", "reordered", asking(by_position)),
    "columns that are ignored": (
        "irrelevant columns",
        "taken and ignored",
        asking(lambda given: [{name: it[name] for name in it if name in tables.schema().inputs} for it in given]),
    ),
    "whole numbers read otherwise": (
        "number formats",
        "open as ",
        asking(lambda given: [{**it, "warm": 99.0} if type(it["open"]) is int else it for it in given]),
    ),
    "no answer without a value": ("missing values", "warm missing", of_value("warm", lambda it: it is None, np.nan)),
    "nothing may be missing, all is taken": (
        "missing values",
        "may not be missing",
        asking(filled),
    ),
    "an unseen category that is refused": ("unseen categories", "unknown category", refusing_unseen),
    "no answer far out": ("extreme values", "size = 1e+06", of_value("size", lambda it: it > 1e5, float("inf"))),
    "the opposite of what is expected": ("directions", "expected to be increasing", opposite),
    "one bad slice": ("slices", "much less in place", bad_slice),
    "slow": ("latency", "of 15", slow),
    "too large": ("size", "of 0.001", large),
}


@pytest.mark.parametrize(("test", "said", "spoil"), FAULTS.values(), ids=FAULTS)
def test_a_fault_turns_its_test_red(
    folder: Path, policy: Path, monkeypatch: Patch, test: str, said: str, spoil: Callable[[Path, Patch], None]
) -> None:
    spoil(folder, monkeypatch)
    found = failed(folder, policy)
    assert said in found[test]


def test_every_test_has_a_fault() -> None:
    assert {test for test, _, _ in FAULTS.values()} | {"loads"} == {name for name, _, _ in modeltests.TESTS}


def test_a_model_that_cannot_be_loaded_is_asked_nothing_else(folder: Path, policy: Path) -> None:
    (folder / handoff.MODEL).write_bytes(b"no model")
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8", newline="\n")
    found = modeltests.run(folder, tables.schema(), policy, world.CLOCK)
    assert not found.passed
    outcome = {case.name: case.passed for case in found.cases}
    assert (outcome["checksums"], outcome["loads"], outcome["determinism"], outcome["size"]) == (
        True,
        False,
        None,
        True,
    )


def test_a_model_that_really_learned_the_opposite_is_told(made: dict[str, Path], policy: Path) -> None:
    assert set(failed(made["opposite"], policy)) == {"directions"}
    policy.write_text(LIMITS.replace("increasing", "decreasing"), encoding="utf-8")
    assert failed(made["opposite"], policy) == {}
    assert set(failed(made["regression"], policy)) == {"directions"}


def test_a_direction_of_a_column_that_is_none_is_told(made: dict[str, Path], policy: Path) -> None:
    policy.write_text('[directions]\ny = { sice = "increasing" }\n', encoding="utf-8")
    assert "'sice'" in failed(made["regression"], policy)["directions"]


def test_a_probability_that_is_none_is_unsound(made: dict[str, Path], policy: Path, monkeypatch: Patch) -> None:
    asked = subject.Subject(made["binary"], tables.schema("binary"), limits.load(policy))
    asked.load()
    monkeypatch.setattr(asked.served, "score", lambda rows: asked.served.items(np.full((len(rows), 2), 0.7)))
    with pytest.raises(ModelError, match="gives"):
        asked.sound(asked.records, "it")


@pytest.mark.parametrize(
    ("model", "baseline", "direction", "share"),
    [(4.0, 8.0, "lower", 0.5), (0.9, 0.5, "higher", 0.8), (None, 8.0, "lower", None), (0.0, 0.0, "lower", None)],
)
def test_a_gain_is_the_share_of_the_naive_loss(
    model: float | None, baseline: float, direction: str, share: float | None
) -> None:
    assert budgets.gained(model, baseline, direction) == (share if share is None else pytest.approx(share))


# --- the signature that MLflow has

MLMODEL = """
signature:
  inputs: '[{"type": "double", "name": "size"}, {"type": "double", "name": "warm"}, {"type": "string", "name": "place"},
    {"type": "double", "name": "open"}, {"type": "double", "name": "hour"}, {"type": "double", "name": "weekday"}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
"""
WRONG = {
    "no signature": "flavors: {}",
    "no YAML": "signature: {",
    "another type": MLMODEL.replace('"string"', '"double"'),
    "another order": MLMODEL.replace('"size"', '"x"').replace('"warm"', '"size"').replace('"x"', '"warm"'),
    "a column less": MLMODEL.replace('{"type": "double", "name": "hour"}, ', ""),
    "no outputs": MLMODEL.replace('[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]', "[]"),
}


def test_the_signature_of_the_prepared_columns_is_taken() -> None:
    shape.mlflow_signature(MLMODEL, tables.schema())


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_another_signature_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="MLmodel"):
        shape.mlflow_signature(text, tables.schema())


def test_mlflow_holding_another_model_is_told(folder: Path, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text(MLMODEL, encoding="utf-8")
    (tmp_path / "model" / handoff.MODEL).write_bytes(b"another")
    found = modeltests.run(folder, tables.schema(), policy, world.CLOCK, mlflow=tmp_path / "model")
    assert [case.name for case in found.failed] == ["signature"]
    assert "another model" in found.failed[0].detail


# --- limits


def test_the_limits_of_this_repo_can_be_read(root: Path) -> None:
    assert limits.load(root / "modeltests.toml").latency.median > 0


BAD = {
    "an unknown key": ("[latency]\nmean = 3\n", "latency.mean"),
    "no positive budget": ("[size]\nmegabytes = 0\n", "size.megabytes is 0"),
    "a direction that is none": ('[directions]\ny = { size = "up" }\n', "directions.y.size"),
    "no TOML": ("[size\n", "is not TOML"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_wrong_limits_are_refused(policy: Path, text: str, said: str) -> None:
    policy.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        limits.load(policy)
    assert said in caught.value.problem


def test_without_limits_nothing_is_tested(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist"):
        limits.load(tmp_path / "modeltests.toml")
