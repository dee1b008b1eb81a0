"""`python azure/mlops.py ...` is `mlops ...` where the package is not installed; in a job it lies in `src`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"


def package() -> str:
    """The one package in `src`."""
    (found,) = (path.parent.name for path in SOURCE.glob("*/cli.py"))
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(SOURCE))
    import_module(f"{package()}.cli").main(prog_name="mlops")
