"""The scoring script of a managed online deployment: Level 1's answers, with the records by Azure's own collector.

Azure's server calls `init()` and `run(raw)`; its sidecar writes what is collected. The ids in the answer are those
with which outcomes are told later: a column `event_id` of both collections.
"""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any

from ...errors import ModelError
from ...service import score
from ...service.problems import ProblemError
from .lines import INPUTS, OUTPUTS

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)
COLLECTORS: dict[str, Any] = {}


def init() -> None:
    """Load the model and make the collectors, once for the process."""
    from azureml.ai.monitoring import Collector

    score.init()
    for name in (INPUTS, OUTPUTS):
        COLLECTORS[name] = Collector(name=name, on_error=lost)


def lost(error: Exception) -> None:
    """A record that is not taken costs nobody an answer."""
    log.warning("a prediction was not recorded: %s", error)


def run(raw: str | bytes) -> dict[str, Any]:
    """The body of `POST /score/batch` -> its answer, with an `event_id` for each prediction. Raises `ModelError`."""
    if not score.LOADED:
        raise ModelError("no model is loaded", fix="call init() first")
    served, requests = score.LOADED["model"]
    try:
        rows = requests.many(raw.encode() if isinstance(raw, str) else raw)
        items = served.score(rows)
    except ProblemError as problem:
        raise ModelError(problem.detail, fix="send {'records': [...]} as the sample request has them") from None
    event = secrets.token_hex(16)
    answered = [{**item, "event_id": f"{event}_{number}"} for number, item in enumerate(items)]
    collect(event, frame(rows, served.schema.prepared, answered), outputs(answered, served.digest))
    return {"model": served.digest, "predictions": answered}


def collect(event: str, inputs: pd.DataFrame, outputs: pd.DataFrame) -> None:
    """Hand both tables to the collector, under one correlation id."""
    from azureml.ai.monitoring.context import BasicCorrelationContext

    context = COLLECTORS[INPUTS].collect(inputs, BasicCorrelationContext(id=event))
    COLLECTORS[OUTPUTS].collect(outputs, context)


def frame(rows: list[Any], columns: tuple[str, ...], answered: list[dict[str, Any]]) -> pd.DataFrame:
    """What the model was given, looked-up features with it."""
    import pandas as pd

    found = pd.DataFrame(rows, columns=list(columns))
    return found.assign(event_id=[it["event_id"] for it in answered])


def outputs(answered: list[dict[str, Any]], digest: str) -> pd.DataFrame:
    """What the model answered; probabilities in columns of their own."""
    import pandas as pd

    flat = [
        {
            "event_id": it["event_id"],
            "prediction": it["prediction"],
            "digest": digest,
            **{f"probability_{name}": value for name, value in it.get("probabilities", {}).items()},
        }
        for it in answered
    ]
    return pd.DataFrame(flat)
