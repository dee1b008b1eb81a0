"""Level 2's figures: the pipeline, the point-in-time join, events under kills; in an emitted project."""

from __future__ import annotations

from . import setting

SCRIPTS = {
    "The training pipeline": "pipeline.py",
    "The point-in-time join": "features.py",
    "Events, with broker, relay and consumer killed": "events.py",
}


def run() -> list[str]:
    """Run each script in a Level 2 project; gives their Markdown."""
    return setting.told(2, "training", SCRIPTS)
