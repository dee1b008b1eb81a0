"""The scoring script: kept with the code, and tested."""

from __future__ import annotations

import re

from ..code import Module
from ..facts import Facts
from ..seen import Seen, every, no, yes
from .tests import hollow_files

ROUTE = r"@\w+\.(?:post|route|put)\(|APIRouter\(|add_api_route\(|\bRoute\("
BAD = re.compile(r"pytest\.raises|assert\b[^\n]*\b4\d\d\b|Invalid|refus")


def scripts(it: Facts) -> list[Module]:
    """Modules by Azure's contract of `init` and `run`; else those that answer over HTTP."""
    pairs = [
        module for module in it.code.find(r"^(?!azure/)", r"def init\(") if {"init", "run"} <= module.functions.keys()
    ]
    return pairs or it.code.find(r"score|predict|serv|app|api|main", ROUTE)


def scoring_script_is_kept(it: Facts) -> Seen:
    found = scripts(it)
    if not found:
        return no("no code loads a model and answers by it")
    hidden = [module.path for module in found if module.path in it.repo.ignore]
    if hidden:
        return no(f"git ignores {hidden[0]}", ".gitignore", hidden[0])
    loose = [module.path for module in found if it.repo.tracked and module.path not in it.repo.tracked]
    if loose:
        return no(f"{loose[0]} is in no commit", loose[0])
    return yes(f"{found[0].path} is kept with the code", found[0].path)


def scoring_script_is_tested(it: Facts) -> Seen:
    found = scripts(it)
    if not found:
        return no("no code loads a model and answers by it")
    return every(it.ask(scoring_script_is_kept), *(asked(it, module) for module in found))


def asked(it: Facts, module: Module) -> Seen:
    """One script's tests."""
    tests = it.suites.importing(imported(module))
    hollow = hollow_files(it, imported(module))
    if hollow:
        return no(f"the tests in {hollow[0]} assert nothing", *hollow[:5])
    if not tests:
        return no(f"no test of {module.path} asserts anything", module.path)
    if not any(BAD.search(test.text) for test in tests):
        return no(f"no test of {module.path} sends bad input", module.path, tests[0].file)
    return yes(f"{len(tests)} tests ask {module.path}, with bad input too", module.path, tests[0].file)


def imported(module: Module) -> str:
    """How tests import a module: by its folder and its name."""
    folder = module.path.rpartition("/")[0].rpartition("/")[2]
    return rf"\b{folder}(?:\.| import [^#\n]*\b){re.escape(module.stem)}\b"


PROBES = (scoring_script_is_kept, scoring_script_is_tested)
