"""Batch scoring by Azure Machine Learning's contract, `init()` and `run(files)`: the same scorer, another host.

Of each row comes back where it is from, its key and time, and either its score or the reason why it has none.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from ...errors import ModelError
from ...features import filler
from ...model import handoff, project
from ...service import score
from ...service.records import Requests
from ...service.served import Served
from . import checked, offline, output, source
from . import run as jobs
from .run import Job

log = logging.getLogger(__name__)
ROOT = Path(__file__).parents[4]  # of the repo, as it is sent to Azure
MOUNTED, FILE = "AZUREML_MODEL_DIR", "file"
LOADED: dict[str, Served] = {}


def init() -> None:
    """Load the model that Azure mounts, once for the process."""
    mounted = os.environ.get(MOUNTED)
    if not mounted:
        raise ModelError(f"{MOUNTED} is not set", fix="run this behind a batch endpoint, or use `mlops batch`")
    served = Served(handoff.load(score.find(Path(mounted))))
    log.info("model %s, %s", served.digest[:12], served.way.sentence)
    LOADED["model"] = served


def run(mini_batch: Sequence[str]) -> pd.DataFrame:
    """The rows of some files. Raises `DataError` for a file that is no table of this model's inputs."""
    if not LOADED:
        raise ModelError("no model is loaded", fix="call init() first")
    return pd.concat([one(Path(path), LOADED["model"]) for path in mini_batch], ignore_index=True)


def one(path: Path, served: Served) -> pd.DataFrame:
    """One file, chunk by chunk."""
    table = source.find(path)
    defined = project.load(ROOT / "project.toml").schema_only
    features = offline.find(served.folder, table.columns, defined, filler.store(), datetime.now(UTC))
    job = Job(table, path, served, "", offline=features)
    jobs.complete(job)
    names, requests = output.kept(served.schema, table.columns, ()), Requests(served.schema, job.chunk)
    parts = []
    for chunk in table.chunks(job.chunk):
        looked_up = features.values(chunk.rows) if features else {}
        scored = checked.score(chunk, looked_up, served, requests)
        good = output.scores(chunk, scored, names, checked.answers(scored, served)).to_pandas()
        bad = output.rejected(chunk, scored).select([output.ROW, output.REASON, *names]).to_pandas()
        parts += [part.astype(object) for part in (good, bad) if len(part)]
        if len(bad):
            number, reason = bad.iloc[0, :2]
            log.warning("%s: %d rows have no score, such as row %d: %s", path.name, len(bad), number, reason)
    return arranged(parts, [output.ROW, *names, *checked.columns(served), output.REASON], path.name)


def arranged(parts: list[pd.DataFrame], columns: list[str], name: str) -> pd.DataFrame:
    """All rows in their order, each with the file's name."""
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    rows = rows.reindex(columns=columns).sort_values(output.ROW, ignore_index=True)
    rows.insert(0, FILE, name)
    return rows
