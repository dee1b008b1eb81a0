"""What is emitted: the same each time, offline, fully rendered, nobody's, and clean under any name."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path, PurePosixPath

import pytest

from ladder import template
from ladder.template import PROJECT

from . import emission
from .conftest import Rendered
from .emission import LEVELS, PROVIDERS, REPO, done

NAMES = {
    "the longest": {"project_slug": "s" * 60, "package_name": "p" * 40},
    "first in the alphabet": {"package_name": "a"},
    "last in the alphabet": {"package_name": "zzz"},
    "another library's prefix": {"package_name": "pandas_model"},
}


def test_two_renders_are_the_same_wherever_and_whenever(rendered: Rendered, tmp_path: Path) -> None:
    elsewhere = {"TZ": "Pacific/Chatham", "LC_ALL": "C", "PYTHONHASHSEED": "7", "PYTHONUTF8": "0"}
    ran = emission.cookiecutter(tmp_path, "maturity_level=4", env=elsewhere)
    assert ran.returncode == 0, ran.stdout
    assert emission.files(tmp_path / "trip-duration") == emission.files(rendered(4))


# --- offline: an audit hook, in cookiecutter's process and in those of the hooks, ends whatever reaches for a socket

GUARD = """
import sys

def refuse(event, args):
    if event.startswith("socket.") and event not in {"socket.__new__", "socket.gethostname"}:
        raise RuntimeError(f"the network was used: {event} {args}")

sys.addaudithook(refuse)
"""


def guarded(folder: Path) -> dict[str, str]:
    """An environment in which no Python process can use the network."""
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    return {"PYTHONPATH": str(folder / "guard")}


def test_emission_uses_no_network(tmp_path: Path) -> None:
    env = guarded(tmp_path)
    (tmp_path / "out").mkdir()
    ran = emission.cookiecutter(tmp_path / "out", "maturity_level=4", env=env)
    assert ran.returncode == 0, ran.stdout


def test_a_hook_that_uses_the_network_is_seen(broken: Path, tmp_path: Path) -> None:
    hook = broken / "hooks" / "post_gen_project.py"
    hook.write_text(hook.read_text(encoding="utf-8") + 'import socket\nsocket.create_connection(("127.0.0.1", 9))\n')
    env = guarded(tmp_path)
    (tmp_path / "out").mkdir()
    ran = emission.cookiecutter(tmp_path / "out", "maturity_level=4", repo=broken, env=env)
    assert ran.returncode != 0
    assert "the network was used" in ran.stdout


# --- fully rendered


def leftovers(root: Path) -> list[str]:
    """Emitted lines with template text. `${{ }}` is the workflows' own; code and dashboards may double braces."""
    found = []
    for name, content in emission.files(root).items():
        own = r"\{%|\{\{ ?cookiecutter" if name.startswith(("src/", "dashboards/")) else r"\{%|(?<!\$)\{\{"
        for number, line in enumerate(content.decode().splitlines(), 1):
            if re.search(own, line):
                found.append(f"{name}:{number}")
    return found


@pytest.mark.parametrize("ci", PROVIDERS)
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_is_left_unrendered(rendered: Rendered, level: int, ci: str) -> None:
    assert leftovers(rendered(level, ci)) == []


def test_what_is_left_unrendered_is_seen(broken: Path, tmp_path: Path) -> None:
    path = broken / PROJECT / "docs" / "checks.md"
    path.write_text("# Checks of {{ cookiecutter.project_slug }}\n", encoding="utf-8")
    assert leftovers(template.render({}, tmp_path)) == ["docs/checks.md:1"]


# --- nobody's

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
HOST = re.compile(r"(?:https?|ssh|ftp|postgresql|mysql)(?:\+\w+)?://(?:[^\s/@\"'`]*@)?([^\s/:\"'`)>\]}|,;]+)")
SECRET_PLACE = re.compile(
    r"/(?:home|root|Users|work)/(?!ada\b)\w|[A-Z]:\\\\?Users|\bauthors\s*=|copyright \(c\)", re.IGNORECASE
)
NOBODY = (".example.com", "@example.com", ".example", ".invalid", ".test")  # set aside for documents
KNOWN_HOSTS = {
    "127.0.0.1",
    "0.0.0.0",  # noqa: S104
    "example.com",
    "www.w3.org",
    "json.schemastore.org",
    "docs.github.com",
    "docs.renovatebot.com",
    "github.com",
    "bus.westeurope-1.eventgrid.azure.net",  # what an address of Azure looks like; the names in it are nobody's
    "management.azure.com",
    "azuremlschemas.azureedge.net",  # where editors find the schemas of Azure's YAML
    "openlineage.io",  # the standard in which lineage is told
}
STORAGE = re.compile(r"(?:rows|a|container)@(?:account|b)\.dfs\.core\.windows\.net", re.IGNORECASE)


def identities(root: Path) -> list[str]:
    """E-mail addresses, hosts with a domain that is not on the list, home folders, names of authors."""
    found = []
    for name, content in emission.files(root).items():
        text = STORAGE.sub("", content.decode())
        found += [f"{name}: {email}" for email in EMAIL.findall(text) if not email.endswith(NOBODY)]
        hosts = {host.lower() for host in HOST.findall(text) if "." in host and not set(host) & set("{$<")}
        found += [f"{name}: {host}" for host in hosts - KNOWN_HOSTS if not host.endswith(NOBODY)]
        found += [f"{name}: {match[0]}" for match in SECRET_PLACE.finditer(text)]
    return found


@pytest.mark.parametrize("ci", PROVIDERS)
def test_nobody_is_named(rendered: Rendered, ci: str) -> None:
    assert identities(rendered(4, ci)) == []


@pytest.mark.parametrize(
    "line",
    [
        "ask anna@corp.io",
        "https://mlflow.corp.io/api",
        "mysql+pymysql://user:x@db.corp.io/x",
        "/home/anna/data",
        "authors = []",
    ],
)
def test_a_name_is_seen(tmp_path: Path, line: str) -> None:
    (tmp_path / "README.md").write_text(line, encoding="utf-8")
    assert identities(tmp_path)


# --- clean under any name


@pytest.mark.parametrize("answers", NAMES.values(), ids=NAMES)
def test_ruff_is_content_under_any_name(tmp_path: Path, answers: dict[str, str]) -> None:
    made = template.render({"maturity_level": "4", **answers}, tmp_path)
    done(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".", cwd=made)
    done(sys.executable, "-m", "ruff", "check", "--no-cache", ".", cwd=made)


# --- bytes and modes


def odd(root: Path) -> list[str]:
    """Files that are not plain: carriage returns, no line break last, no UTF-8, executable, links."""
    found = []
    for name, content in emission.files(root).items():
        path = root / name
        try:
            content.decode()
        except UnicodeDecodeError:
            found.append(f"{name}: not UTF-8")
        if b"\r" in content or content.startswith(b"\xef\xbb\xbf"):
            found.append(f"{name}: carriage return or byte order mark")
        if content and not content.endswith(b"\n"):
            found.append(f"{name}: no line break last")
        if path.is_symlink() or (os.name == "posix" and path.stat().st_mode & 0o111):
            found.append(f"{name}: executable or a link")
    return found


@pytest.mark.parametrize("ci", PROVIDERS)
def test_files_are_plain(rendered: Rendered, ci: str) -> None:
    assert odd(rendered(4, ci)) == []
    assert odd(REPO / PROJECT) == []


@pytest.mark.parametrize("content", [b"a\r\n", b"a", b"\xff\n"], ids=["carriage return", "no line break", "no UTF-8"])
def test_a_file_that_is_not_plain_is_seen(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert odd(tmp_path)


# --- the record


def git_tree(folder: Path, *options: str) -> str:
    """The tree id that git itself gives, with modes of plain files."""
    done("git", "init", "--quiet", cwd=folder)
    for name, value in (("core.fileMode", "false"), ("core.autocrlf", "false"), ("core.excludesFile", "")):
        done("git", "config", name, value, cwd=folder)
    done("git", "add", "--all", *options, cwd=folder)
    done("git", "rm", "--quiet", "--cached", ".ladder.json", cwd=folder)
    return done("git", "write-tree", cwd=folder).strip()


@pytest.mark.parametrize("level", LEVELS)
def test_the_recorded_tree_is_gits_own_and_git_ignores_nothing(tmp_path: Path, level: int) -> None:
    made = template.render({"maturity_level": str(level)}, tmp_path)
    record = json.loads((made / ".ladder.json").read_text(encoding="utf-8"))
    assert record["tree"] == git_tree(made)
    assert (
        record["template_version"] == json.loads((REPO / "cookiecutter.json").read_text("utf-8"))["_template_version"]
    )


def test_another_byte_is_another_tree(tmp_path: Path) -> None:
    made = template.render({}, tmp_path)
    emission.replace(made / "docs" / "checks.md", "\n", "\n\n")
    assert json.loads((made / ".ladder.json").read_text(encoding="utf-8"))["tree"] != git_tree(made, "--force")


def test_the_products_repo_ignores_no_file_of_the_template(tmp_path: Path) -> None:
    copy = emission.copy_of_generator(tmp_path / "generator")
    (copy / ".gitignore").write_bytes((REPO / ".gitignore").read_bytes())
    done("git", "init", "--quiet", cwd=copy)
    done("git", "-c", "core.excludesFile=", "add", "--all", cwd=copy)
    listed = done("git", "-c", "core.quotePath=false", "ls-files", PROJECT, cwd=copy).splitlines()
    assert {str(PurePosixPath(name).relative_to(PROJECT)) for name in listed} == set(emission.files(copy / PROJECT))


def test_caches_in_the_template_are_not_emitted(broken: Path, tmp_path: Path) -> None:
    for name in (
        "src/{{cookiecutter.package_name}}/model/__pycache__",
        ".mypy_cache/3.13",
        ".ruff_cache",
        "tests/__pycache__",
    ):
        (broken / PROJECT / name).mkdir(parents=True, exist_ok=True)
        (broken / PROJECT / name / "junk.pyc").write_bytes(b"\0{{ junk }}")
        (broken / PROJECT / name / "junk.json").write_bytes(b"{{ junk }}")
    made = template.render({"maturity_level": "4"}, tmp_path)
    assert list(made.rglob("junk.*")) == []
