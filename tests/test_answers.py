"""The questions: what is accepted, what is refused and how, and that a refusal leaves nothing."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from ladder import template
from ladder.errors import LadderError, RefusedError

from . import emission
from .conftest import Rendered
from .emission import REPO

ACCEPTED = {
    "the defaults": {},
    "level 4": {"maturity_level": "4"},
    "no CI": {"ci_provider": "none"},
    "a package name of its own": {"project_slug": "taxi", "package_name": "trip_times"},
    "one letter": {"project_slug": "a", "package_name": "b"},
    "digits": {"project_slug": "v2-model-3", "package_name": "v2_model_3"},
    "the longest names": {"project_slug": "s" * 60, "package_name": "p" * 40},
    "a soft keyword": {"package_name": "match_"},
}

# (answers, what the message must say)
REFUSED = {
    "level 5": ({"maturity_level": "5"}, "maturity_level '5'"),
    "level -1": ({"maturity_level": "-1"}, "maturity_level '-1'"),
    "level 1.0": ({"maturity_level": "1.0"}, "maturity_level '1.0'"),
    "level 01": ({"maturity_level": "01"}, "maturity_level '01'"),
    "level x": ({"maturity_level": "x"}, "maturity_level 'x'"),
    "level of another script": ({"maturity_level": "٣"}, "maturity_level '٣'"),
    "no level": ({"maturity_level": ""}, "maturity_level ''"),
    "a level's title": ({"maturity_level": "No MLOps"}, "maturity_level 'No MLOps'"),
    "a level with a blank": ({"maturity_level": "1 "}, "maturity_level '1 '"),
    "upper case slug": ({"project_slug": "Taxi", "package_name": "taxi"}, "project_slug 'Taxi'"),
    "slug with a blank": ({"project_slug": "my model", "package_name": "m"}, "project_slug 'my model'"),
    "slug with an underscore": ({"project_slug": "my_model"}, "project_slug 'my_model'"),
    "slug with a digit first": ({"project_slug": "3d"}, "project_slug '3d'"),
    "slug with a hyphen last": ({"project_slug": "taxi-"}, "project_slug 'taxi-'"),
    "slug with a line break": ({"project_slug": "taxi\n"}, "project_slug 'taxi\\n'"),
    "slug that is too long": ({"project_slug": "s" * 61, "package_name": "s"}, "longer than 60"),
    "slug of a dependency": ({"project_slug": "scikit-learn", "package_name": "m"}, "project_slug 'scikit-learn'"),
    "package with a hyphen": ({"package_name": "my-model"}, "package_name 'my-model'"),
    "package with a dot": ({"package_name": "my.model"}, "package_name 'my.model'"),
    "package in upper case": ({"package_name": "Model"}, "package_name 'Model'"),
    "package with an umlaut": ({"package_name": "zürich"}, "package_name"),
    "package with an underscore first": ({"package_name": "_model"}, "package_name '_model'"),
    "no package": ({"package_name": ""}, "package_name ''"),
    "package that is too long": ({"package_name": "p" * 41}, "longer than 40"),
    "a keyword": ({"package_name": "lambda"}, "keyword"),
    "a module of Python": ({"package_name": "statistics"}, "module of Python"),
    "a dependency": ({"package_name": "pandas"}, "package_name 'pandas'"),
    "a dependency's import name": ({"package_name": "sklearn"}, "package_name 'sklearn'"),
    "a dependency of a higher level": ({"package_name": "mlflow"}, "package_name 'mlflow'"),
    "a folder": ({"package_name": "tests"}, "package_name 'tests'"),
    "the command": ({"package_name": "mlops"}, "package_name 'mlops'"),
    "unknown CI": ({"ci_provider": "jenkins"}, "ci_provider 'jenkins'"),
    "no CI by an empty word": ({"ci_provider": ""}, "ci_provider ''"),
    "CI in upper case": ({"ci_provider": "GitHub"}, "ci_provider 'GitHub'"),
}


@pytest.mark.parametrize("answers", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(tmp_path: Path, answers: dict[str, str]) -> None:
    made = template.render(answers, tmp_path)
    record = json.loads((made / ".ladder.json").read_text(encoding="utf-8"))
    assert record["answers"].items() >= answers.items()
    assert record["level"] == int(answers.get("maturity_level", 0))
    assert (made / "src" / record["answers"]["package_name"] / "cli.py").exists()


@pytest.mark.parametrize(("answers", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str], answers: dict[str, str], said: str) -> None:
    with pytest.raises(RefusedError):
        template.render(answers, tmp_path)
    told = capfd.readouterr().err
    assert said in told
    assert "example: " in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


def test_every_wrong_answer_is_named_at_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    answers = {"project_slug": "My Model", "package_name": "numpy", "maturity_level": "9", "ci_provider": "x"}
    with pytest.raises(RefusedError):
        template.render(answers, tmp_path)
    told = capfd.readouterr().err
    assert re.findall(r"^error: (\w+) ", told, re.MULTILINE) == list(answers)


def test_a_wrong_level_names_the_five(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RefusedError):
        template.render({"maturity_level": "5"}, tmp_path)
    told = capfd.readouterr().err
    for row in emission.table()["level"]:
        assert f"{row['number']} {row['title']}" in told


@pytest.mark.parametrize("words", [("maturity_level=5",), ("package_name=pandas",), ("ci_provider=jenkins",)])
def test_cookiecutter_itself_refuses(tmp_path: Path, words: tuple[str]) -> None:
    ran = emission.cookiecutter(tmp_path, *words)
    assert ran.returncode != 0
    assert "example: " in ran.stdout
    assert [path.name for path in tmp_path.iterdir()] == [".home"]


HOSTILE = {
    "double quotes": '"; open("pwned", "w").close(); "',
    "three double quotes": '""") + open("pwned", "w").write("x") + str(r"""',
    "single quotes": "'; open('pwned', 'w').close(); '",
    "a backslash last": "x\\",
    "a line break": "x\nopen('pwned', 'w').close()",
    "a carriage return": "x\ropen('pwned', 'w').close()",
    "a null": "x\0",
    "template text by another name": "x # %} y",
    "another script": "データ\u2028\U0001f600",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("question", ["package_name", "maturity_level", "ci_provider"])
def test_an_answer_is_never_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, question: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusedError):
        template.render({question: text}, tmp_path)
    told = capfd.readouterr().err
    assert told.startswith(f"error: {question} ")
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == [], "the answer was run"


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "x{", "{% raw %}"])
def test_template_text_is_no_answer(tmp_path: Path, text: str) -> None:
    with pytest.raises(LadderError, match="brace"):
        template.render({"package_name": text}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_breaks_out_is_seen(broken: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With the answers put in as bare text, the test above goes red: the hostile text runs."""
    hook = broken / "hooks" / "pre_gen_project.py"
    emission.replace(
        hook, 'r"""{{ cookiecutter | jsonify }}"""', '"""{\\"package_name\\": \\"{{ cookiecutter.package_name }}\\"}"""'
    )
    (tmp_path / "out").mkdir()
    pwned = tmp_path / "pwned"
    with pytest.raises(RefusedError):
        template.render({"package_name": f'""" + str(open({str(pwned)!r}, "w")) + """'}, tmp_path / "out")
    capfd.readouterr()
    assert pwned.exists()


def test_names_of_all_dependencies_and_folders_are_refused(rendered: Rendered) -> None:
    project = tomllib.loads((rendered(4) / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], project["dependency-groups"]["dev"]]
    groups += [extra for name, extra in project["project"]["optional-dependencies"].items() if name != "all"]
    names = {
        re.split(r"[\[><=~! ]", requirement)[0].lower().replace("-", "_") for group in groups for requirement in group
    }
    folders = {path.name for path in rendered(4).iterdir() if path.is_dir() and not path.name.startswith(".")}
    layers = {path.name for path in (rendered(4) / "src").glob("*/*/") if path.name != "__pycache__"}
    reserved = set(json.loads((REPO / "cookiecutter.json").read_text(encoding="utf-8"))["_reserved"])
    assert (names | folders | layers) - reserved - set(sys.stdlib_module_names) == set()


def test_an_old_python_is_refused_by_name() -> None:
    hook = (REPO / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")
    assert hook.index("sys.version_info < (3, 11)") < hook.index("stdlib_module_names")
    ran = emission.run(sys.executable, "-c", f"import sys; sys.version_info = (3, 9); exec({hook!r})", cwd=REPO)
    assert ran.returncode == 1
    assert "3.11 or newer" in ran.stdout
