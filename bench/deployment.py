"""Level 3's figures: an endpoint under load, killed releases, how the A/B test errs, batches, in an emitted project."""

from __future__ import annotations

import shutil

import click

from . import setting

SCRIPTS = {
    "The endpoint under load, with releases and a killed scorer": "load.py",
    "Releases that are killed": "release.py",
    "The A/B test: how often it errs, how soon it sees": "verdict.py",
    "Batch scoring": "batch.py",
}


def require() -> None:
    """Say what is lacking before anything has taken its time. Raises `ClickException`."""
    if not shutil.which("wrk"):
        raise click.ClickException(
            "wrk, the load generator, is not installed: apt-get install wrk, or --skip-deployment"
        )


def run() -> list[str]:
    """Run each script in a Level 3 project; gives their Markdown."""
    return setting.told(3, "deployment", SCRIPTS)
