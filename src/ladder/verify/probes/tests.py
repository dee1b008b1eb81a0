"""Tests: that there are some, that they assert, that CI runs them and minds."""

from __future__ import annotations

import re
from collections import defaultdict

from ..ci.model import CHANGE
from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes
from ..suites import Test

TEST = r"\bpytest\b|-m unittest\b|\btox\b|\bnox\b"
WEB = (
    r"^\s*(?:from|import) (?:fastapi|flask|starlette|django|aiohttp\.web|http\.server|streamlit|gradio|bentoml|litestar"
    r"|sanic|tornado)\b"
)
HTTP = r"\bhttpx\b|\brequests\b|TestClient|urllib\.request|http\.client|aiohttp"
ANSWER = re.compile(
    r"assert (?!len\()[^\n]*(?:\bsame\(|approx|allclose|isclose|== *(?:expected|golden|recorded|wanted))"
    r"|assert_(?:almost|allclose)",
    re.IGNORECASE,
)
REFUSED = re.compile(r"assert\b[^\n]*\b4\d\d\b|assert\b[^\n]*(?:is_client_error|status_code\s*!=\s*200)")
WHOLE = r"(^|/)(integration|e2e|functional)/|integration[^/]*\.py$|e2e[^/]*\.py$"


def tests_run_in_ci(it: Facts) -> Seen:
    run = it.firm("runs the tests on each change", TEST, CHANGE)
    if not it.suites.tests:
        return every(no("there are no tests"), run)
    asserting = [test for test in it.suites.tests if test.asserts]
    some = (
        yes(f"{len(asserting)} tests assert something")
        if asserting
        else no(f"{len(it.suites.tests)} tests assert nothing")
    )
    return every(some, run)


def application(it: Facts) -> list[str]:
    """The folders of code that answers over HTTP; the lowest that is called a service, where there is one."""
    folders = sorted({module.path.rpartition("/")[0] for module in it.code.find(r"^(?!.*(?:^|/)azure/)", WEB_LINES)})
    named = [name for name in folders if re.search(r"(^|/)(service|app|api|serving|web|server)$", name)]
    return named or folders


WEB_LINES = "(?m)" + WEB


def package(folder: str) -> str:
    """The last part of a folder, by which tests import it."""
    return folder.rpartition("/")[2] or r"app|main|server|api"


def application_has_unit_tests(it: Facts) -> Seen:
    folders = application(it)
    if not folders:
        return no("no code answers over HTTP: there is no application to test")
    parts = []
    for folder in folders:
        found = it.suites.importing(rf"\b{package(folder)}\b")
        hollow = hollow_files(it, rf"\b{package(folder)}\b")
        if hollow:
            return no(f"the tests in {hollow[0]} assert nothing", *hollow[:5])
        parts.append(
            yes(f"{len(found)} tests of {folder} assert something", folder)
            if found
            else no(f"no test imports {folder}", folder)
        )
    return every(*parts, it.firm("runs them", TEST, CHANGE))


def hollow_files(it: Facts, names: str) -> list[str]:
    """Files of tests that import such names, in which not one asserts anything."""
    fits = re.compile(names)
    by_file: dict[str, list[Test]] = defaultdict(list)
    for test in it.suites.tests:
        by_file[test.file].append(test)
    return [
        file
        for file, tests in by_file.items()
        if not any(test.asserts for test in tests) and fits.search(it.suites.imports[file])
    ]


def whole(it: Facts) -> list[Test]:
    """Integration tests that assert something."""
    return list(it.suites.of(WHOLE))


def integration_tests_run(it: Facts) -> Seen:
    tests = whole(it)
    if not tests:
        return no("no integration test asserts anything")
    folders = {test.file.rpartition("/")[0] for test in tests}
    names = [name for name in it.repo.glob("*.py") if name.rpartition("/")[0] in folders]
    texts = {name: it.repo.text(name) for name in names}
    asked = [name for name, text in texts.items() if re.search(HTTP, text)]
    if not asked:
        return unknown(f"{tests[0].file} asserts something, and asks no server", tests[0].file)
    answers = [name for name, text in texts.items() if ANSWER.search(text)]
    refusals = [name for name, text in texts.items() if REFUSED.search(text)]
    return every(
        yes(f"{len(tests)} integration tests ask a server", *asked),
        yes(f"known answers are compared in {answers[0]}", answers[0])
        if answers
        else no("no answer of the server is compared"),
        yes(f"refusals are asserted in {refusals[0]}", refusals[0])
        if refusals
        else no("no test sends a request that is to be refused"),
        runs_them(it),
    )


def runs_them(it: Facts) -> Seen:
    """CI runs the integration tests: by their mark, by their folder, or with all others."""
    chosen = r"\bpytest\b(?!.*not integration)"
    return it.firm("runs the integration tests", chosen, CHANGE)


def registered_model_is_tested(it: Facts) -> Seen:
    named = it.code.says(
        r"release|registr|serv|deploy|load",
        r"get_model_version_by_alias|models:/[^\"']*@|\.aliases\b|aliases\(\)|registry\.get\(",
    )
    by_name = (
        yes(f"{named[0]} takes the model from the registry by name", named[0])
        if named
        else no("no code takes a model from a registry by name")
    )
    return every(by_name, it.ask(integration_tests_run))


def application_is_tested_whole(it: Facts) -> Seen:
    tests = whole(it) + [
        test for test in it.suites.tests if test.asserts and "mark.integration" in it.repo.text(test.file)
    ]
    if not it.code.find(r"client"):
        return no("the application has no client of its own")
    clients = [test for test in it.suites.importing(r"\bclient\b") if test in tests or re.search(WHOLE, test.file)]
    hollow = hollow_files(it, r"\bclient\b|\bservice\b")
    if hollow:
        return no(f"the tests in {hollow[0]} assert nothing", *hollow[:5])
    called = (
        yes(f"{len(clients)} tests send the client's requests through a server", clients[0].file)
        if clients
        else no("no test sends the application's own requests through a running server")
    )
    return every(it.ask(application_has_unit_tests), called, runs_them(it))


PROBES = (
    tests_run_in_ci,
    application_has_unit_tests,
    integration_tests_run,
    registered_model_is_tested,
    application_is_tested_whole,
)
