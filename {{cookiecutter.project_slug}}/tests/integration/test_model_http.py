"""The model behind its endpoint: golden answers and refusals, over real HTTP.

Against another endpoint, such as a staging one: MLOPS_BASE_URL, MLOPS_HANDOFF (the folder of the model that it serves)
and MLOPS_API_KEY in the environment.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import skops.io
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from {{cookiecutter.package_name}}.model import handoff as handoffs
from {{cookiecutter.package_name}}.service import smoke, store

from . import endpoint

pytestmark = pytest.mark.integration
KEY = "the key of this test"
ELSEWHERE = os.environ.get("MLOPS_BASE_URL", "")


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest) -> Iterator[tuple[httpx.Client, Path]]:
    """A client of the endpoint, and the hand-off folder of the model that it should serve."""
    if ELSEWHERE:
        with endpoint.caller(ELSEWHERE, os.environ.get("MLOPS_API_KEY", "")) as client:
            yield client, Path(os.environ.get("MLOPS_HANDOFF", "handoff"))
        return
    folder, models = request.getfixturevalue("handoff"), request.getfixturevalue("models")
    with smoke.started(models, KEY) as url, endpoint.caller(url, KEY) as client:
        yield client, folder


def test_the_served_model_gives_the_golden_answers(served: tuple[httpx.Client, Path]) -> None:
    endpoint.golden(*served)


def test_bad_input_is_refused_with_a_reason(served: tuple[httpx.Client, Path]) -> None:
    endpoint.refusals(*served)


@pytest.mark.skipif(bool(ELSEWHERE), reason="a model is only swapped here")
def test_this_test_is_red_when_the_model_is_swapped_for_a_constant(models: Path, handoff: Path, tmp_path: Path) -> None:
    """Past every other gate: checksums renewed, the acceptance record rewritten. Only the answers tell."""
    swapped = shutil.copytree(models, tmp_path / "models")
    constant(swapped)
    with smoke.started(swapped, KEY) as url, endpoint.caller(url, KEY) as client:
        with pytest.raises(AssertionError, match="record 0 gives"):
            endpoint.golden(client, handoff)
        endpoint.refusals(client, handoff)


def constant(root: Path) -> None:
    """Put a constant model in the place of the accepted one, with everything that vouches for it."""
    kept = store.Store(root)
    loaded = kept.load()
    target = loaded.pipeline.classes_ if loaded.schema.classification else np.zeros(2)
    dummy = DummyClassifier(strategy="uniform") if loaded.schema.classification else DummyRegressor()
    dummy.fit(np.zeros((len(target), 1)), target)
    model, folder = Pipeline([("columns", loaded.pipeline.steps[0][1]), ("model", dummy)]), loaded.folder
    (folder / handoffs.MODEL).write_bytes(skops.io.dumps(model))
    digest = handoffs.sha256(folder / handoffs.MODEL)
    about = handoffs.read_json(folder / handoffs.SCHEMA)
    handoffs.write_json(folder / handoffs.SCHEMA, {**about, "model_sha256": digest})
    record = handoffs.read_json(folder / store.RECORD)
    (folder / store.RECORD).unlink()
    (folder / handoffs.SUMS).write_text(handoffs.sums(folder), encoding="utf-8", newline="\n")
    forged = {**record, "digest": digest, "sums_sha256": handoffs.sha256(folder / handoffs.SUMS)}
    handoffs.write_json(folder / store.RECORD, forged)
    folder.rename(kept.folder(digest))
    kept.point(digest)
