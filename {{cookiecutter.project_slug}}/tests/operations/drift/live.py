"""A repo whose first version is served in its workspace, and weeks of requests with their outcomes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from deployment.promotion import world

from {{cookiecutter.package_name}}.clock import SimulatedClock
from {{cookiecutter.package_name}}.deployment.serving import state
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.deployment.serving.lines import Note
from {{cookiecutter.package_name}}.deployment.serving.outcomes import Outcome, Outcomes
from {{cookiecutter.package_name}}.deployment.serving.records import Recorder
from {{cookiecutter.package_name}}.workspace import Workspace

SINCE = datetime(2025, 2, 17, tzinfo=UTC)  # after the rows of the repo's source
NOW = SINCE + timedelta(days=7)
COUNT = 504
Change = Callable[[pd.DataFrame], pd.DataFrame]


def served(root: Path, target: Path) -> Workspace:
    """A copy of the repo in which the version gets all traffic."""
    repo = world.copied(root, target)
    shutil.copyfile(root / "monitor.toml", repo / "monitor.toml")
    place = Workspace(repo, "dev")
    (version,) = world.registry(repo, "dev").versions()
    folder = world.artifacts(repo, "dev") / "handoff"
    steps = state.deploy("blue", version.number, version.sha256, folder), state.route({"blue": 100})
    state.Endpoint(place).change(*steps, at=SINCE, by="tester", reason="a test")
    return place


def history(place: Workspace) -> pd.DataFrame:
    """Stored features as they were last, for each of a week's requests."""
    kept = ("*/runs/*/features/table/table.parquet", "*/monitor/*/table.parquet")  # the second where the first are gone
    path = next(path for it in kept for path in (place.root / "workspaces").glob(it))
    stored = pd.read_parquet(path).filter(like="history_").tail(COUNT // 3)
    return stored.loc[stored.index.repeat(3)].reset_index(drop=True)


def week(change: Change = lambda rows: rows, seed: int = 1) -> pd.DataFrame:
    """Requests of a week, a third of an hour apart, as the repo's rows are, with what the model says and what came."""
    random = np.random.default_rng(seed)
    km = random.uniform(1, 20, COUNT).round(3)
    at = pd.date_range(SINCE, NOW, periods=COUNT + 1)[:-1]
    rows = pd.DataFrame({"at": at, "km": km, "zone": np.where(at.hour % 2, "north", "south")})
    rows["outcome"] = 3 * km + random.normal(0, 0.5, COUNT)
    return change(rows.assign(prediction=lambda it: 3 * it["km"], deployment="blue", status=200, shadow=False))


def keep(place: Workspace, rows: pd.DataFrame, name: str = "r") -> None:
    """Write rows as the gateway records them, and the outcomes that are known."""
    rows = pd.concat([rows, history(place)], axis=1)
    meta = ("at", "outcome", "prediction", "deployment", "status", "shadow")
    digest = state.Endpoint(place).current().deployments["blue"].digest
    recorder = Recorder(Layout(place).records)
    recorder.start()
    for number, row in enumerate(rows.to_dict("records")):
        given = {str(name): it for name, it in row.items() if name not in meta}
        record: dict[str, object] = {"at": row["at"].isoformat(), **given}
        answer = json.dumps({"prediction": row["prediction"]}).encode()
        event = f"{name}{number}" + ("-shadow" if row["shadow"] else "")
        mine = digest if row["deployment"] == "blue" else "0" * 64
        recorder.put(
            Note(
                event=event, at=row["at"].isoformat(timespec="milliseconds"), request=f"{name}{number}", version="1",
                deployment=row["deployment"], digest=mine, assigned=row["deployment"], entity=None,
                shadow=row["shadow"], forced=False, status=row["status"], latency_ms=1.0, batch=False,
                raw=json.dumps(record).encode(), record=record, answer=answer, stored=b"",
            )
        )  # fmt: skip
    recorder.close()
    known = rows["outcome"].notna()
    told = [
        Outcome(event_id=f"{name}{number}", value=float(value), time=NOW)
        for number, value in enumerate(rows["outcome"])
        if known.iloc[number]
    ]
    if told:
        Outcomes(place, SimulatedClock(NOW)).add(told)
