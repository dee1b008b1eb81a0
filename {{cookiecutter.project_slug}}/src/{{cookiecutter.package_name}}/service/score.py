"""The scoring script by Azure Machine Learning's contract, `init()` and `run(raw)`: the same scorer, another server.

It finds the accepted model in `AZUREML_MODEL_DIR`, where Azure mounts it, or in `models/`.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..model import handoff
from .endpoint import Limits
from .problems import ProblemError
from .records import Requests
from .served import Served
from .store import Store

log = logging.getLogger(__name__)
LOADED: dict[str, tuple[Served, Requests]] = {}


def init() -> None:
    """Load the model, once for the process."""
    mounted = os.environ.get("AZUREML_MODEL_DIR")
    served = Served(handoff.load(find(Path(mounted))) if mounted else Store().load())
    if not served.way.fast:
        log.warning("model %s is scored %s", served.digest[:12], served.way.sentence)
    LOADED["model"] = (served, Requests(served.schema, Limits().batch, served.fill))


def find(folder: Path) -> Path:
    """The hand-off folder at or below `folder`. Raises `ModelError` where there is not exactly one."""
    found = sorted(path.parent for path in folder.rglob(handoff.MODEL))
    if len(found) != 1:
        raise ModelError(f"{folder} holds {len(found)} files {handoff.MODEL}", fix="mount one accepted model")
    return found[0]


def run(raw: str | bytes) -> dict[str, Any]:
    """The body of `POST /score/batch` -> its answer. Raises `ModelError` with the reason where the body is refused."""
    if not LOADED:
        raise ModelError("no model is loaded", fix="call init() first")
    served, requests = LOADED["model"]
    try:
        items = served.score(requests.many(raw.encode() if isinstance(raw, str) else raw))
    except ProblemError as problem:
        raise ModelError(problem.detail, fix="send {'records': [...]} as the sample request has them") from None
    return {"model": served.digest, "predictions": items}
