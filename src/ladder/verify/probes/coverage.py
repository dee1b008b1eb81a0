"""How much of the code tests reach: a floor, and every package."""

from __future__ import annotations

import re

from ..ci.model import CHANGE
from ..facts import Facts
from ..seen import Seen, every, no, yes
from .tests import TEST, application_has_unit_tests, package

FLOOR = re.compile(r"--(?:cov-)?fail-under[= ]\s*(\$\((\w+)\)|[\d.]+)|^fail_under\s*=\s*([\d.]+)", re.MULTILINE)


def floor(it: Facts) -> Seen:
    """The share of the code that tests must reach."""
    for name in it.repo.glob("Makefile", "*.mk", "pyproject.toml", "setup.cfg", ".coveragerc", "tox.ini", "*.yml"):
        found = FLOOR.search(it.repo.text(name))
        if found is None:
            continue
        value = found[3] or found[1]
        if found[2]:
            given = re.search(rf"^{found[2]}\s*[?:]?=\s*([\d.]+)", it.repo.text(name), re.MULTILINE)
            value = given[1] if given else "0"
        if float(value) > 0:
            return yes(f"a floor of {float(value):g} % for coverage ({name})", name)
        return no(f"the floor of coverage in {name} is {value} %", name)
    return no("no floor of coverage is set")


def all_code_is_tested(it: Facts) -> Seen:
    rooms = sorted({module.path.rpartition("/")[0] for module in it.code.modules if has_code(module.path, it)})
    if not rooms:
        return no("there is no package of code")
    bare = [room for room in rooms if not it.suites.importing(rf"\b{package(room)}\b")]
    if bare:
        return no(
            f"no test imports {bare[0]}" + (f", nor {len(bare) - 1} more packages" if bare[1:] else ""), *bare[:5]
        )
    return every(
        yes(f"each of {len(rooms)} packages is imported by tests"), floor(it), it.firm("runs the tests", TEST, CHANGE)
    )


def has_code(path: str, it: Facts) -> bool:
    """A module of a package below src, or of any package, that is more than its docstring."""
    if path.startswith(("azure/", "notebooks/", "docs/")) or path.count("/") < 2 or path.endswith("__init__.py"):
        return False
    return "def " in it.repo.text(path)


def application_tests_have_a_floor(it: Facts) -> Seen:
    return every(it.ask(application_has_unit_tests), floor(it))


PROBES = (application_tests_have_a_floor, all_code_is_tested)
