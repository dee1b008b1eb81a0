"""The exploration notebook runs from top to bottom on the sample, and is kept without outputs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from {{cookiecutter.package_name}}.model import sample

REPO = Path(__file__).parents[2]
NOTEBOOK = REPO / "notebooks" / "exploration.ipynb"


def notebook() -> nbformat.NotebookNode:
    read: Any = nbformat.read  # has no types of its own
    content: nbformat.NotebookNode = read(NOTEBOOK, as_version=4)
    return content


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = notebook().cells
    assert [cell.source for cell in cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)] == []


@pytest.mark.integration
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("project.toml", "pyproject.toml"):
        shutil.copy(REPO / name, tmp_path)
    (tmp_path / "notebooks").mkdir()
    if sample.URL not in (tmp_path / "project.toml").read_text(encoding="utf-8"):
        pytest.skip("project.toml describes another table")
    sample.fill(tmp_path / sample.DATABASE, 3000, 7)
    sample.export(tmp_path / sample.DATABASE, tmp_path / sample.EXPORT)
    monkeypatch.setenv("PYTHONPATH", str(Path(sample.__file__).parents[2]))
    run = notebook()
    where = {"metadata": {"path": str(tmp_path / "notebooks")}}
    NotebookClient(run, timeout=120, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in run.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    assert [output for output in outputs if output.output_type == "stream" and output.name == "stderr"] == []
