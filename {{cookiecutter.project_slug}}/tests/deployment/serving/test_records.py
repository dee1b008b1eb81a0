"""The store of predictions: Azure's lines, files that only grow, and a request that never waits for them."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.package_name}}.deployment.serving import front, joined, lines, records, state
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.deployment.serving.lines import Note
from {{cookiecutter.package_name}}.deployment.serving.records import Recorder
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made
from .alive import World, until

# what azureml-ai-monitoring's collector sends, and the sidecar of a deployment writes
KEYS = {
    "specversion", "id", "source", "type", "datacontenttype", "time", "data", "correlationid", "xrequestid",
    "modelversion", "collectdatatype", "agent", "contentrange",
}  # fmt: skip
RAW = b' {"km": 5.0, "rider": "a \\"b\\" \xc3\xbc"} '
NOTE = Note(
    "e1", "2026-03-02T09:15:00.000+00:00", "r1", "blue", "3", "d" * 64, "blue", "a", False, False, 200, 1.5, False, RAW,
    json.loads(RAW), b'{"prediction":12.5,"model":"d"}', b"",
)  # fmt: skip
TWO = b'{"predictions":[{"prediction":1},{"prediction":2}]}'
BATCH = replace(NOTE, batch=True, raw=b'{"records":[{"km":1},{"km":2}]}', record=None, answer=TWO)


def written(note: Note) -> dict[str, Any]:
    """Collection -> line."""
    return {collection: json.loads(line, parse_constant=no_number) for collection, line in lines.both(note)}


def no_number(text: str) -> None:
    """Python reads NaN and Infinity, which are not JSON."""
    raise AssertionError(text)


def test_the_lines_are_those_of_azures_collector() -> None:
    found = written(NOTE)
    assert list(found) == [lines.INPUTS, lines.OUTPUTS]
    for collection, line in found.items():
        assert set(line) == KEYS
        assert line["type"] == f"azureml.inference.{collection}"
        given = [line[key] for key in ("specversion", "correlationid", "xrequestid", "modelversion")]
        assert given == ["1.0", "e1", "r1", "3"]
        assert datetime.fromisoformat(line["time"]).tzinfo is not None
    assert found[lines.INPUTS]["data"] == [{"km": 5.0, "rider": 'a "b" ü', "event_id": "e1"}]
    assert found[lines.OUTPUTS]["data"] == [
        {
            "event_id": "e1", "prediction": 12.5, "deployment": "blue", "digest": "d" * 64, "assigned": "blue",
            "entity": "a", "shadow": False, "forced": False, "status": 200, "latency_ms": 1.5,
        }
    ]  # fmt: skip


def test_the_rows_of_a_batch_have_ids_of_their_own() -> None:
    found = written(BATCH)
    assert [row["event_id"] for row in found[lines.INPUTS]["data"]] == ["e1_0", "e1_1"]
    assert [(row["event_id"], row["prediction"]) for row in found[lines.OUTPUTS]["data"]] == [("e1_0", 1), ("e1_1", 2)]


def test_a_classifiers_probabilities_are_kept() -> None:
    answer = b'{"prediction":"long","probabilities":{"long":0.75,"short":0.25},"model":"d"}'
    row = written(replace(NOTE, answer=answer))[lines.OUTPUTS]["data"][0]
    assert (row["prediction"], row["probabilities"]) == ("long", {"long": 0.75, "short": 0.25})


@pytest.mark.parametrize("raw", [b'{\n "km": 5.0}', b'{\r "km": 5.0}', b'{\r\n "km": 5.0}', b'{"km":5.0}'])
def test_a_line_is_one_line(raw: bytes) -> None:
    for _, line in lines.both(replace(NOTE, raw=raw, record=json.loads(raw))):
        assert line.count(b"\n") == 1
        assert line.endswith(b"}\n")
        json.loads(line)


@pytest.mark.parametrize(
    ("raw", "record", "rows"),
    [(b"{", None, 0), (b"[1]", None, 0), (b'{"km": NaN}', {"km": float("nan")}, 1), (b'{"km":1,"km":2}', {"km": 2}, 1)],
)
def test_a_refused_request_is_recorded_as_far_as_it_was_a_record(raw: bytes, record: Any, rows: int) -> None:
    found = written(replace(NOTE, status=422, raw=raw, record=record, answer=b"{}"))
    assert len(found.get(lines.INPUTS, {"data": []})["data"]) == rows
    assert found[lines.OUTPUTS]["data"][0]["prediction"] is None


@pytest.mark.parametrize("raw", [b"{", b"{}", b'{"records": 1}', b'{"records": [1]}'])
def test_a_refused_batch_is_one_row(raw: bytes) -> None:
    found = written(replace(BATCH, status=422, raw=raw))
    assert [row["event_id"] for row in found[lines.OUTPUTS]["data"]] == ["e1"]


def test_a_failed_batch_is_a_row_for_each_record() -> None:
    found = written(replace(BATCH, status=502))
    assert [row["event_id"] for row in found[lines.OUTPUTS]["data"]] == ["e1_0", "e1_1"]


@pytest.mark.parametrize("answer", [b"no JSON", b"[]", b'{"other":1}', b'{"predictions":[1]}', b'{"predictions":null}'])
def test_an_answer_that_is_none_of_ours_is_recorded_as_nothing_known(answer: bytes) -> None:
    """Whoever answered so must not end the thread that writes everybody's records."""
    one = written(replace(NOTE, answer=answer))[lines.OUTPUTS]["data"]
    many = written(replace(BATCH, answer=answer))[lines.OUTPUTS]["data"]
    assert [row["prediction"] for row in [*one, *many]] == [None, None, None]


def test_files_lie_as_azure_lays_them(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for hour in ("09", "10"):
        recorder.put(replace(NOTE, at=f"2026-03-02T{hour}:15:00.000+00:00"))
    recorder.flush()
    found = sorted(path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl"))
    assert found == [
        f"blue/{collection}/2026/03/02/{hour}" for collection in (lines.INPUTS, lines.OUTPUTS) for hour in ("09", "10")
    ]
    recorder.shut()


def test_a_file_grows_to_a_size_and_then_there_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LARGEST", 100)
    recorder = Recorder(tmp_path)
    for _ in range(3):
        recorder.put(NOTE)
        recorder.flush()
    assert len(list(tmp_path.rglob("*.jsonl"))) == 6
    recorder.shut()


def test_what_does_not_fit_the_queue_is_counted_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(tmp_path, most=3)
    for _ in range(5):
        recorder.put(NOTE)
    recorder.flush()
    assert (recorder.kept.written, recorder.kept.lost) == (3, 2)
    assert caplog.messages == ["predictions come faster than they are written: some are not recorded"]
    recorder.shut()


def test_a_disk_that_takes_nothing_makes_records_wait(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = tmp_path / "store"
    root.write_text("a file where a folder should be", encoding="utf-8")
    recorder = Recorder(root)
    recorder.put(NOTE)
    with caplog.at_level(logging.WARNING):
        recorder.flush()
        recorder.flush()
    assert (recorder.kept.written, len(recorder.waiting)) == (0, 1)
    assert "cannot be written" in caplog.messages[0]
    assert len(caplog.messages) == 1
    root.unlink()
    recorder.flush()
    assert (recorder.kept.written, recorder.kept.trouble) == (1, "")
    recorder.shut()


def test_a_full_queue_is_seen_in_the_status_and_slows_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def small(made_front: front.Front) -> None:
        made_front.recorder.most = 5

    monkeypatch.setattr(records, "FLUSH", 3600.0)
    world.deploy(blue="double")
    world.change(state.route({"blue": 100}))
    with world.gateway(change=small) as caller:
        caller.settled()
        began = time.monotonic()
        assert {caller.by(f"rider {number}") for number in range(20)} == {"blue"}
        assert time.monotonic() - began < 5
        until(lambda: caller.status()["records"]["lost"] == 15)
        caller.front.recorder.stopping.set()


def test_a_gateway_that_ends_has_written_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "FLUSH", 3600.0)
    world.deploy(blue="double")
    world.change(state.route({"blue": 100}))
    with world.gateway() as caller:
        ids = {caller.score(f"rider {number}").headers["x-event-id"] for number in range(20)}
    assert set(joined.read(world.place)["event_id"]) == ids


def test_a_torn_line_is_skipped_and_told(place: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(Layout(place).records)
    for number in range(5):
        recorder.put(replace(NOTE, event=f"e{number}"))
    recorder.flush()
    recorder.shut()
    (path,) = recorder.root.rglob(f"{lines.OUTPUTS}/**/*.jsonl")
    path.write_bytes(path.read_bytes()[:-40])
    with caplog.at_level(logging.WARNING):
        assert list(joined.read(place)["event_id"]) == ["e0", "e1", "e2", "e3"]
    assert "1 torn lines were skipped" in caplog.text
    assert path.name in caplog.text


def test_a_record_that_was_written_twice_counts_once(place: Workspace) -> None:
    recorder = Recorder(Layout(place).records)
    for _ in range(2):
        recorder.put(NOTE)
    recorder.flush()
    recorder.shut()
    assert len(joined.read(place)) == 1


def test_the_time_of_a_note_is_the_folder() -> None:
    assert replace(NOTE, at=made.AT.isoformat()).hour == "2026-03-02T09"
