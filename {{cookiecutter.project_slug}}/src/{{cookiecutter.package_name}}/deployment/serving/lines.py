"""A prediction as it is recorded: the two lines that Azure's data collector writes for it, with our own `event_id`.

`model_inputs` has the record as the model took it, `model_outputs` the prediction and how it came about. The rows of a
batch share a correlation id and have `<correlation id>_<row>` as their event id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

INPUTS, OUTPUTS = "model_inputs", "model_outputs"
AGENT = "mlops-gateway"
JSON = b'"datacontenttype":"application/json"'
FRAME = b'"collectdatatype":"pandas.core.frame.DataFrame","agent":"%b"' % AGENT.encode()


@dataclass(slots=True)
class Note:
    """What the gateway knows of an answered request.

    `record` is the parsed body, for a batch read only when it is written down; `stored` are looked-up features by row.
    """

    event: str
    at: str
    request: str
    deployment: str
    version: str
    digest: str
    assigned: str | None
    entity: str | None
    shadow: bool
    forced: bool
    status: int
    latency_ms: float
    batch: bool
    raw: bytes
    record: dict[str, Any] | None
    answer: bytes
    stored: bytes

    @property
    def hour(self) -> str:
        """Where in the store it goes: `yyyy-MM-ddTHH`."""
        return self.at[:13]


def both(note: Note) -> list[tuple[str, bytes]]:
    """(collection, line) of a note; a request that was no record, or not JSON, has no line of inputs."""
    rows = inputs(note)
    found = [(OUTPUTS, line(note, OUTPUTS, b",".join(outputs(note, len(rows)))))]
    return [(INPUTS, line(note, INPUTS, b",".join(rows))), *found] if rows else found


def line(note: Note, collection: str, rows: bytes) -> bytes:
    """One line of the store."""
    event = note.event.encode()
    return (
        b'{"specversion":"1.0","id":"%b-%b","source":"deployments/%b","type":"azureml.inference.%b",%b,"time":"%b",'
        b'"data":[%b],"correlationid":"%b","xrequestid":"%b","modelversion":%b,%b,"contentrange":"bytes 0-%d/%d"}\n'
    ) % (
        event, collection[6:7].encode(), note.deployment.encode(), collection.encode(), JSON, note.at.encode(),
        rows, event, note.request.encode(), to_json(note.version), FRAME, len(rows) + 1, len(rows) + 2,
    )  # fmt: skip


def inputs(note: Note) -> list[bytes]:
    """The records, each with its event id."""
    if note.status == 200 and not (note.batch or note.stored or b"\n" in note.raw or b"\r" in note.raw):
        # it was accepted as it is, so that it can be written down as it is
        return [b'%b,"event_id":"%b"}' % (note.raw.strip()[:-1], note.event.encode())]
    records = batch(note.raw) if note.batch else [note.record]
    if not all(isinstance(it, dict) for it in records):
        return []
    stored = from_json(note.stored) if note.stored else [{} for _ in records]
    ids = [f"{note.event}_{row}" for row in range(len(records))] if note.batch else [note.event]
    return [plain({**it, **more, "event_id": key}) for it, more, key in zip(records, stored, ids, strict=True)]


def batch(raw: bytes) -> list[Any]:
    """The records of a batch's body."""
    try:
        found = from_json(raw)
    except ValueError:
        return []
    records = found.get("records") if isinstance(found, dict) else None
    return records if isinstance(records, list) else []


def outputs(note: Note, rows: int) -> list[bytes]:
    """What came of each record; where there is no answer, one row says so."""
    entity = b"null" if note.entity is None else to_json(note.entity)
    assigned = b"null" if note.assigned is None else b'"%b"' % note.assigned.encode()
    tail = (
        b'"deployment":"%b","digest":"%b","assigned":%b,"entity":%b,"shadow":%b,"forced":%b,"status":%d,"latency_ms":%.3f}'
    ) % (
        note.deployment.encode(), note.digest.encode(), assigned, entity,
        b"true" if note.shadow else b"false", b"true" if note.forced else b"false", note.status, note.latency_ms,
    )  # fmt: skip
    event = note.event.encode()
    found = answered(note) if note.status == 200 else []
    if not found:
        ids = [b"%b_%d" % (event, row) for row in range(rows)] if note.batch and rows else [event]
        return [b'{"event_id":"%b","prediction":null,%b' % (it, tail) for it in ids]
    if not note.batch:
        return [b'{"event_id":"%b",%b,%b' % (event, found[0], tail)]
    return [b'{"event_id":"%b_%d",%b,%b' % (event, row, it, tail) for row, it in enumerate(found)]


def answered(note: Note) -> list[bytes]:
    """Each prediction; none where that is no answer of a scorer of ours: it is recorded as nothing known."""
    try:
        content = from_json(note.answer)
        return [said(it) for it in (content["predictions"] if note.batch else [content])]
    except (ValueError, KeyError, TypeError):
        return []


def said(item: dict[str, Any]) -> bytes:
    """The prediction, and the probabilities where there are some."""
    prediction = b'"prediction":%b' % to_json(item["prediction"])
    return (
        b'%b,"probabilities":%b' % (prediction, to_json(item["probabilities"]))
        if "probabilities" in item
        else prediction
    )


def plain(row: dict[str, Any]) -> bytes:
    """A row as strict JSON: what is no number is null."""
    return to_json(row, inf_nan_mode="null")
