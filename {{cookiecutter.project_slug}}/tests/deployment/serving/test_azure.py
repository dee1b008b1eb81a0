"""What goes to Azure: files that its own library takes, the same rules, and the same records by its own collector."""

from __future__ import annotations

import importlib
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from {{cookiecutter.package_name}}.deployment.serving import azure_score, lines, rules
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.service import score

from . import made
from .alive import until

DEPLOYMENTS = ("blue", "green")
LIBRARIES = ("scikit-learn", "skops", "numpy", "pandas", "scipy")  # what a model file is made of
OF_LIBRARIES = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # inside of azure-ai-ml
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "azure" / "endpoints"


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


class TestFiles:
    """Loaded by azure-ai-ml, which is strict about keys and kinds."""

    pytestmark = OF_LIBRARIES

    def test_the_endpoint_is_one_that_azure_takes(self, folder: Path) -> None:
        ml = importlib.import_module("azure.ai.ml")
        made_one = ml.load_online_endpoint(folder / "endpoint.yml")
        assert made_one.auth_mode == "aad_token"
        assert made_one._to_rest_online_endpoint("westeurope").properties.auth_mode

    @pytest.mark.parametrize("name", DEPLOYMENTS)
    def test_a_deployment_is_one_that_azure_takes(self, folder: Path, name: str) -> None:
        ml = importlib.import_module("azure.ai.ml")
        it = ml.load_online_deployment(folder / f"{name}.yml")
        assert (it.name, it.endpoint_name) == (name, read(folder / "endpoint.yml")["name"])
        assert set(it.data_collector.collections) == {lines.INPUTS, lines.OUTPUTS}
        assert all(str(found.enabled).lower() == "true" for found in it.data_collector.collections.values())
        assert it.app_insights_enabled
        assert it.liveness_probe.failure_threshold
        assert it.readiness_probe.failure_threshold
        assert it.scale_settings.type == "default"
        assert it.instance_count > 1
        rules.check_name(it.name)

    def test_a_key_that_azure_does_not_know_is_refused(self, folder: Path, tmp_path: Path) -> None:
        """The sabotage: the loader does look at what it loads."""
        ml = importlib.import_module("azure.ai.ml")
        (tmp_path / "blue.yml").write_text((folder / "blue.yml").read_text() + "mirror: true\n", encoding="utf-8")
        with pytest.raises(Exception, match="mirror"):
            ml.load_online_deployment(tmp_path / "blue.yml")

    def test_the_environment_is_one_that_azure_takes(self, folder: Path) -> None:
        ml = importlib.import_module("azure.ai.ml")
        it = ml.load_environment(folder / "scoring" / "environment.yml")
        assert it.image == read(folder.parent / "environments" / "training" / "environment.yml")["image"]


def test_blue_and_green_differ_in_name_only(folder: Path) -> None:
    blue, green = (read(folder / f"{name}.yml") for name in DEPLOYMENTS)
    assert {key: value for key, value in blue.items() if key != "name"} == {
        key: value for key, value in green.items() if key != "name"
    }


def test_what_the_files_name_is_there(folder: Path) -> None:
    it = read(folder / "blue.yml")
    code = folder / it["code_configuration"]["code"]
    assert (code / it["code_configuration"]["scoring_script"]).is_file()
    assert (folder / it["environment"].removeprefix("file:")).is_file()


def test_a_model_is_scored_with_the_libraries_that_made_it(folder: Path) -> None:
    scoring, training = (
        {pin.partition("==")[0]: pin for pin in read(path)["dependencies"][-1]["pip"]}
        for path in (folder / "scoring" / "conda.yml", folder.parent / "environments" / "training" / "conda.yml")
    )
    assert {name: scoring[name] for name in LIBRARIES} == {name: training[name] for name in LIBRARIES}
    assert "azureml-ai-monitoring" in scoring


class Sidecar:
    """Takes what the collector sends, as the process beside a deployment does."""

    def __init__(self) -> None:
        self.taken: dict[str, list[tuple[dict[str, str], Any]]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                kind = self.headers["ce-type"].rpartition(".")[2]
                outer.taken.setdefault(kind, []).append((dict(self.headers), content))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def sidecar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sidecar]:
    it = Sidecar()
    on = {"enabled": True, "sampleRatePercentage": 100}
    settings = {"runMode": "cloud", "collections": {lines.INPUTS: on, lines.OUTPUTS: on}}
    (tmp_path / "mdc.json").write_text(json.dumps(settings), encoding="utf-8")
    monkeypatch.setenv("AZUREML_MDC_CONFIG_PATH", str(tmp_path / "mdc.json"))
    monkeypatch.setenv("AZUREML_MDC_HOST", "127.0.0.1")
    monkeypatch.setenv("AZUREML_MDC_PORT", str(it.server.server_port))
    yield it
    it.close()


def test_the_scoring_script_answers_and_azures_collector_records(
    models: dict[str, Path], sidecar: Sidecar, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(models["double"]))
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec = importlib.util.spec_from_file_location("score_of_azure", root / "azure" / "endpoints" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.init()
    request = json.loads((models["double"] / handoff.REQUEST).read_text(encoding="utf-8"))
    recorded = json.loads((models["double"] / handoff.RESPONSE).read_text(encoding="utf-8"))["predictions"]
    answer = script.run(json.dumps(request))
    assert answer["model"] == made.digest(models["double"])
    assert [it["prediction"] for it in answer["predictions"]] == pytest.approx([it["prediction"] for it in recorded])
    until(lambda: len(sidecar.taken) == 2)
    ids = [it["event_id"] for it in answer["predictions"]]
    (headers, inputs), (_, outputs) = sidecar.taken[lines.INPUTS][0], sidecar.taken[lines.OUTPUTS][0]
    assert [row["event_id"] for row in inputs] == [row["event_id"] for row in outputs] == ids
    assert [row["km"] for row in inputs] == [record["km"] for record in request["records"]]
    assert headers["ce-type"] == f"azureml.inference.{lines.INPUTS}"
    assert headers["ce-x-request-id"] == ids[0].partition("_")[0]
    assert headers["ce-collect-data-type"].endswith(".DataFrame")  # pandas 3 names its modules otherwise


def test_a_classifiers_probabilities_have_columns_of_their_own() -> None:
    answered = [{"prediction": "long", "probabilities": {"long": 0.75, "short": 0.25}, "event_id": "e_0"}]
    (row,) = azure_score.outputs(answered, "d" * 64).to_dict("records")
    assert row == {
        "event_id": "e_0", "prediction": "long", "digest": "d" * 64, "probability_long": 0.75, "probability_short": 0.25
    }  # fmt: skip


def test_a_body_that_cannot_be_is_refused_with_the_reason(
    models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(models["double"]))
    monkeypatch.setattr(score, "LOADED", {})
    with pytest.raises(ModelError, match="no model is loaded"):
        azure_score.run("{}")
    score.init()
    with pytest.raises(ModelError, match="records"):
        azure_score.run("{}")


def test_a_record_that_is_not_taken_costs_nobody_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    azure_score.lost(OSError("nobody listens"))
    assert "a prediction was not recorded: nobody listens" in caplog.text
