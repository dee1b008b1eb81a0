"""What Azure's batch endpoint calls: `init()` once for a process, `run(files)` for each part of the input."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
(PACKAGE,) = (path.parent.name for path in SOURCE.glob("*/cli.py"))
if str(SOURCE) not in sys.path:
    sys.path.insert(0, str(SOURCE))
endpoint = import_module(f"{PACKAGE}.deployment.batch.endpoint")
init, run = endpoint.init, endpoint.run
