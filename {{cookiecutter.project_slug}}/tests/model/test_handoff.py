"""The hand-off folder: whole, unchanged, of trusted types, or refused by name."""

from __future__ import annotations

import hashlib
import json
import os
from functools import partial
from pathlib import Path

import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import check, handoff, project, train, trusted

from . import tables

FILES = [*handoff.NEEDED, handoff.CARD, "plots/importance.png"]


def put(folder: Path, name: str, content: bytes) -> None:
    """Write a file and renew the checksums, as somebody would who means to deceive."""
    (folder / name).write_bytes(content)
    (folder / handoff.SUMS).write_text(handoff.sums(folder), encoding="utf-8")


def swap_model(folder: Path, model: bytes) -> None:
    about = json.loads((folder / handoff.SCHEMA).read_text(encoding="utf-8"))
    about["model_sha256"] = hashlib.sha256(model).hexdigest()
    (folder / handoff.SCHEMA).write_text(json.dumps(about), encoding="utf-8")
    put(folder, handoff.MODEL, model)


def test_a_folder_holds_what_the_contract_says_and_loads(folder: Path) -> None:
    assert set(FILES) <= set(handoff.read_sums(folder))
    loaded = handoff.load(folder)
    assert loaded.digest == handoff.sha256(folder / handoff.MODEL)
    assert loaded.schema == tables.schema()
    assert loaded.trained["rows"] == 480
    about = json.loads((folder / handoff.SCHEMA).read_text(encoding="utf-8"))
    assert set(about) == {"format", "schema", "libraries", "trusted_types", "trained", "model_sha256"}


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_named(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(errors.ModelError, match="checksum differs") as caught:
        handoff.load(folder)
    assert Path(name).name in str(caught.value)


@pytest.mark.parametrize("name", [*FILES, handoff.SUMS])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(errors.ModelError) as caught:
        handoff.load(folder)
    assert Path(name).name in str(caught.value)


def test_a_file_that_the_sums_do_not_list_is_not_believed(folder: Path) -> None:
    sums = folder / handoff.SUMS
    kept = [line for line in sums.read_text(encoding="utf-8").splitlines() if handoff.SCHEMA not in line]
    sums.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(errors.ModelError, match=r"does not list schema\.json"):
        handoff.load(folder)


@pytest.mark.parametrize("line", ["x  model.skops", f"{'0' * 64}  ../secret", f"{'0' * 64}  /etc/hosts", "nonsense"])
def test_a_line_of_the_sums_that_leads_elsewhere_is_refused(folder: Path, line: str) -> None:
    with (folder / handoff.SUMS).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(errors.ModelError, match="no checksum"):
        handoff.load(folder)


def test_an_untrusted_type_is_refused_by_its_name_before_anything_runs(folder: Path, tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    evil = Pipeline([("columns", FunctionTransformer(partial(os.mkdir, trap.as_posix())))])
    swap_model(folder, skops.io.dumps(evil))
    with pytest.raises(errors.ModelError, match=r"mkdir"):
        handoff.load(folder)
    assert not trap.exists()


def test_a_pipeline_of_untrusted_types_is_not_written() -> None:
    with pytest.raises(errors.ModelError, match="not trusted"):
        handoff.dump(Pipeline([("columns", FunctionTransformer(os.listdir))]), tables.schema())


def test_trusted_types_are_those_of_the_schemas_own_estimator() -> None:
    assert set(trusted.TRUSTED) == set(project.ESTIMATORS)
    boosted = tables.schema()
    with pytest.raises(errors.ModelError, match=r"functools\.partial"):
        trusted.loads(small_model(boosted), "linear", "model.skops")


def small_model(schema: project.Schema) -> bytes:
    return handoff.dump(train.fit(train.table(tables.rows(count=100), schema), schema).pipeline, schema)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)], ids=["empty", "text", "empty zip"])
def test_a_file_that_is_no_model_is_refused(folder: Path, content: bytes) -> None:
    swap_model(folder, content)
    with pytest.raises(errors.ModelError, match="not a skops file"):
        handoff.load(folder)


def test_a_model_that_is_no_pipeline_is_refused(folder: Path) -> None:
    swap_model(folder, skops.io.dumps([1, 2]))
    with pytest.raises(errors.ModelError, match="holds a list"):
        handoff.load(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "has format 2"),
        ({"schema": {}}, "does not hold a schema"),
        ({"libraries": {"scikit-learn": "0.24.2"}}, "made with scikit-learn 0.24.2"),
        ({"model_sha256": "0" * 64}, "not the model that schema.json describes"),
    ],
    ids=["format", "schema", "scikit-learn", "digest"],
)
def test_a_schema_file_that_does_not_fit_is_refused(folder: Path, change: dict[str, object], said: str) -> None:
    about = json.loads((folder / handoff.SCHEMA).read_text(encoding="utf-8")) | change
    put(folder, handoff.SCHEMA, json.dumps(about).encode())
    with pytest.raises(errors.ModelError, match=said):
        handoff.load(folder)


def test_check_compares_the_sample_answers_and_names_the_one_that_differs(folder: Path) -> None:
    assert check.run(folder)[1] == 5
    answers = json.loads((folder / handoff.RESPONSE).read_text(encoding="utf-8"))
    answers["predictions"][3]["prediction"] += 1e-6
    put(folder, handoff.RESPONSE, json.dumps(answers).encode())
    with pytest.raises(errors.ModelError, match="sample record 3 gives"):
        check.run(folder)


def test_a_crash_while_writing_leaves_the_old_folder(folder: Path) -> None:
    before = handoff.sums(folder)

    def crash(fresh: Path) -> None:
        (fresh / handoff.METRICS).write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handoff.write(folder, b"new", tables.schema(), {}, crash)
    assert handoff.sums(folder) == before
    handoff.write(folder, b"new", tables.schema(), {}, lambda _: None)
    assert (folder / handoff.MODEL).read_bytes() == b"new"
    assert [path.name for path in folder.parent.iterdir()] == ["handoff"]


def test_a_crash_between_the_two_renames_is_mended_by_the_next_run(folder: Path) -> None:
    folder.rename(folder.with_name(".handoff.old"))

    def crash(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handoff.write(folder, b"new", tables.schema(), {}, crash)
    handoff.verify(folder)
