"""Whole jobs: the scores are those of `mlops score`, in any format and chunks; a killed job is gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.package_name}}.data import disk
from {{cookiecutter.package_name}}.deployment.batch import journal, run
from {{cookiecutter.package_name}}.deployment.batch.source import Chunk
from {{cookiecutter.package_name}}.errors import DataError
from {{cookiecutter.package_name}}.model import frame
from {{cookiecutter.package_name}}.service.served import Served

from . import made


@pytest.mark.parametrize("task", made.METRICS)
@pytest.mark.parametrize("before", [".csv", ".parquet"])
@pytest.mark.parametrize("after", [".csv", ".parquet"])
def test_the_scores_are_those_of_scoring_by_hand(
    task: str, before: str, after: str, models: dict[str, Served], folders: dict[str, Path], tmp_path: Path
) -> None:
    table = made.rows(250, task, seed=2)
    source = made.write(table, tmp_path / f"in{before}")
    done = made.score(source, tmp_path / f"out{after}", models[task], keep=("note",))
    found, expected = frame.read(tmp_path / f"out{after}"), made.by_hand(folders[task], table)
    assert (done.rows, done.scored, done.rejected, done.chunks) == (250, 250, 0, 3)
    assert list(found.columns) == [
        "row",
        "trip no",
        "at",
        "note",
        *[it for it in expected if it not in ("trip no", "at")],
    ]
    assert found["row"].tolist() == list(range(1, 251))
    assert found["trip no"].astype(int).tolist() == table["trip no"].tolist()
    assert found["note"].tolist() == table["note"].tolist()
    for name in expected.columns.difference(["trip no", "at"]):
        if name == "prediction" and task != "regression":
            assert found[name].tolist() == expected[name].tolist()
        else:
            assert np.allclose(found[name].astype(float), expected[name], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("chunk", [7, 50, 1_000])
def test_the_size_of_chunks_changes_nothing(chunk: int, model: Served, tmp_path: Path) -> None:
    source = made.write(made.rows(100), tmp_path / "in.csv")
    for name, size in (("one.csv", chunk), ("two.csv", 100)):
        made.score(source, tmp_path / name, model, chunk=size)
    one, two = (frame.read(tmp_path / name) for name in ("one.csv", "two.csv"))
    pd.testing.assert_frame_equal(one, two, rtol=1e-12)  # sums of other lengths end in other last digits


def test_a_folder_of_files_is_one_table(model: Served, tmp_path: Path) -> None:
    table = made.rows(250)
    (tmp_path / "in").mkdir()
    for number, part in enumerate(np.array_split(np.arange(250), 4)):
        made.write(table.iloc[part], tmp_path / "in" / f"{number}.parquet")
    made.score(tmp_path / "in", tmp_path / "out.parquet", model)
    made.score(made.write(table, tmp_path / "whole.parquet"), tmp_path / "whole-out.parquet", model)
    assert frame.read(tmp_path / "out.parquet").equals(frame.read(tmp_path / "whole-out.parquet"))


def test_bad_rows_are_set_aside_with_their_reason_and_the_others_scored(model: Served, tmp_path: Path) -> None:
    table = made.rows(250).astype(object)
    table.loc[3, "km"], table.loc[120, "km"], table.loc[240, "zone"] = "far", -1.0, None
    table.loc[120, "rain"] = "perhaps"
    done = made.score(made.write(table, tmp_path / "in.csv"), tmp_path / "out.csv", model)
    aside = pd.read_csv(tmp_path / "out.rejected.csv", dtype=str)
    assert (done.scored, done.rejected) == (247, 3)
    assert aside["row"].tolist() == ["4", "121", "241"]
    assert aside["reason"][0] == "km = 'far': Input should be a valid number"
    assert "km = -1.0: Input should be greater than or equal to 0" in aside["reason"][1]
    assert "rain = 'perhaps': must be true or false" in aside["reason"][1]
    assert aside["reason"][2].startswith("zone = None: ")
    assert aside["trip no"].tolist() == ["4", "121", "241"]
    assert frame.read(tmp_path / "out.csv")["row"].tolist() == [it for it in range(1, 251) if it not in (4, 121, 241)]


def test_what_was_set_aside_can_be_mended_and_scored(model: Served, tmp_path: Path) -> None:
    table = made.rows(50).astype(object)
    table.loc[3, "km"] = "far"
    made.score(made.write(table, tmp_path / "in.csv"), tmp_path / "out.csv", model)
    aside = pd.read_csv(tmp_path / "out.rejected.csv")
    aside["km"] = 3.5
    aside.to_csv(tmp_path / "mended.csv", index=False)
    assert made.score(tmp_path / "mended.csv", tmp_path / "more.csv", model).scored == 1


def test_a_table_of_bad_rows_alone_gives_no_scores_and_all_reasons(models: dict[str, Served], tmp_path: Path) -> None:
    table = made.rows(30).assign(km=-1.0)
    for task, served in models.items():
        done = made.score(made.write(table, tmp_path / f"{task}.parquet"), tmp_path / f"{task}-out.csv", served)
        assert (done.scored, done.rejected) == (0, 30)
        assert len(frame.read(tmp_path / f"{task}-out.csv")) == 0


def test_the_summary_says_what_was_done(model: Served, tmp_path: Path) -> None:
    done = made.score(made.write(made.rows(250), tmp_path / "in.csv"), tmp_path / "out.csv", model)
    said = json.loads((tmp_path / "out.summary.json").read_text(encoding="utf-8"))
    assert (said["version"], said["model_sha256"], said["rows"]) == ("7", model.digest, 250)
    assert said["started"] == "2026-03-02T09:00:00+00:00"
    assert said["seconds"] > 0
    assert "250 rows scored" in done.sentence
    assert not (tmp_path / ".out.csv.work").exists()


def test_progress_is_told(model: Served, tmp_path: Path) -> None:
    told: list[str] = []
    run.run(
        made.job(made.write(made.rows(250), tmp_path / "in.csv"), tmp_path / "out.csv", model), made.CLOCK, told.append
    )
    assert told[-1].startswith("100%  250 rows, 0 set aside")


# --- crashes


class StopError(Exception):
    """The end of a process, at a chosen moment."""


def crashing(after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writing a file whose name ends in `after` be the last thing that the process does, or does not do."""
    write = disk.write

    def stopping(path: Path, data: bytes) -> None:
        if path.name == after:
            raise StopError
        write(path, data)

    monkeypatch.setattr(disk, "write", stopping)


MOMENTS = ["job.json", "000000-scores.parquet", "000001-rejected.parquet", "000001-record.json", "000002-record.json"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_run_that_ends_anywhere_is_gone_on_with_to_the_same_bytes(
    moment: str, suffix: str, model: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = made.rows(250).astype(object)
    table.loc[120, "km"] = "far"
    source = made.write(table, tmp_path / "in.csv")
    with monkeypatch.context() as patch:
        crashing(moment, patch)
        with pytest.raises(StopError):
            made.score(source, tmp_path / f"out{suffix}", model)
    assert not (tmp_path / f"out{suffix}").exists()
    done = made.score(source, tmp_path / f"out{suffix}", model)
    made.score(source, tmp_path / f"straight{suffix}", model)
    for first, second in ((f"out{suffix}", f"straight{suffix}"), ("out.rejected.csv", "straight.rejected.csv")):
        assert (tmp_path / first).read_bytes() == (tmp_path / second).read_bytes()
    finished = {"000001": 1, "000002": 2}.get(moment[:6], 0)
    assert done.resumed == finished


def test_a_chunk_that_is_done_is_not_scored_again(
    model: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made.write(made.rows(250), tmp_path / "in.csv")
    with monkeypatch.context() as patch:
        crashing("000002-record.json", patch)
        with pytest.raises(StopError):
            made.score(source, tmp_path / "out.csv", model)
    scored: list[int] = []
    one = run.one

    def counting(job: run.Job, chunk: Chunk, *rest: Any) -> journal.Done:
        scored.append(chunk.number)
        return one(job, chunk, *rest)

    monkeypatch.setattr(run, "one", counting)
    made.score(source, tmp_path / "out.csv", model)
    assert scored == [2]


def test_a_part_that_was_damaged_is_made_again(model: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = made.write(made.rows(250), tmp_path / "in.csv")
    with monkeypatch.context() as patch:
        crashing("000002-record.json", patch)
        with pytest.raises(StopError):
            made.score(source, tmp_path / "out.csv", model)
    part = tmp_path / ".out.csv.work" / "000000-scores.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    assert made.score(source, tmp_path / "out.csv", model).resumed == 1
    assert len(frame.read(tmp_path / "out.csv")) == 250


def test_another_job_is_not_mixed_into_one_that_was_not_finished(
    model: Served, models: dict[str, Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made.write(made.rows(250), tmp_path / "in.csv")
    with monkeypatch.context() as patch:
        crashing("000002-record.json", patch)
        with pytest.raises(StopError):
            made.score(source, tmp_path / "out.csv", model)
    with pytest.raises(DataError, match="another chunk"):
        made.score(source, tmp_path / "out.csv", model, chunk=50)
    with pytest.raises(DataError, match="another model"):
        made.score(source, tmp_path / "out.csv", models["multiclass"])
    made.write(made.rows(251), tmp_path / "in.csv")
    with pytest.raises(DataError, match="another input"):
        made.score(source, tmp_path / "out.csv", model)
    assert made.score(source, tmp_path / "out.csv", model, fresh=True).rows == 251


def test_two_runs_do_not_work_on_one_output(model: Served, tmp_path: Path) -> None:
    from {{cookiecutter.package_name}}.data import lock

    source = made.write(made.rows(20), tmp_path / "in.csv")
    with lock.held(tmp_path / ".out.csv.work"), pytest.raises(DataError, match="another run holds"):
        made.score(source, tmp_path / "out.csv", model)


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from {package} import clock
from {package}.deployment.batch import run, source
from {package}.model import handoff
from {package}.service.served import Served
handoff_folder, table, scores = map(Path, sys.argv[2:5])
job = run.Job(source.find(table), scores, Served(handoff.load(handoff_folder)), "7", chunk=1_000)
run.EVERY = 0.0
run.run(job, clock.SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC)), lambda line: print(line, flush=True))
"""


@pytest.mark.integration
def test_a_process_that_is_killed_again_and_again_arrives_at_the_same_bytes(
    folders: dict[str, Path], model: Served, tmp_path: Path
) -> None:
    table = made.rows(12_000, seed=3).astype({"km": object})
    table.loc[::301, "km"] = "far"
    source = made.write(table, tmp_path / "in.csv")
    command = [
        sys.executable,
        "-c",
        CHILD.format(package=run.__name__.split(".")[0]),
        str(Path(run.__file__).parents[3]),
    ]
    command += [str(folders["regression"]), str(source), str(tmp_path / "out.parquet")]
    resumed = [killed(command, after) for after in (1, 5)]
    done = made.score(source, tmp_path / "out.parquet", model, chunk=1_000)
    assert done.resumed >= 5, f"after kills at chunks 1 and 5, of which {resumed} were told"
    straight = made.score(source, tmp_path / "straight.parquet", model, chunk=1_000)
    assert (done.scored, done.rejected) == (straight.scored, straight.rejected) == (11_960, 40)
    for first, second in (("out.parquet", "straight.parquet"), ("out.rejected.csv", "straight.rejected.csv")):
        assert (tmp_path / first).read_bytes() == (tmp_path / second).read_bytes()


def killed(command: list[str], after: int) -> int:
    """Start, and kill -9 once `after` chunks are told to be done; gives how many were told."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with process:
        assert process.stdout is not None
        told = 0
        for line in process.stdout:
            told += " rows, " in line
            if told == after:
                process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
                break
        process.wait()
    assert process.returncode != 0, "it was done before it could be killed"
    return told


def test_a_record_is_the_last_thing_that_is_written_of_a_chunk(
    model: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = disk.write

    def noting(path: Path, data: bytes) -> None:
        written.append(path.name)
        write(path, data)

    monkeypatch.setattr(disk, "write", noting)
    made.score(made.write(made.rows(20), tmp_path / "in.csv"), tmp_path / "out.csv", model)
    assert written[-3:] == [f"000000-{it}" for it in (journal.SCORES, journal.REJECTED, journal.RECORD)]
