"""The idea: a level is a set of whole paths, added to those below it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from ladder import template
from ladder.errors import RefusedError
from ladder.template import PROJECT

from . import emission
from .conftest import Rendered
from .emission import LEVELS, PACKAGE, PROVIDERS, REPO

SOURCE = f"src/{PACKAGE}"


# --- each path is claimed by exactly one level, and exists


def unclaimed(repo: Path) -> list[str]:
    """The template's files that are not claimed exactly once."""
    claimed = [PurePosixPath(path) for _, _, path in emission.claims(repo)]
    found = []
    for name in emission.files(repo / PROJECT):
        times = sum(PurePosixPath(name).is_relative_to(path) for path in claimed)
        if times != 1 and name != emission.UNFINISHED:
            found.append(f"{name} is claimed {times} times")
    return found


def absent(repo: Path) -> list[str]:
    """What `levels.toml` claims and the template does not have."""
    return [path for _, _, path in emission.claims(repo) if not (repo / PROJECT / path).exists()]


def test_every_file_is_claimed_once() -> None:
    assert unclaimed(REPO) == []


def test_every_claim_exists() -> None:
    assert absent(REPO) == []


def test_an_unclaimed_file_is_seen(broken: Path) -> None:
    (broken / PROJECT / "deploy.sh").write_text("true\n", encoding="utf-8")
    assert "deploy.sh is claimed 0 times" in unclaimed(broken)


def test_a_file_claimed_twice_is_seen(broken: Path) -> None:
    emission.replace(broken / PROJECT / "levels.toml", '"Makefile",', f'"Makefile", "{SOURCE}/model/train.py",')
    assert f"{SOURCE}/model/train.py is claimed 2 times" in unclaimed(broken)


def test_a_claim_on_nothing_is_seen_and_stops_the_generation(
    broken: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (broken / PROJECT / "docs" / "checks.md").rename(broken / PROJECT / "docs" / "renamed.md")
    assert absent(broken) == ["docs/checks.md"]
    (tmp_path / "out").mkdir()
    with pytest.raises(RefusedError):
        template.render({}, tmp_path / "out")
    assert "docs/checks.md" in capfd.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


# --- what the table says of itself


def test_retired_paths_are_claims_of_lower_levels() -> None:
    claimed = {path: level for level, _, path in emission.claims()}
    for row in emission.table()["level"]:
        for path in row.get("retires", []):
            assert claimed[path] < row["number"]


def test_a_retired_path_goes_as_a_whole(broken: Path, tmp_path: Path) -> None:
    line = 'retires = ["docs/release-checklist.md"]\n'
    emission.replace(broken / PROJECT / "levels.toml", line, 'retires = ["docs/release-checklist.md", "notebooks"]\n')
    kept = emission.files(template.render({"maturity_level": "2"}, tmp_path))
    assert {"docs/release-checklist.md", "docs/checks.md"} <= set(kept)
    (tmp_path / "higher").mkdir()
    higher = template.render({"maturity_level": "3"}, tmp_path / "higher")
    assert not (higher / "notebooks").exists()
    assert not (higher / "docs" / "release-checklist.md").exists()
    assert (higher / "docs" / "checks.md").exists()


def test_a_ci_path_comes_with_its_provider_alone(broken: Path, tmp_path: Path) -> None:
    for name in ("one.yml", "two.yml"):
        (broken / PROJECT / "pipes").mkdir(exist_ok=True)
        (broken / PROJECT / "pipes" / name).write_text("on: push\n", encoding="utf-8")
    for own, more in ((".github/workflows/train.yml", "pipes/one.yml"), (".gitlab/train.yml", "pipes/two.yml")):
        emission.replace(broken / PROJECT / "levels.toml", f'["{own}"]', f'["{own}", "{more}"]')
    emitted = {}
    for level, ci in [("1", "github"), ("2", "github"), ("3", "gitlab"), ("2", "none")]:
        (tmp_path / level / ci).mkdir(parents=True)
        made = template.render({"maturity_level": level, "ci_provider": ci}, tmp_path / level / ci)
        emitted[level, ci] = [path.name for path in (made / "pipes").glob("*")]
        assert (made / "pipes").exists() == bool(emitted[level, ci]), "an empty folder is left"
    assert emitted == {
        ("1", "github"): [],
        ("2", "github"): ["one.yml"],
        ("3", "gitlab"): ["two.yml"],
        ("2", "none"): [],
    }


def test_the_questions_name_the_levels_and_providers_of_the_table() -> None:
    questions = json.loads((REPO / "cookiecutter.json").read_text(encoding="utf-8"))
    titles = [row["title"] for row in emission.table()["level"]]
    assert questions["_levels"] == titles
    assert ", ".join(f"{number} {title}" for number, title in enumerate(titles)) in str(questions["__prompts__"])
    assert ", ".join(questions["_ci_providers"]) in questions["__prompts__"]["ci_provider"]
    named = {provider for _, provider, _ in emission.claims() if provider}
    assert named <= set(questions["_ci_providers"]) - {"none"}


# --- a higher level changes no file of a lower one


def changed(lower: Path, higher: Path, spared: set[str]) -> list[str]:
    """The files of `lower` that `higher` has not, or has with other bytes, but for those that may differ."""
    below, above = emission.files(lower), emission.files(higher)
    return [name for name in below if name not in spared and below[name] != above.get(name)]


@pytest.mark.parametrize("ci", PROVIDERS)
@pytest.mark.parametrize("level", LEVELS[1:])
def test_a_level_changes_nothing_below_it(rendered: Rendered, level: int, ci: str) -> None:
    retired = {path for row in emission.table()["level"][: level + 1] for path in row.get("retires", [])}
    spared = {*emission.table()["differs"], *retired}
    lower, higher = rendered(level - 1, ci), rendered(level, ci)
    assert changed(lower, higher, spared) == []
    assert len(emission.files(higher)) > len(emission.files(lower)), "a level that adds nothing"


@pytest.mark.parametrize("level", LEVELS)
def test_providers_differ_in_their_own_files_only(rendered: Rendered, level: int) -> None:
    own = {path for _, provider, path in emission.claims() if provider} | {".ladder.json"}
    without = rendered(level, "none")
    for ci in PROVIDERS:
        assert changed(without, rendered(level, ci), {".ladder.json"}) == []
        more = set(emission.files(rendered(level, ci))) - set(emission.files(without))
        assert all(any(PurePosixPath(name).is_relative_to(path) for path in own) for name in more)


def test_a_file_that_grows_with_the_level_is_seen(broken: Path, tmp_path: Path) -> None:
    emission.replace(
        broken / PROJECT / "make" / "model.mk",
        ".PHONY",
        "# {% if cookiecutter.maturity_level|int > 1 %}\nX := 1\n# {% endif %}\n.PHONY",
    )
    emission.replace(broken / "cookiecutter.json", '"make/*", ', "")
    made = []
    for level in "01":
        (tmp_path / level).mkdir()
        made.append(template.render({"maturity_level": str(int(level) + 1)}, tmp_path / level))
    assert changed(made[0], made[1], set(emission.table()["differs"])) == ["make/model.mk"]


# --- no module imports from a level above


def levels_of_layers(repo: Path) -> dict[str, int]:
    """Layer -> level; modules beside the layers are of level 0."""
    prefix = f"{SOURCE}/"
    found = {path.removeprefix(prefix): level for level, _, path in emission.claims(repo) if path.startswith(prefix)}
    return {path: level for path, level in found.items() if "." not in path}


def imported(tree: ast.AST, inside: list[str]) -> Iterator[str]:
    """What a module of the package `inside` imports, as dotted names below the project's package (`x.y`).

    Imports in functions count, and so do names handed to `import_module` and the like.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module or ''}.{alias.name}".strip(".") for alias in node.names]
            base = inside[: len(inside) - node.level + 1] if node.level else []
            yield from (".".join([*base, name]) if node.level else name.partition(".")[2] for name in names)
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[2] for alias in node.names)
        elif isinstance(node, ast.Call):
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"import_module", "__import__", "find_spec", "importorskip", "run_module"}:
                yield from (text.lstrip(".") for text in texts)


def climbing(repo: Path) -> list[str]:
    """The imports that go up: of a layer of the package from a lower one, in the source and in the tests."""
    known = levels_of_layers(repo)
    found = []
    for root, first in ((repo / PROJECT / "src" / PACKAGE, 0), (repo / PROJECT / "tests", 1)):
        for path in sorted(root.rglob("*.py")):
            inside = list(path.relative_to(root).parts[:-1])
            own = known.get(inside[0], first) if inside else first
            text = path.read_text(encoding="utf-8").replace(PACKAGE, "package")
            for name in imported(ast.parse(text), inside):
                layer = name.partition(".")[0]
                if known.get(layer, 0) > max(own, first):
                    found.append(f"{path.relative_to(repo / PROJECT).as_posix()} imports {layer}")
    return found


def test_no_module_imports_from_a_level_above() -> None:
    assert {"model": 0, "data": 1, "service": 1, "training": 2, "deployment": 3, "operations": 4}.items() <= (
        levels_of_layers(REPO).items()
    )
    assert climbing(REPO) == []


UPWARD = {
    "from the package": "from ..training import pipeline\n",
    "the package's own name": "from .. import training\n",
    "in a function": "def late() -> None:\n    from ..training.pipeline import run\n",
    "by its string": "import importlib\n\nimportlib.import_module('..training', __package__)\n",
}


@pytest.mark.parametrize("line", UPWARD.values(), ids=UPWARD)
def test_an_upward_import_is_seen(broken: Path, line: str) -> None:
    path = broken / PROJECT / "src" / PACKAGE / "model" / "split.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n" + line, encoding="utf-8")
    assert f"{SOURCE}/model/split.py imports training" in climbing(broken)


def test_an_upward_import_of_a_test_is_seen(broken: Path) -> None:
    path = broken / PROJECT / "tests" / "model" / "test_upward.py"
    path.write_text(f"from {PACKAGE}.operations import policy\n", encoding="utf-8")
    assert "tests/model/test_upward.py imports operations" in climbing(broken)


def test_the_package_imports_itself_relatively() -> None:
    for path in (REPO / PROJECT / "src").rglob("*.py"):
        assert PACKAGE not in path.read_text(encoding="utf-8"), path


# --- tags stand in few places


def tagged(repo: Path) -> list[str]:
    """Code and YAML with template text in it: the package name on import lines of tests is all that there may be."""
    found = []
    for name, content in emission.files(repo / PROJECT).items():
        if PurePosixPath(name).suffix not in {".py", ".yml", ".yaml", ".mk"}:
            continue
        in_tests = name.startswith("tests/")
        signs = ("{{", "{%", "{#") if in_tests else ("{%", "cookiecutter")
        for number, line in enumerate(content.decode().splitlines(), 1):
            importing = in_tests and line.lstrip().startswith((f"from {PACKAGE}", f"import {PACKAGE}"))
            rest = line.replace(PACKAGE, "package", 1) if importing else line
            if any(sign in rest for sign in signs):
                found.append(f"{name}:{number}")
    return found


def test_code_and_yaml_hold_no_template_text() -> None:
    assert tagged(REPO) == []


TAGS = {
    "a control tag in the package": (f"{SOURCE}/clock.py", "# {% if cookiecutter.maturity_level %}\n"),
    "a control tag in YAML": ("azure/pipeline.yml", "# {% if cookiecutter.maturity_level %}\n"),
    "the package name off an import line": ("tests/model/test_x.py", f"NAME = '{PACKAGE}'\n"),
    "another answer on an import line": ("tests/model/test_x.py", "from {{cookiecutter.project_slug}} import x\n"),
}


@pytest.mark.parametrize(("name", "line"), TAGS.values(), ids=TAGS)
def test_template_text_is_seen(broken: Path, name: str, line: str) -> None:
    path = broken / PROJECT / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(line, encoding="utf-8")
    assert f"{name}:1" in tagged(broken)
