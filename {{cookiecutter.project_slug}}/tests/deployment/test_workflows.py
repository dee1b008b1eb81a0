"""The workflows that release models: a release waits for its tests, the way back for nothing, and what is handed in
stays a word. The repo has those of one CI provider, or none, so each rule is also shown a workflow that breaks it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PLACES = (".github/workflows/deploy.yml", ".azuredevops/deploy.yml", ".gitlab/deploy.yml")
SHELL = {"run", "script", "inlineScript", "before_script", "after_script"}
TOKEN = re.compile(r'echo "\$AZURE_TOKEN" > "\$AZURE_FEDERATED_TOKEN_FILE"|rm -f "\$CI_PROJECT_DIR/\.venv/azure-token"')
HANDED_IN = re.compile(r"\$\{\{|\$\([A-Za-z]")  # an expression of GitHub's or Azure's, a macro of Azure's
STARTS, BACK, NEXT = ("make rollout", "make share"), "make rollout-back", "make rollout-next"
OPEN, SHUT = "${" + "{", "}" + "}"  # written apart, for the two together are the template's own
Way = tuple[dict[str, Any], ...]  # from the whole file down to the step

GITHUB = """
jobs:
  test:
    steps:
      - run: make model-test
  release:
    needs: test
    environment: production
    steps:
      - run: "make rollout"
  back:
    steps:
      - run: make rollout-back
"""
DEVOPS = """
stages:
  - IF(release):
      - stage: test
        jobs:
          - job: model
            steps:
              - script: make model-test
      - stage: release
        dependsOn: test
        jobs:
          - deployment: production
            environment: production
            strategy:
              runOnce:
                deploy:
                  steps:
                    - script: "make rollout"
  - IF(back):
      - stage: back
        jobs:
          - job: back
            steps:
              - script: make rollout-back
"""
GITLAB = """
deploy-test:
  script: [make model-test]
deploy-release:
  needs: [deploy-test]
  environment: production
  script: ["make rollout"]
deploy-back:
  needs: []
  script: [make rollout-back]
"""
SAMPLES = {"github": GITHUB, "azure-devops": DEVOPS, "gitlab": GITLAB}


def found(root: Path) -> list[str]:
    """The texts of the workflows that this repo has."""
    return [(root / place).read_text(encoding="utf-8") for place in PLACES if (root / place).exists()]


def shell(node: Any, way: Way = ()) -> Iterator[tuple[str, Way]]:
    """Every line of shell below a node of YAML, with the mappings that lead to it."""
    if isinstance(node, list):
        for item in node:
            yield from shell(item, way)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in SHELL:
                text = "\n".join(value) if isinstance(value, list) else str(value)
                yield from ((line, (*way, node)) for line in text.splitlines())
            else:
                yield from shell(value, (*way, node))


def lines(text: str) -> list[tuple[str, Way]]:
    return list(shell(yaml.safe_load(text)))


# --- a step is one target of make, and that is there


def targets(root: Path) -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (root / "Makefile", *(root / "make").glob("*.mk")))
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", text, re.MULTILINE))


def strange(text: str, known: set[str]) -> list[str]:
    """Lines that are anything else, so that one could fail unseen, or do what nobody can do by hand."""
    mine = {f"make {name}" for name in known}
    return [line for line, _ in lines(text) if line not in mine and not TOKEN.fullmatch(line)]


def test_a_step_is_a_target_that_a_person_has_too(root: Path) -> None:
    known = targets(root)
    assert {*(it.removeprefix("make ") for it in (*STARTS, BACK, NEXT)), "model-test"} <= known
    assert [strange(text, known) for text in found(root)] == [[] for _ in found(root)]


@pytest.mark.parametrize(
    "line", ["make rolout", "make rollout || exit 0", "make rollout; echo done", "mlops rollout run"]
)
@pytest.mark.parametrize("provider", SAMPLES)
def test_a_step_that_is_something_else_is_seen(root: Path, provider: str, line: str) -> None:
    assert strange(SAMPLES[provider], targets(root)) == []
    broken = SAMPLES[provider].replace("make model-test", f"'{line}'")
    assert strange(broken, targets(root)) == [line]


# --- a release waits for its tests and for a person, the way back for nobody


def said(way: Way, *keys: str) -> list[str]:
    """What the mappings on the way say under one of these keys."""
    values = [it[key] for it in way for key in keys if it.get(key)]
    return [word for value in values for word in (value if isinstance(value, list) else [value])]


def unguarded(text: str) -> list[str]:
    """What is wrong with the order of things."""
    ways: dict[str, list[Way]] = {}
    for line, way in lines(text):
        ways.setdefault(line, []).append(way)
    wrong = []
    for line in (it for it in STARTS if it in ways):
        for way in ways[line]:
            if not any("test" in str(name) for name in said(way, "needs", "dependsOn")):
                wrong.append(f"{line} does not wait for the tests")
            if said(way, "environment") != ["production"]:
                wrong.append(f"{line} is not in production")
    for way in ways.get(BACK, []):
        if said(way, "needs", "dependsOn", "environment", "concurrency", "resource_group"):
            wrong.append(f"{BACK} has to wait")
    lacking = [it for it in ("make model-test", STARTS[0], BACK) if it not in ways]
    return wrong + [f"nothing calls {it}" for it in lacking]


def test_a_release_is_guarded_and_the_way_back_is_open(root: Path) -> None:
    assert [unguarded(text) for text in found(root)] == [[] for _ in found(root)]


BREAKS = {
    "github": [
        ("    needs: test\n", "", "make rollout does not wait for the tests"),
        ("    environment: production\n", "", "make rollout is not in production"),
        ("  back:\n", "  back:\n    concurrency: release\n", "make rollout-back has to wait"),
    ],
    "azure-devops": [
        ("        dependsOn: test\n", "", "make rollout does not wait for the tests"),
        ("            environment: production\n", "", "make rollout is not in production"),
        ("      - stage: back\n", "      - stage: back\n        dependsOn: other\n", "make rollout-back has to wait"),
    ],
    "gitlab": [
        ("  needs: [deploy-test]\n", "", "make rollout does not wait for the tests"),
        ("  environment: production\n", "", "make rollout is not in production"),
        ("  needs: []\n", "  resource_group: release\n", "make rollout-back has to wait"),
    ],
}
EACH = [(provider, *it) for provider, breaks in BREAKS.items() for it in breaks]


@pytest.mark.parametrize(("provider", "old", "new", "wrong"), EACH, ids=[f"{it[0]}: {it[3]}" for it in EACH])
def test_what_is_left_open_or_shut_is_seen(provider: str, old: str, new: str, wrong: str) -> None:
    assert unguarded(SAMPLES[provider]) == []
    assert old in SAMPLES[provider]
    assert unguarded(SAMPLES[provider].replace(old, new)) == [wrong]


# --- what is handed in is never a line of shell, nor of make


def injected(text: str) -> list[str]:
    return [line for line, _ in lines(text) if HANDED_IN.search(line)]


def test_nothing_handed_in_stands_in_a_line_of_shell(root: Path) -> None:
    assert [injected(text) for text in found(root)] == [[] for _ in found(root)]


@pytest.mark.parametrize("word", [f"{OPEN} inputs.version {SHUT}", f"{OPEN} parameters.version {SHUT}", "$(version)"])
@pytest.mark.parametrize("provider", SAMPLES)
def test_an_input_in_a_line_of_shell_is_seen(provider: str, word: str) -> None:
    assert injected(SAMPLES[provider]) == []
    line = f"make rollout MODEL={word}"
    assert '"make rollout"' in SAMPLES[provider]
    assert injected(SAMPLES[provider].replace('"make rollout"', f'"{line}"')) == [line]


STAND_IN = f"{sys.executable} -c 'import sys; print(sys.argv[1:])'"
WORDS = ("3; touch seen", "$(shell touch seen)", "$$(touch seen)", "`touch seen`", "3 && touch seen")
posix = pytest.mark.skipif(sys.platform == "win32", reason="the lines of make are for a shell of Unix")


@pytest.fixture
def makefiles(root: Path, tmp_path: Path) -> Path:
    """The repo's targets without the repo."""
    shutil.copy(root / "Makefile", tmp_path)
    shutil.copytree(root / "make", tmp_path / "make")
    for name in ("pyproject.toml", ".ready"):
        (tmp_path / name).touch()
    return tmp_path


def handed(place: Path, target: str, name: str, word: str, *settings: str) -> str:
    """What the commands of a target are given, where the environment's variable `name` is `word`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", "--silent", target, f"MLOPS={STAND_IN}", "READY=.ready", *settings]
    ran = subprocess.run(  # noqa: S603
        command, cwd=place, env={**kept, name: word}, capture_output=True, text=True, check=False
    )
    return ran.stdout


@posix
@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("model-test", "MODEL"),
        ("rollout", "MODEL"),
        ("rollout", "CAUSE"),
        ("share", "MODEL"),
        ("rollout-back", "REASON"),
    ],
)
def test_make_hands_a_word_on_as_it_is(makefiles: Path, target: str, name: str) -> None:
    for word in (*WORDS, "--help", "3"):
        assert repr(word) in handed(makefiles, target, name, word)
    assert not (makefiles / "seen").exists()


@posix
@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_make_would_run_is_seen(makefiles: Path, word: str) -> None:
    path = makefiles / "make" / "deployment.mk"
    text = path.read_text(encoding="utf-8")
    assert '"$${MODEL:-candidate}"' in text
    path.write_text(text.replace('"$${MODEL:-candidate}"', "$(MODEL)"), encoding="utf-8")
    handed(makefiles, "rollout", "MODEL", word)
    assert (makefiles / "seen").exists()


@posix
@pytest.mark.parametrize("target", ["model-test", "rollout", "share"])
def test_a_version_is_never_taken_for_an_option(makefiles: Path, target: str) -> None:
    given = handed(makefiles, target, "MODEL", "--help").strip().splitlines()
    assert given
    assert all(line.endswith("'--', '--help']") for line in given)


@posix
def test_a_version_that_nobody_named_is_not_shared(makefiles: Path) -> None:
    assert handed(makefiles, "share", "MODEL", "") == ""


# --- a client that callers have is held by what CI runs


@posix
def test_lint_asks_about_a_client_once_there_is_one(makefiles: Path) -> None:
    (makefiles / "bin").mkdir()
    (makefiles / "bin" / "ruff").write_text("#!/bin/sh\n", encoding="utf-8")
    (makefiles / "bin" / "ruff").chmod(0o755)
    assert handed(makefiles, "lint", "MODEL", "", "BIN=bin") == ""
    (makefiles / "client").mkdir()
    (makefiles / "client" / "contract.json").touch()
    assert handed(makefiles, "lint", "MODEL", "", "BIN=bin").strip() == "['client', 'generate', '--check']"
