"""The environment of a run: what is locked, whether that is what is installed, and how a run's record names it."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import azure_environment, lock
from .lock import LockError

TELLING = ("duckdb", "great-expectations", "mlflow", "numpy", "pandas", "pyarrow", "scikit-learn", "skops")
OLDEST = "3.11"  # requires-python of pyproject.toml: the lock is for this and all newer
HEADER = "# What `make setup` installs, exactly, on every platform. `make lock` writes this file; do not edit it.\n"


def digest(root: Path = Path()) -> str:
    """One name for what a run here is pinned to: sha256 over all that training needs, and Python's minor version."""
    lines = [f"{name}=={version}" for name, version in wanted(root).items()]
    return hashlib.sha256("\n".join([f"python {minor()}", *lines]).encode()).hexdigest()


def wanted(root: Path) -> dict[str, str]:
    """Name -> version of all that training needs here: the lock's, or in a job of Azure what is derived from it."""
    if installed(azure_environment.ONLY_THERE) is not None:
        return azure_environment.pins(root)
    return {name: pin.version for name, pin in lock.closure(lock.load(root), lock.declared(root)).items()}


def minor() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def check(root: Path = Path()) -> list[str]:
    """Where what is installed differs from the lock, for all that training needs. Empty: it is equal."""
    lacking = sorted(lock.declared(root) - set(lock.load(root)))
    missing = [f"{name} is in {lock.PROJECT} and not in {lock.PATH.name}" for name in lacking]
    return [*missing, *(said for name, version in wanted(root).items() if (said := difference(name, version)))]


def difference(name: str, version: str) -> str:
    """How the installed package differs from its pin."""
    found = installed(name)
    if found is None:
        return f"{name} {version} is locked and not installed"
    return "" if found == version else f"{name} is {found}, and {version} is locked"


def installed(name: str) -> str | None:
    """The installed version of a package."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def described(root: Path = Path()) -> dict[str, Any]:
    """What the record of a run says of its environment."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "digest": digest(root),
        "lock_sha256": hashlib.sha256(lock.read(root).encode()).hexdigest(),
        "packages": {name: found for name in TELLING if (found := installed(name)) is not None},
    }


def relock(root: Path, *, upgrade: bool = False) -> list[str]:
    """Resolve `pyproject.toml` anew with uv, and write the lock; gives the lines that changed.

    Pins that still fit are kept, but for `upgrade`. Raises `LockError` where uv is absent or finds no solution.
    """
    if find_spec("uv") is None:
        raise LockError("uv is not installed here, and it makes the lock", fix="`make setup` installs it")
    path = root / lock.PATH
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        made.write_text(before, encoding="utf-8")
        words = ["--quiet", "--universal", "--python-version", OLDEST, "--no-header", "--annotation-style", "line"]
        words += ["--group", "dev", *(word for extra in lock.EXTRAS for word in ("--extra", extra))]
        words += ["--output-file", str(made), *(["--upgrade"] if upgrade else [])]
        command = [sys.executable, "-m", "uv", "pip", "compile", lock.PROJECT, *words]
        # the lock that `make` holds installations to would hold this one to the lock, too
        free = {name: text for name, text in os.environ.items() if name not in ("UV_CONSTRAINT", "PIP_CONSTRAINT")}
        ran = subprocess.run(command, cwd=root, env=free, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
        if ran.returncode:
            fix = "loosen what pyproject.toml asks for, or look at the package index"
            raise LockError(f"uv finds no solution:\n{ran.stderr.strip()}", fix=fix)
        after = HEADER + plain(made.read_text(encoding="utf-8"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(after, encoding="utf-8", newline="\n")
    return sorted(f"+ {line}" for line in pinned(after) - pinned(before)) + sorted(
        f"- {line}" for line in pinned(before) - pinned(after)
    )


def plain(text: str) -> str:
    """The lock as uv writes it, without the project's name and the padding: the same for every project."""
    lines = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            needed, _, asked = line.partition("# via ")
            who = sorted(lock.PROJECT if lock.PROJECT in it else it.strip() for it in asked.split(","))
            lines.append(f"{needed.strip()}  # via {', '.join(who)}\n")
    return "".join(lines)


def pinned(text: str) -> set[str]:
    """The lock's lines without who asks for them."""
    return {line.partition("  # via")[0] for line in text.splitlines() if line and not line.startswith("#")}
