"""What teams do to a repo: edit sets as they come in practice. Each is applied at Levels 0 to 3 and climbs to 4."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from .teams import Team

SRC = "src/trip_duration"
CI = ".github/workflows/ci.yml"
EVERY = (1, 2, 3, 4)


@dataclass(frozen=True)
class Edit:
    """An edit set: from which level to which it can be made, and what is known of its climbs.

    `conflicts` names files that the team and the level both change on purpose, and the levels at whose step they do.
    `breaks` says why emitted tests fail afterwards where the edit itself makes them; it begins with their file.
    """

    does: Callable[[Team], None]
    since: int
    until: int
    conflicts: dict[str, tuple[int, ...]]
    breaks: str


EDITS: dict[str, Edit] = {}


def edit(
    *, since: int = 0, until: int = 3, conflicts: dict[str, tuple[int, ...]] | None = None, breaks: str = ""
) -> Callable[[Callable[[Team], None]], Callable[[Team], None]]:
    """Enter a function into the corpus, by its name."""

    def enter(does: Callable[[Team], None]) -> Callable[[Team], None]:
        EDITS[does.__name__.replace("_", " ")] = Edit(does, since, until, conflicts or {}, breaks)
        return does

    return enter


def append(team: Team, path: str, text: str) -> None:
    team.write(path, team.read(path) + text)


# --- the science


@edit()
def another_estimator(team: Team) -> None:
    team.edit("project.toml", 'estimator = "hist-gradient-boosting"', 'estimator = "random-forest"')


@edit()
def tuned_estimator(team: Team) -> None:
    team.edit(f"{SRC}/model/estimator.py", '"min_samples_leaf": 10', '"min_samples_leaf": 5')


@edit()
def new_estimator(team: Team) -> None:
    team.edit(f"{SRC}/model/project.py", '"random-forest", "linear"]', '"random-forest", "linear", "shallow-forest"]')
    team.edit(f"{SRC}/model/estimator.py", '"linear": linear}', '"linear": linear, "shallow-forest": shallow}')
    shallow = (
        "\n\ndef shallow(schema: Schema) -> tuple[ColumnTransformer, Any]:\n"
        '    """A forest of small trees."""\n'
        "    columns, model = forest(schema)\n"
        "    return columns, model.set_params(max_depth=4)\n"
    )
    append(team, f"{SRC}/model/estimator.py", shallow)
    known = '    "linear": ("numpy.dtype",),'
    team.edit(f"{SRC}/model/trusted.py", known, f'    "shallow-forest": ("sklearn.tree._tree.Tree",),\n{known}')


@edit()
def another_metric(team: Team) -> None:
    team.edit("project.toml", 'name = "mae"', 'name = "rmse"')


@edit()
def more_calendar_features(team: Team) -> None:
    team.edit("project.toml", 'calendar = ["hour", "weekday"]', 'calendar = ["hour", "weekday", "month"]')


@edit()
def fewer_slices_and_another_seed(team: Team) -> None:
    team.edit("project.toml", 'slices = ["pickup_borough", "airport"]', 'slices = ["airport"]')
    team.edit("project.toml", "seed = 7", "seed = 2025")


@edit()
def own_source(team: Team) -> None:
    team.edit("project.toml", 'url = "sqlite:///data/operational.db"', 'url = "postgresql://warehouse/rides"')
    team.edit("project.toml", 'late = "2d" ', 'late = "10d"')


@edit()
def new_feature(team: Team) -> None:
    """A function of theirs, used by their own script, with a test."""
    team.write(
        f"{SRC}/model/holidays.py",
        '"""Days on which the city rests."""\n\nfrom __future__ import annotations\n\nfrom datetime import date\n\n\n'
        'def rests(day: date) -> bool:\n    """Whether it is New Year\'s Day or Labour Day."""\n'
        "    return (day.month, day.day) in {(1, 1), (5, 1)}\n",
    )
    team.write(
        "tests/model/test_holidays.py",
        '"""Days on which the city rests."""\n\nfrom __future__ import annotations\n\nfrom datetime import date\n\n'
        "from trip_duration.model import holidays\n\n\ndef test_new_year() -> None:\n"
        "    assert holidays.rests(date(2025, 1, 1))\n    assert not holidays.rests(date(2025, 1, 2))\n",
    )


@edit()
def renamed_module(team: Team) -> None:
    team.git("mv", f"{SRC}/model/plots.py", f"{SRC}/model/figures.py")
    team.edit(f"{SRC}/model/train.py", "handoff, plots, score", "figures, handoff, score")
    team.edit(f"{SRC}/model/train.py", "plots.draw(", "figures.draw(")


@edit(breaks="tests/model/test_split.py holds that rows of equal time stay on one side, and this edit moves them")
def changed_split(team: Team) -> None:
    team.edit(f"{SRC}/model/split.py", "(times < cut) & known", "(times <= cut) & known")


@edit(breaks="tests/model/test_split.py quotes the message that this edit translates")
def translated_messages(team: Team) -> None:
    team.edit(f"{SRC}/model/split.py", "is missing in", "fehlt in")


@edit()
def explored_in_the_notebook(team: Team) -> None:
    team.edit(
        "notebooks/exploration.ipynb",
        '"cells": [',
        '"cells": [\n  {"cell_type": "markdown", "id": "ours", "metadata": {}, "source": ["# What we looked at"]},',
    )


@edit()
def licence_headers(team: Team) -> None:
    for path in sorted((team.project / "src").rglob("*.py")):
        path.write_bytes(b"# Copyright of the city\n" + path.read_bytes())


@edit()
def reformatted(team: Team) -> None:
    """Their own line length, over everything."""
    team.edit("pyproject.toml", "line-length = 120", "line-length = 100")
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", "src"], cwd=team.project, check=True)


# --- pyproject.toml

UNLOCKED = "tests/training/test_lock.py holds that what is asked for is locked, until `make lock` has locked it"


@edit(breaks=UNLOCKED)
def own_dependency(team: Team) -> None:
    team.edit("pyproject.toml", '    "threadpoolctl>=3.5",\n', '    "threadpoolctl>=3.5",\n    "holidays>=0.60",\n')


@edit(breaks=UNLOCKED)
def own_dependency_in_front(team: Team) -> None:
    team.edit("pyproject.toml", "dependencies = [\n", 'dependencies = [\n    "holidays>=0.60",\n')


@edit()
def own_tool_for_developers(team: Team) -> None:
    head, _, tail = team.read("pyproject.toml").partition("dev = [\n")
    inside, _, rest = tail.partition("]\n")
    team.write("pyproject.toml", f'{head}dev = [\n{inside}    "pytest-randomly>=3.16",\n]\n{rest}')


@edit()
def own_extra(team: Team) -> None:
    team.edit(
        "pyproject.toml",
        "\n# What a person needs to change",
        'maps = ["folium>=0.19"]\n\n# What a person needs to change',
    )


@edit()
def own_extra_in_all(team: Team) -> None:
    team.edit("pyproject.toml", "all = [\n", 'all = [\n    "plotly>=6",\n')


@edit()
def pinned_dependency(team: Team) -> None:
    team.edit("pyproject.toml", '"scikit-learn>=1.7"', '"scikit-learn>=1.7,<2"')


@edit(
    until=0,
    breaks="tests/service/test_release.py asks what the changelog, which came with Level 1, says of the version",
)
def version_bumped_before_level_1(team: Team) -> None:
    team.edit("pyproject.toml", 'version = "0.1.0"', 'version = "1.4.0"')


@edit(since=1)
def version_bumped(team: Team) -> None:
    version_bumped_before_level_1(team)
    team.edit("CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n## 1.4.0\n- Rides at night.\n")


@edit()
def own_description(team: Team) -> None:
    text = team.read("pyproject.toml")
    line = next(line for line in text.splitlines() if line.startswith("description = "))
    team.edit("pyproject.toml", line, 'description = "How long a ride will take"')


@edit()
def authors_and_links(team: Team) -> None:
    team.edit(
        "pyproject.toml",
        'requires-python = ">=3.11"\n',
        'requires-python = ">=3.11"\nauthors = [{ name = "Ann" }]\nurls = { home = "https://rides.example" }\n',
    )


@edit()
def own_tool_settings(team: Team) -> None:
    append(team, "pyproject.toml", '\n[tool.bandit]\nskips = ["B101"]\n')


@edit()
def own_lint_rules(team: Team) -> None:
    team.edit("pyproject.toml", '"RUF003", "S101"]', '"RUF003", "S101", "PTH123"]')


@edit()
def own_script(team: Team) -> None:
    team.edit(
        "pyproject.toml", "[project.scripts]\n", '[project.scripts]\nbackfill = "trip_duration.model.holidays:rests"\n'
    )
    new_feature(team)


@edit()
def locked(team: Team) -> None:
    team.write("uv.lock", 'version = 1\nrequires-python = ">=3.11"\n')


# --- README


@edit()
def own_section_in_the_readme(team: Team) -> None:
    append(team, "README.md", "\n## Whom to ask\nAnn, who is on call on weekdays.\n")


@edit()
def own_title_in_the_readme(team: Team) -> None:
    team.edit("README.md", "# trip-duration\n", "# How long a ride takes\n")


@edit()
def own_command_in_the_readme(team: Team) -> None:
    team.edit("README.md", "| `mlops train` |", "| `make backfill` | scores the last month again |\n| `mlops train` |")


@edit()
def own_introduction_in_the_readme(team: Team) -> None:
    lines = team.read("README.md").splitlines(keepends=True)
    end = lines.index("## Maturity level\n")
    team.write("README.md", "".join([lines[0], "\nWe predict how long a ride takes.\n\n", *lines[end:]]))


@edit(conflicts={"README.md": EVERY})
def rewritten_readme(team: Team) -> None:
    team.write("README.md", "# Rides\n\nEverything is in the wiki.\n")


@edit(conflicts={"README.md": EVERY})
def deleted_readme(team: Team) -> None:
    team.git("rm", "-q", "README.md")


# --- continuous integration and delivery


@edit(since=1)
def own_ci_job(team: Team) -> None:
    append(
        team,
        CI,
        "\n  ours:\n    runs-on: ubuntu-24.04\n    timeout-minutes: 5\n    permissions: {}\n    steps:\n"
        "      - run: echo ours\n",
    )


@edit(since=1)
def scheduled_ci(team: Team) -> None:
    team.edit(CI, "  pull_request:\n", '  pull_request:\n  schedule:\n    - cron: "17 4 * * 1"\n')


@edit()
def own_workflow(team: Team) -> None:
    team.write(".github/workflows/nightly.yml", "name: nightly\non:\n  workflow_dispatch:\npermissions: {}\njobs: {}\n")


@edit(until=0, conflicts={CI: (1,)})
def ci_before_level_1(team: Team) -> None:
    team.write(CI, "name: ours\non: push\njobs: {}\n")


@edit(since=1)
def owners_named(team: Team) -> None:
    lines = team.read(".github/CODEOWNERS").splitlines()
    named = [f"{line[2:]} @city/rides" if line.startswith(("# /", "# *")) else line for line in lines]
    team.write(".github/CODEOWNERS", "\n".join(named) + "\n")


@edit(since=1)
def own_hook(team: Team) -> None:
    append(
        team,
        ".pre-commit-config.yaml",
        "      - id: ours\n        name: ours\n        entry: python -m compileall -q src\n        language: system\n"
        "        pass_filenames: false\n",
    )


@edit(since=1)
def own_base_image(team: Team) -> None:
    team.edit("Containerfile", "ARG PYTHON=3.13.9-slim-trixie", "ARG PYTHON=3.12.12-slim-trixie")


# --- make, pages, files


@edit()
def own_target(team: Team) -> None:
    append(
        team,
        "Makefile",
        "\n.PHONY: backfill\nbackfill: ## scores the last month again\n\t$(MLOPS) score data/month.csv\n",
    )


@edit()
def own_make_file(team: Team) -> None:
    team.write(
        "make/ours.mk",
        "# Ours.\n.PHONY: backfill\n\nbackfill: ## scores the last month again\n\t$(MLOPS) score data/month.csv\n",
    )


@edit(since=1)
def higher_floor_of_coverage(team: Team) -> None:
    team.edit("make/quality.mk", "FLOOR ?= 88", "FLOOR ?= 90")


@edit()
def deleted_page(team: Team) -> None:
    team.git("rm", "-q", "docs/checks.md")


@edit()
def filled_in_pages(team: Team) -> None:
    team.edit("docs/handoff.md", "*(name)*. Stand-in: *(name)*", "Ann. Stand-in: Bob")
    team.edit(
        "data/README.md", "| | | | | | | |", "| trips.csv | trips | month.sql | Ann | 2025-11-03 | 48,211 | ab12 |"
    )


@edit()
def moved_folder_of_pages(team: Team) -> None:
    team.git("mv", "docs", "handbook")


@edit(breaks="tests/model/test_notebook.py runs the notebook that this edit deletes")
def deleted_notebook(team: Team) -> None:
    team.git("rm", "-rq", "notebooks")


@edit(since=1)
def ignored_more(team: Team) -> None:
    append(team, ".gitignore", "\n# ours\n/scratch/\n.idea/\n")


@edit(
    until=0,
    conflicts={".gitignore": (1,)},
    breaks="tests/test_delivery.py holds that data and models stay out of git",
)
def ignored_before_level_1(team: Team) -> None:
    team.write(".gitignore", ".venv/\n*.csv\n")


@edit()
def own_pictures(team: Team) -> None:
    team.write("docs/pictures/city.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)


# --- code of their own


BILLING = (
    '"""The commands of billing."""\n\nfrom __future__ import annotations\n\nimport click\n\n\n'
    '@click.command("fare")\n@click.argument("minutes", type=float)\ndef fare_command(minutes: float) -> None:\n'
    '    """What a ride of so many MINUTES costs."""\n    click.echo(f"{2.5 + 0.5 * minutes:.2f}")\n\n\n'
    "COMMANDS = [fare_command]\n"
)


@edit(
    until=0,
    breaks="tests/test_delivery.py asks who owns the new layer; CODEOWNERS came with Level 1 and does not know it",
)
def own_layer_before_level_1(team: Team) -> None:
    """A folder beside the layers, with commands that are mounted like theirs; the table of levels is told."""
    team.write(f"{SRC}/billing/__init__.py", '"""What a ride costs."""\n')
    team.write(f"{SRC}/billing/commands.py", BILLING)
    team.edit("levels.toml", f'    "{SRC}/model",\n', f'    "{SRC}/model",\n    "{SRC}/billing",\n')


@edit(since=1)
def own_layer(team: Team) -> None:
    """The same, and its owner is named like the others."""
    own_layer_before_level_1(team)
    named = "@city/rides" in team.read(".github/CODEOWNERS")
    append(team, ".github/CODEOWNERS", "/src/*/billing/ @city/rides\n" if named else "# /src/*/billing/\n")


@edit()
def own_tests(team: Team) -> None:
    team.write(
        "tests/test_ours.py",
        '"""Ours."""\n\nfrom __future__ import annotations\n\nfrom trip_duration.model import durations\n\n\n'
        'def test_a_day() -> None:\n    assert durations.parse_duration("1d").days == 1\n',
    )


@edit(since=1)
def changed_test(team: Team) -> None:
    team.edit(
        "tests/model/test_split.py", "def test_train_ends_before_test_starts", "def test_the_future_is_not_learned_from"
    )


@edit(since=1)
def own_route(team: Team) -> None:
    route = '    @app.get("/health/ready"'
    ours = (
        '    @app.get("/ours", summary="Ours", tags=["ours"])\n    async def ours() -> str:\n        return "ours"\n\n'
    )
    team.edit(f"{SRC}/service/app.py", route, ours + route)


@edit(since=2)
def own_module_in_an_upper_layer(team: Team) -> None:
    team.write(f"{SRC}/training/ours.py", '"""Ours."""\n\nfrom __future__ import annotations\n\nLIMIT = 3\n')


@edit(since=1)
def saved_with_crlf(team: Team) -> None:
    """On the disk alone: `.gitattributes` keeps it out of the repo."""
    for path in ("docs/ci.md", "README.md", "pyproject.toml", f"{SRC}/model/split.py"):
        team.write(path, team.read(path).replace("\n", "\r\n"))
    append(team, "docs/ci.md", "Ours runs at night.\r\n")


@edit(breaks="tests/model/test_split.py imports the package by the name that the record still has")
def renamed_package_alone(team: Team) -> None:
    """They rename the folder and forget the record."""
    team.git("mv", SRC, "src/rides")


@edit()
def renamed_package(team: Team) -> None:
    """They rename it everywhere, in the record too."""
    team.git("mv", SRC, "src/rides")
    for name in team.git("grep", "-lz", "trip_duration").split("\0"):
        if name:
            team.write(name, team.read(name).replace("trip_duration", "rides"))


@edit(since=1, breaks="tests/model/test_split.py is gone with all the others")
def deleted_tests(team: Team) -> None:
    team.git("rm", "-rq", "tests")
    shutil.rmtree(team.project / "tests", ignore_errors=True)
