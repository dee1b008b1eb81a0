"""The batch endpoint's files are such as Azure's own library takes, and its script does what `mlops batch` does."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
import yaml

from {{cookiecutter.package_name}}.deployment.batch import endpoint
from {{cookiecutter.package_name}}.errors import DataError, ModelError
from {{cookiecutter.package_name}}.model import frame
from {{cookiecutter.package_name}}.service.served import Served
from {{cookiecutter.package_name}}.training import lock

from . import made

# what these libraries ask of others, and of Python; not ours to mend
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}:{module}")
    for kind in ("DeprecationWarning", "FutureWarning", "SyntaxWarning")
    for module in ("azure.*", "marshmallow.*", "msrest.*", "pkg_resources.*", "jwt.*")
]
OLDER = {"numpy", "pyarrow"}  # as conda.yml says
AZURES = {"azureml-core", "azureml-dataset-runtime"}


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "azure" / "batch"


@pytest.fixture
def script(folder: Path, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`score.py` as Azure loads it, by its path, with a model mounted."""
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv(endpoint.MOUNTED, str(folders["regression"].parent))
    monkeypatch.setattr(endpoint, "LOADED", {})
    assert module.run is endpoint.run
    return module


def test_azures_library_takes_the_endpoint_and_the_deployment(folder: Path) -> None:
    from azure.ai.ml import load_batch_endpoint
    from azure.ai.ml.entities._load_functions import load_model_batch_deployment

    found, deployment = (
        load_batch_endpoint(folder / "endpoint.yml"),
        load_model_batch_deployment(folder / "deployment.yml"),
    )
    assert deployment.endpoint_name == found.name
    assert found.defaults.deployment_name == deployment.name
    assert deployment.settings.output_action == "append_row"
    assert deployment.settings.mini_batch_size == 1
    code = (folder / deployment.code_configuration.code).resolve()
    assert (code / deployment.code_configuration.scoring_script).resolve() == (folder / "score.py").resolve()
    pins = deployment.environment.conda_file["dependencies"][-1]["pip"]
    assert any(pin.startswith("scikit-learn==") for pin in pins)


def test_azures_library_refuses_what_is_misspelt(folder: Path, tmp_path: Path) -> None:
    from azure.ai.ml.entities._load_functions import load_model_batch_deployment

    text = (folder / "deployment.yml").read_text(encoding="utf-8").replace("output_action", "output_acton")
    (tmp_path / "deployment.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match="output_acton"):
        load_model_batch_deployment(tmp_path / "deployment.yml")


def test_the_environment_is_the_locked_one_but_for_what_it_says(folder: Path, root: Path) -> None:
    text = (folder / "conda.yml").read_text(encoding="utf-8")
    pins = [re.fullmatch(r"([\w-]+)(?:\[\w+\])?==(.+)", pin) for pin in yaml.safe_load(text)["dependencies"][-1]["pip"]]
    found = {pin[1]: pin[2] for pin in pins if pin}
    locked = lock.load(root)
    differing = {name for name, version in found.items() if name not in locked or locked[name].version != version}
    assert differing - OLDER == AZURES, f"take the versions of {lock.PATH} into azure/batch/conda.yml"
    assert all(re.search(rf"^# .*{re.escape(name)}", text, re.MULTILINE) for name in OLDER | AZURES)
    assert {"scikit-learn", "skops", "pandas"} <= set(found)


def test_the_script_gives_each_row_its_score_or_its_reason(script: ModuleType, model: Served, tmp_path: Path) -> None:
    table = made.rows(120).astype(object)
    table.loc[7, "km"] = "far"
    paths = [made.write(table, tmp_path / "a.csv"), made.write(made.rows(30, seed=5), tmp_path / "b.parquet")]
    script.init()
    found = script.run([str(path) for path in paths])
    assert list(found) == ["file", "row", "trip no", "at", "prediction", "reason"]
    assert found["file"].tolist() == ["a.csv"] * 120 + ["b.parquet"] * 30
    assert found["row"].tolist() == [*range(1, 121), *range(1, 31)]
    assert found["reason"][7] == "km = 'far': Input should be a valid number"
    assert found["reason"].notna().sum() == 1
    assert pd.isna(found["prediction"][7])
    for name, suffix in (("a.csv", ".csv"), ("b.parquet", ".parquet")):
        made.score(tmp_path / name, tmp_path / f"out{suffix}", model)
        expected = frame.read(tmp_path / f"out{suffix}").set_index("row")["prediction"].astype(float)
        of = found[found["file"] == name].set_index("row")["prediction"].dropna().astype(float)
        pd.testing.assert_series_equal(of, expected, check_names=False, check_index_type=False, rtol=1e-12)


def test_a_file_that_is_no_table_of_the_inputs_fails_and_an_empty_one_does_not(
    script: ModuleType, tmp_path: Path
) -> None:
    script.init()
    frame.write(made.rows(5)[["km"]], tmp_path / "a.csv")
    with pytest.raises(DataError, match="no column 'at'"):
        script.run([str(tmp_path / "a.csv")])
    (tmp_path / "b.csv").write_text("at,km,warm,zone,rain\n", encoding="utf-8")
    assert script.run([str(tmp_path / "b.csv")]).empty


def test_the_script_without_a_model_says_what_is_lacking(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="no model is loaded"):
        script.run([])
    monkeypatch.delenv(endpoint.MOUNTED)
    with pytest.raises(ModelError, match="is not set"):
        script.init()


def test_classes_have_their_probabilities(
    script: ModuleType, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(endpoint.MOUNTED, str(folders["multiclass"].parent))
    script.init()
    found: Any = script.run([str(made.write(made.rows(10, "multiclass"), tmp_path / "a.csv"))])
    assert list(found)[4:-1] == ["prediction", "probability_low", "probability_middle", "probability_top"]
