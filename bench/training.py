"""Level 2's figures: the pipeline, the point-in-time join, events under kills; in an emitted project."""

from __future__ import annotations

import shutil
import sys

import click

from . import setting
from .setting import BENCH, BUILD, Environment

ENVIRONMENT, PROJECT = Environment(BUILD / "training"), BUILD / "bench-training"
SCRIPTS = {
    "The training pipeline": "pipeline.py",
    "The point-in-time join": "features.py",
    "Events, with broker, relay and consumer killed": "events.py",
}


def run() -> list[str]:
    """Emit a Level 2 project with an environment of its own, run each script there; gives their Markdown."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    setting.run(sys.executable, "-m", "ladder", "new", str(PROJECT), "--level", "2", "--package", "bench_training")
    ENVIRONMENT.ensure("--constraint", str(PROJECT / "environments" / "training.lock"), "--editable", f"{PROJECT}[all]")
    text = []
    for title, name in SCRIPTS.items():
        click.echo(f"· {title[0].lower()}{title[1:]}")
        text += ["", f"## {title}", "", setting.run(str(ENVIRONMENT.python), str(BENCH / name), cwd=PROJECT).strip()]
    return text
