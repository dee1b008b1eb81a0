"""Level 4's figures: drift checks, and a loop that is killed, under load and by itself, in an emitted project."""

from __future__ import annotations

import shutil

import click

from . import setting

SCRIPTS = {
    "Drift: how long a check takes, how often it errs, how soon it sees": "drift.py",
    "The loop killed at random moments": "operate.py",
    "Releases by itself under load": "automatic.py",
}
EVIDENTLY = setting.Environment(setting.BUILD / "evidently")


def require() -> None:
    """Say what is lacking before anything has taken its time. Raises `ClickException`."""
    if not shutil.which("wrk"):
        raise click.ClickException(
            "wrk, the load generator, is not installed: apt-get install wrk, or --skip-operations"
        )


def run() -> list[str]:
    """Run each script in a Level 4 project; gives their Markdown."""
    EVIDENTLY.ensure("evidently>=0.7", "pandas<3", "pyarrow")  # 0.7.23 cannot be imported beside pandas 3
    return setting.told(4, "operations", SCRIPTS)
