"""Level 2's environment: `make setup` installs what is locked, and what Azure's image holds can be installed at all."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from ..conftest import Baked, Rendered, python
from ..emission import UV, replace, run

LOCK = Path("environments", "training.lock")
CONDA = Path("azure", "environments", "training", "conda.yml")
SETTINGS = ("PIP_CONSTRAINT", "UV_CONSTRAINT")


@pytest.mark.slow
@pytest.mark.parametrize("level", [2])
def test_make_setup_installs_what_is_locked(baked: Baked, tmp_path: Path, level: int) -> None:
    project = baked(level)
    mlops = python(project).with_name("mlops")
    checked = run(mlops, "environment", "check", cwd=project)
    assert checked.returncode == 0, checked.stdout
    copy = shutil.copytree(project, tmp_path / "copy", ignore=shutil.ignore_patterns(".venv"))
    (copy / LOCK).write_text(
        re.sub(r"^skops==\S+", "skops==0.0.1", (copy / LOCK).read_text(encoding="utf-8"), flags=re.MULTILINE),
        encoding="utf-8",
    )
    checked = run(mlops, "environment", "check", cwd=copy)
    assert checked.returncode == 1
    assert "and 0.0.1 is locked" in checked.stdout


@pytest.mark.parametrize("level", [1, 2])
def test_make_holds_installations_to_the_lock_from_level_2_on(rendered: Rendered, tmp_path: Path, level: int) -> None:
    project = shutil.copytree(rendered(level), tmp_path / "project")
    (project / "make" / "zz.mk").write_text('shown:\n\t@echo "$$PIP_CONSTRAINT $$UV_CONSTRAINT"\n', encoding="utf-8")
    told = run("make", "--no-print-directory", "shown", cwd=project, env=dict.fromkeys(SETTINGS, ""))
    assert told.stdout.strip() == (" ".join([LOCK.as_posix()] * 2) if level == 2 else "")


@pytest.mark.slow
def test_what_azure_s_image_is_to_hold_can_be_installed_together(rendered: Rendered, tmp_path: Path) -> None:
    conda = tmp_path / "conda.yml"
    shutil.copyfile(rendered(2) / CONDA, conda)
    assert resolved(conda) == []
    replace(conda, "azure-storage-blob==12.27.1", "azure-storage-blob==12.31.1")
    assert resolved(conda)


def resolved(conda: Path) -> list[str]:
    """What uv has to say of the packages of a conda file, on the image's platform; nothing where all fit."""
    text = conda.read_text(encoding="utf-8")
    python_version = re.findall(r"^  - python=(\S+)$", text, re.MULTILINE)[0]
    wanted = conda.with_suffix(".txt")
    pins = re.findall(r"^      - (\S+)$", text, re.MULTILINE)
    wanted.write_text("".join(f"{pin}\n" for pin in pins), encoding="utf-8")
    platform = ("--python-version", python_version, "--python-platform", "x86_64-manylinux_2_28")
    told = run(UV, "pip", "compile", "--quiet", "--no-header", "--no-annotate", *platform, wanted, cwd=conda.parent)
    found = {line.partition(" ")[0] for line in told.stdout.splitlines()}
    return sorted(set(pins) - found) + ([told.stdout] if told.returncode else [])
