"""The calls that an application makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from .record import Outcome, Prediction, Record
from .transport import Answer, Transport

AT_ONCE = 1_000  # records of one call
DEPLOYMENT = "azureml-model-deployment"


class Client(Transport):
    """`Client(url, key).predict(record)`. It may be shared by threads, and used in a `with` statement."""

    def predict(self, record: Record, *, deployment: str = "") -> Prediction:
        """The prediction for one record; by the `deployment` that is named, where an endpoint has several."""
        answer = self.post("/score", record, named(deployment))
        return made(answer.content, str(answer.content["model"]), answer, answer.headers.get("x-event-id", ""))

    def predict_many(self, records: Iterable[Record], *, deployment: str = "") -> list[Prediction]:
        """Predictions in the order of the records, of which there may be any number."""
        out: list[Prediction] = []
        waiting = iter(records)
        while part := list(islice(waiting, AT_ONCE)):
            answer = self.post("/score/batch", {"records": part}, named(deployment))
            model, event = str(answer.content["model"]), answer.headers.get("x-event-id", "")
            ids = (f"{event}_{number}" if event else "" for number in range(len(part)))
            found = zip(answer.content["predictions"], ids, strict=True)
            out += [made(item, model, answer, event_id) for item, event_id in found]
        return out

    def report_outcome(self, event_id: str, value: Outcome, at: datetime | None = None) -> None:
        """Say what came true for a prediction, and when if not now. Again for the same one, the later counts."""
        if at is not None and at.tzinfo is None:
            raise ValueError(f"{at} has no offset: say of which zone it is, such as datetime.now(UTC)")
        told = {"event_id": event_id, "value": value}
        self.post("/outcomes", told if at is None else {**told, "time": at})


def named(deployment: str) -> dict[str, str]:
    return {DEPLOYMENT: deployment} if deployment else {}


def made(item: Mapping[str, Any], model: str, answer: Answer, event_id: str) -> Prediction:
    """One item of an answer."""
    more = {"probabilities": item["probabilities"]} if "probabilities" in item else {}
    who = answer.headers.get(DEPLOYMENT, "")
    request_id = answer.headers.get("x-request-id", "")
    return Prediction(item["prediction"], model, event_id, who, request_id, **more)
