"""The environment of Azure's jobs, derived from the lock: what differs is in one table, each with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment

from . import lock
from .lock import LockError, Pin

FOLDER = Path("azure", "environments", "training")
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20260715.v1"
PYTHON = "3.12"
ONLY_THERE = "azureml-mlflow"  # where this is installed, the environment is Azure's
EXPORT = "`mlops environment export` derives it anew"


@dataclass(frozen=True)
class Other:
    """What the image has instead of the lock's version; an empty one leaves the package out."""

    version: str
    reason: str


DIFFERENT = {
    ONLY_THERE: Other("1.62.0.post6", "the way from MLflow to Azure's tracking; nothing here needs it"),
    "mlflow": Other("", "its server and pages: a job tracks on Azure's server"),
    "mlflow-skinny": Other("3.15.0", "the newest that azureml-mlflow takes"),
    "azure-storage-blob": Other("12.27.1", "the newest that azureml-mlflow takes"),
    "azure-storage-file-datalake": Other("12.22.0", "the newest beside that azure-storage-blob"),
    "python-dateutil": Other("2.9.0.post0", "the newest that azureml-mlflow takes"),
    "jsonpickle": Other("4.1.4", "azureml-mlflow needs it, and nothing here does"),
    "pytz": Other("2025.2", "azureml-mlflow needs it, and takes none that is newer"),
    "six": Other("1.17.0", "this python-dateutil needs it, and nothing here does"),
}


def place() -> dict[str, str]:
    """The image, as the lock's markers have it."""
    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
    python = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0", "implementation_version": f"{PYTHON}.0"}
    cpython = {"platform_python_implementation": "CPython", "implementation_name": "cpython"}
    here = {name: str(value) for name, value in default_environment().items()}
    return {**here, **linux, **python, **cpython}


def pins(root: Path) -> dict[str, str]:
    """Name -> version of all that the image has: what training and its submission need, but for `DIFFERENT`."""
    locked = lock.load(root, place())
    roots = {*lock.declared(root, (*lock.TRAINING, "azure")), *DIFFERENT} - left_out()
    found = {name: it.version for name, it in lock.closure(without(locked), roots).items()}
    found |= {name: it.version for name, it in DIFFERENT.items() if it.version}
    return dict(sorted(found.items()))


def left_out() -> set[str]:
    return {name for name, it in DIFFERENT.items() if not it.version}


def without(locked: Mapping[str, Pin]) -> dict[str, Pin]:
    """The lock without what is left out, so that what only that needs is left out too."""
    return {name: it for name, it in locked.items() if name not in left_out()}


def rendered(root: Path) -> dict[str, str]:
    """The files' names and texts. The version follows from the content: another content is another version."""
    wanted = pins(root)
    conda = "".join([*comments(), "channels: [conda-forge]\ndependencies:\n"])
    conda += f"  - python={PYTHON}\n  - pip\n  - pip:\n"
    conda += "".join(f"      - {name}=={version}\n" for name, version in wanted.items())
    version = hashlib.sha256(f"{IMAGE}\n{conda}".encode()).hexdigest()[:12]
    environment = (
        f"# Derived from {lock.PATH.as_posix()}: {EXPORT}. Its version follows from what is in it.\n"
        f'name: training\nversion: "{version}"\n'
        "description: What the steps of the training pipeline run in\n"
        f"image: {IMAGE}\nconda_file: conda.yml\n"
    )
    return {"conda.yml": conda, "environment.yml": environment}


def comments() -> list[str]:
    """What differs from the lock, and why, at the head of the file."""
    lines = [f"# Derived from {lock.PATH.as_posix()}: {EXPORT}. What differs from it, and why:\n"]
    for name, it in DIFFERENT.items():
        lines.append(f"# {name} {it.version or 'is left out'}: {it.reason}\n")
    return lines


def check(root: Path) -> list[str]:
    """Where the files differ from what the lock gives. Empty: they agree."""
    found = []
    for name, text in rendered(root).items():
        path = root / FOLDER / name
        there = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        wanted = text.splitlines()
        said = [f"has {line.strip(' -')}" for line in there if line not in wanted]
        said += [f"lacks {line.strip(' -')}" for line in wanted if line not in there]
        if said or there != wanted:
            shown = "; ".join(said[:3]) or "has its lines in another order"
            found.append(f"{(FOLDER / name).as_posix()} {shown}: {EXPORT}")
    return found


def export(root: Path) -> list[str]:
    """Write the files; gives those that changed. Raises `LockError` where there is no lock."""
    changed = []
    for name, text in rendered(root).items():
        path = root / FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(f"wrote {(FOLDER / name).as_posix()}")
    return changed


__all__ = ["DIFFERENT", "FOLDER", "IMAGE", "LockError", "check", "export", "pins", "rendered"]
