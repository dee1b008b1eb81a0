"""The training pipeline with a step that turns labels upside down: a model that is wrong, for the gate to refuse."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from . import parts
from .code import LAUNCHER

TRAINING = Path("azure", "pipelines", "training.yml")


def turn(train: Path, out: Path) -> None:
    """The rows of `train`, in which large labels are small and each class has the name of the next."""
    rows, schema = parts.read(train)
    target = schema.table.target
    out.mkdir(parents=True, exist_ok=True)
    rows.assign(**{target: turned(rows[target])}).to_parquet(out / parts.ROWS, index=False)
    parts.travel(train, out)


def turned(labels: pd.Series) -> pd.Series:
    """Labels upside down. Shuffled ones would not do: where the target grows, even their mean may beat the baseline."""
    if pd.api.types.is_numeric_dtype(labels):
        return pd.Series(labels.max() - labels + labels.min())
    names = sorted(labels.unique())
    return pd.Series(labels.map(dict(zip(names, [*names[1:], names[0]], strict=True))))


def write(root: Path, folder: Path) -> Path:
    """Write the pipeline into `folder`: the repo's own, in which `train` reads what the new step has left."""
    source = root / TRAINING
    content: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    for job in content["jobs"].values():
        job["component"] = str((source.parent / job["component"]).resolve())
    for given in content["inputs"].values():
        given["path"] = str((source.parent / given["path"]).resolve())
    jobs, component = content["jobs"], "turn.yml"
    learned = jobs["train"]["inputs"]["train"]
    jobs["turn"] = {"type": "command", "component": component, "inputs": {"train": learned}}
    jobs["train"]["inputs"]["train"] = expression("parent.jobs.turn.outputs.out")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / component).write_text(yaml.safe_dump(turning(root), sort_keys=False), encoding="utf-8")
    (folder / "pipeline.yml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return folder / "pipeline.yml"


def turning(root: Path) -> dict[str, Any]:
    """The step's component."""
    words = f"python {LAUNCHER} step turn --train {expression('inputs.train')} --out {expression('outputs.out')}"
    return {
        "name": "turn",
        "type": "command",
        "inputs": {"train": {"type": "uri_folder"}},
        "outputs": {"out": {"type": "uri_folder"}},
        "code": str(root),
        "command": words,
    }


def expression(name: str) -> str:
    """A reference as the pipeline's YAML has it, written so that a template engine finds nothing here to replace."""
    return "$" + 2 * "{" + name + 2 * "}"
