"""The bench's environments and its emitted project; everything is below `build/bench` and made where it lacks."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
BENCH, BUILD = Path(__file__).parent, ROOT / "build" / "bench"
PACKAGE, ROWS = "bench_model", 50_000


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    @property
    def bin(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.bin / "python"

    def ensure(self, *packages: str) -> None:
        """Make it and install `packages`, once for each list of them."""
        ready, wanted = self.folder / ".ready", "\n".join(packages)
        if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
            return
        click.echo(f"· making {self.folder.relative_to(ROOT)} (once)")
        run(sys.executable, "-m", "venv", "--without-pip", str(self.folder))
        run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(self.python), *packages)
        ready.write_text(wanted, encoding="utf-8")

    def version(self, name: str) -> str:
        """The version of an installed package."""
        code = f"from importlib.metadata import version; print(version({name!r}))"
        return run(str(self.python), "-c", code).strip()


OURS, MLFLOW = Environment(BUILD / "ours"), Environment(BUILD / "mlflow")
PROJECT = BUILD / "bench-model"


def run(*command: str, cwd: Path = ROOT) -> str:
    """What a command wrote. Ends the bench with its errors where it failed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=environment())
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def environment() -> dict[str, str]:
    """The processes' environment: no key, no telemetry, the projects' own programs first."""
    path = os.pathsep.join([str(MLFLOW.bin), os.environ.get("PATH", "")])
    kept = {name: value for name, value in os.environ.items() if name not in ("MLOPS_API_KEY", "PYTHONPATH")}
    return {**kept, "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONPATH": str(PROJECT / "src")}


def emit() -> None:
    """A fresh Level 1 project."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    run(sys.executable, "-m", "ladder", "new", str(PROJECT), "--level", "1", "--package", PACKAGE)


def mlops(*arguments: str) -> str:
    """A command of the emitted project."""
    return run(str(OURS.python), "-m", PACKAGE, *arguments, cwd=PROJECT)


def prepare() -> None:
    """Project, environments, sample, model in both forms, request bodies."""
    emit()
    OURS.ensure(
        "click", "fastapi", "matplotlib", "pandas", "pyarrow", "pydantic", "scikit-learn", "skops", "uvicorn[standard]"
    )
    pinned = f"scikit-learn=={OURS.version('scikit-learn')}"
    wanted = (BENCH / "requirements.txt").read_text(encoding="utf-8").splitlines()
    MLFLOW.ensure(*(line for line in wanted if not line.startswith("#")), pinned)
    click.echo(f"· {ROWS:,} sample rows, a model, its acceptance, the same model for MLflow")
    mlops("sample", "--rows", str(ROWS))
    mlops("train")
    mlops("accept", "handoff")
    model = BUILD / "mlflow-model"
    shutil.rmtree(model, ignore_errors=True)
    run(str(MLFLOW.python), str(BENCH / "save_mlflow.py"), str(PROJECT / "handoff"), str(model))
    bodies = [str(BENCH / "requests_for.py"), PACKAGE, "handoff", "data/trips.csv", str(BUILD)]
    run(str(OURS.python), *bodies, cwd=PROJECT)


def told(level: int, name: str, scripts: dict[str, str]) -> list[str]:
    """Emit a project of `level` with an environment of its own, run each script there; gives their Markdown."""
    project, environment = BUILD / f"bench-{name}", Environment(BUILD / name)
    shutil.rmtree(project, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    run(sys.executable, "-m", "ladder", "new", str(project), "--level", str(level), "--package", f"bench_{name}")
    environment.ensure("--constraint", str(project / "environments" / "training.lock"), "--editable", f"{project}[all]")
    text = []
    for title, script in scripts.items():
        click.echo(f"· {title[0].lower()}{title[1:]}")
        text += ["", f"## {title}", "", run(str(environment.python), str(BENCH / script), cwd=project).strip()]
    return text


def machine() -> str:
    """What the figures were taken on."""
    names = Path("/proc/cpuinfo")
    lines = names.read_text(encoding="utf-8").splitlines() if names.is_file() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
    versions = ", ".join(f"{name} {OURS.version(name)}" for name in ("scikit-learn", "numpy", "uvicorn"))
    load = f", load {os.getloadavg()[2]:.1f} over the last quarter of an hour" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores{load}, {platform.system()}, Python {platform.python_version()}, {versions}"
