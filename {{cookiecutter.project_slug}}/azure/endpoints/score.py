"""What Azure's server starts: the scoring script of the package that lies in `src`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
(PACKAGE,) = (path.parent.name for path in SOURCE.glob("*/cli.py"))
sys.path.insert(0, str(SOURCE))
script = import_module(f"{PACKAGE}.deployment.serving.azure_score")
init, run = script.init, script.run
