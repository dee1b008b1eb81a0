"""A tiny template with our own hooks: four levels, and all that a level or a newer template can do to a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ladder.template import PROJECT

from ..emission import REPO, done, replace

PACKAGE = "{{cookiecutter.package_name}}"
VERSION = "1.0.0"

QUESTIONS = {
    "project_slug": "toy-model",
    "package_name": "{{ cookiecutter.project_slug | lower | replace('-', '_') }}",
    "maturity_level": "0",
    "ci_provider": "github",
    "_template_version": VERSION,
    "_levels": ["None", "One", "Two", "Three"],
    "_ci_providers": ["github", "none"],
    "_reserved": ["taken"],
    "_new_lines": "\n",
    "_jinja2_env_vars": {
        "block_start_string": "# {%",
        "block_end_string": "%}",
        "lstrip_blocks": True,
        "trim_blocks": True,
    },
    "_copy_without_render": ["assets/*"],
}
RECORD = """{
  "answers": {
    "project_slug": {{ cookiecutter.project_slug | jsonify }},
    "package_name": {{ cookiecutter.package_name | jsonify }},
    "maturity_level": {{ cookiecutter.maturity_level | jsonify }},
    "ci_provider": {{ cookiecutter.ci_provider | jsonify }}
  },
  "level": null,
  "template_version": {{ cookiecutter._template_version | jsonify }},
  "tree": null
}
"""


def since(level: int, text: str, instead: str = "") -> str:
    """Text that is there from a level on, and what stands in its place below."""
    other = f"# {{% else %}}\n{instead}" if instead else ""
    return f"# {{% if cookiecutter.maturity_level|int >= {level} %}}\n{text}{other}# {{% endif %}}\n"


TABLE = """differs = []

[[level]]
number = 0
title = "None"
why = "By hand."
paths = [
    ".ladder.json", "README.md", "assets", "configs/train.yaml", "docs", "legacy", "levels.toml", "pyproject.toml",
    "scripts",
    "src/PACKAGE/train.py", "src/PACKAGE/util.py", "src/PACKAGE/steps/__init__.py", "src/PACKAGE/steps/load.py",
]

[[level]]
number = 1
title = "One"
why = "Tested."
paths = [".gitignore", "tests"]
retires = ["legacy"]

[level.ci]
github = [".github/workflows/ci.yml"]

[[level]]
number = 2
title = "Two"
why = "Piped."
paths = ["configs/monitor.yaml", "pipelines", "src/PACKAGE/steps/gate.py"]

[[level]]
number = 3
title = "Three"
why = "Deployed."
paths = ["deploy"]
""".replace("PACKAGE", PACKAGE)
TRAIN = (
    '"""Fit the model."""\n\nimport json\n'
    + since(1, "import logging\n")
    + "\n\ndef read(path):\n    with open(path) as file:\n        return json.load(file)\n\n\n"
    "def train(strength=1.0):\n    rows = read('data.json')\n    return strength * len(rows)\n\n\n"
    'if __name__ == "__main__":\n'
    + since(1, "    logging.basicConfig()\n    logging.info(train())\n", "    print(train())\n")
)
FILES = {
    ".ladder.json": RECORD,
    ".gitignore": "/data/*\n.venv/\n",
    ".github/workflows/ci.yml": "on: push\njobs: {}\n",
    "README.md": "# {{ cookiecutter.project_slug }}\n\n"
    "Level {{ cookiecutter.maturity_level }}.\n\n## Start\n\nmake demo\n\n## People\n\nBy Ann.\n",
    "assets/logo.bin": "\0\1logo\n",
    "configs/train.yaml": since(1, "seed: 42\ntrack: true\n", "seed: 1\n") + "rows: 100\nstrength: 1.0\nfolds: 3\n",
    "configs/monitor.yaml": "every: day\n",
    "deploy/endpoint.yml": "name: endpoint\n",
    "docs/guide.md": "# Guide\n\nRead this.\n",
    "docs/model.md": "# Model\n\nA line.\n",
    "legacy/handoff.md": "# Hand it over\n\nTell the app team.\nWait.\n",
    "levels.toml": TABLE,
    "pipelines/train.yml": "steps:\n  train:\n    run: train\n  gate:\n    run: gate\n",
    "pyproject.toml": '[project]\nname = "{{ cookiecutter.project_slug }}"\nversion = "0.1.0"\n'
    'description = "Level {{ cookiecutter.maturity_level }}"\ndependencies = [\n    "pandas",\n]\n\n'
    "[dependency-groups]\ndev = [\n" + since(1, '    "pytest",\n') + since(2, '    "mlflow",\n') + "]\n",
    "scripts/run.sh": "#!/bin/sh\nset -e\ncd src\nexec python -m train\n",
    f"src/{PACKAGE}/train.py": TRAIN,
    f"src/{PACKAGE}/util.py": "def one():\n    return 1\n",
    f"src/{PACKAGE}/steps/__init__.py": "",
    f"src/{PACKAGE}/steps/load.py": "def load():\n    return 'loaded from where it lies'\n",
    f"src/{PACKAGE}/steps/gate.py": "def gate():\n    return 'open'\n",
    "tests/test_train.py": "def test_train():\n    assert 1 + 1 == 2\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files into a project's folder of the template."""
    for name, text in files.items():
        path = folder / PROJECT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def make(folder: Path) -> Path:
    """The template, in a folder that is not there yet."""
    write(folder, FILES)
    (folder / "cookiecutter.json").write_text(json.dumps(QUESTIONS, indent=2) + "\n", encoding="utf-8")
    shutil.copytree(REPO / "hooks", folder / "hooks", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def commit(folder: Path, message: str, *tags: str) -> None:
    """The template as a clone of its repo: a commit, with tags."""
    if not (folder / ".git").exists():
        done("git", "init", "-q", "-b", "main", cwd=folder)
    done("git", "add", "-A", cwd=folder)
    done("git", "commit", "-q", "-m", message, cwd=folder)
    for tag in tags:
        done("git", "tag", tag, cwd=folder)


def newer(folder: Path, version: str = "1.1.0") -> None:
    """The template's next version: a mended line, another picture, a script that may be started, a new page."""
    replace(folder / "cookiecutter.json", f'"_template_version": "{VERSION}"', f'"_template_version": "{version}"')
    replace(folder / PROJECT / "docs" / "guide.md", "Read this.", "Read all of this.")
    write(folder, {"assets/logo.bin": "\0\2newer logo\n", "docs/more.md": "# More\n"})
    (folder / PROJECT / "scripts" / "run.sh").chmod(0o755)
