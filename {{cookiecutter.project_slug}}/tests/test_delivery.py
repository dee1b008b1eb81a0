"""The gates around the code: owners, what git ignores, and that no gate is soft. Each has a test that breaks it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import layers

PLACES = (".github/CODEOWNERS", ".gitlab/CODEOWNERS")
WORKFLOWS = (".github/workflows/*.yml", ".gitlab-ci.yml", ".gitlab/*.yml", ".azuredevops/*.yml")
GATES = (*WORKFLOWS, ".pre-commit-config.yaml", "Makefile", "make/*.mk")
HANDLE = re.compile(r"@[\w./-]+|\S+@\S+")
WRITTEN = {".ipynb", ".md", ".mk", ".py", ".toml"}
SOFT = re.compile(
    r"continue-on-error|continueOnError|allow_failure|\|\|\s*(true|:)(\s|$)|--exit-zero|set \+e|exit_codes"
    r"|^\t@?-|^[.]IGNORE|--no-verify-ssl|failTask\w+: false|SKIP="
)


# --- owners


def owners(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """(path -> owners, paths that still wait for one)."""
    named = {words[0]: words[1:] for line in text.splitlines() if (words := line.split()) and words[0] != "#"}
    return named, re.findall(r"^# (\*|/\S+)$", text, re.MULTILINE)


def unowned(text: str) -> list[str]:
    """What is wrong with a file of owners: a path without one, while others have theirs."""
    named, waiting = owners(text)
    nobody = [path for path, who in named.items() if not who or not all(map(HANDLE.fullmatch, who))]
    return nobody + (waiting if named else [])


def files_of_owners(root: Path) -> list[str]:
    return [(root / place).read_text(encoding="utf-8") for place in PLACES if (root / place).exists()]


def test_every_layer_is_listed_and_all_have_owners_or_none(root: Path) -> None:
    for text in files_of_owners(root):
        named, waiting = owners(text)
        assert {f"/src/*/{layer}/" for layer in layers.levels(root)} <= {*named, *waiting}
        assert unowned(text) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("# *\n# /src/*/model/\n", []),
        ("* @ann\n/src/*/model/ @data/science @bob\n", []),
        ("* @ann\n# /src/*/model/\n", ["/src/*/model/"]),
        ("* @ann\n/src/*/model/\n", ["/src/*/model/"]),
        ("* ann\n", ["*"]),
    ],
    ids=["nobody yet", "everybody", "one still waits", "one without", "no handle"],
)
def test_half_filled_owners_are_seen(text: str, wrong: list[str]) -> None:
    assert unowned(text) == wrong


# --- what git keeps


@pytest.fixture
def repo(tmp_path: Path, root: Path) -> Path:
    """An empty repo with this one's .gitignore."""
    (tmp_path / ".gitignore").write_bytes((root / ".gitignore").read_bytes())
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)  # noqa: S607
    return tmp_path


def ignored(repo: Path, path: str) -> bool:
    command = ["git", "check-ignore", "-q", "--no-index", path]
    return subprocess.run(command, cwd=repo, check=False).returncode == 0  # noqa: S603


@pytest.mark.parametrize(
    "path",
    [
        "data/trips.csv",
        "data/landed/day=1/part.parquet",
        "handoff/model.skops",
        "models/current.json",
        "reports/index.html",
        ".env",
    ],
)
def test_data_models_and_secrets_stay_out(repo: Path, path: str) -> None:
    assert ignored(repo, path)


def test_what_people_write_is_kept(repo: Path, root: Path) -> None:
    written = [path for folder in ("src", "tests", "docs", "make", "notebooks") for path in (root / folder).rglob("*")]
    kept = [path.relative_to(root).as_posix() for path in written if path.suffix in WRITTEN]
    kept += ["data/README.md", "project.toml"]
    assert [path for path in kept if ignored(repo, path)] == []


# --- no gate is soft


def soft(text: str) -> Iterator[str]:
    """Lines by which a step could fail without failing anything."""
    for number, line in enumerate(text.splitlines(), 1):
        if SOFT.search(line) and not line.lstrip().startswith("#"):
            yield f"{number}: {line.strip()}"


def test_no_gate_is_soft(root: Path) -> None:
    found = [path for pattern in GATES for path in root.glob(pattern)]
    assert root / "Makefile" in found
    assert root / "make" / "quality.mk" in found
    assert [line for path in found for line in soft(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "line",
    [
        "        continue-on-error: true",
        "    continueOnError: true",
        "  allow_failure: true",
        "      - run: make lint || true",
        "\tpytest || :",
        "\truff check --exit-zero .",
        "\t-pytest",
        "\t@-pytest",
        ".IGNORE: lint",
        "          failTaskOnFailedTests: false",
        "\tSKIP=secrets pre-commit run",
    ],
)
def test_a_soft_gate_is_seen(line: str) -> None:
    assert list(soft(f"ci:\n{line}\n")) == [f"2: {line.strip()}"]
