"""A command's values are put in, and a part of it goes where what it names has none."""

from __future__ import annotations

import pytest

from {{cookiecutter.package_name}}.training import wiring


def marked(text: str) -> str:
    """With the marks of an expression, which this file itself may not hold."""
    return text.replace("<", "$" + 2 * "{").replace(">", 2 * "}")


COMMANDS = {
    "a value": ("run --a <inputs.a>", "run --a 1"),
    "blanks in the marks": ("run --a < inputs.a >", "run --a 1"),
    "twice": ("run <inputs.a> <inputs.a>", "run 1 1"),
    "an optional part with a value": ("run $[[--a <inputs.a>]]", "run --a 1"),
    "an optional part without": ("run $[[--b <inputs.b>]] end", "run  end"),
    "an optional part with one of two": ("run $[[--a <inputs.a> --b <inputs.b>]]", "run "),
    "nothing to put in": ("run", "run"),
}


@pytest.mark.parametrize(("command", "wanted"), COMMANDS.values(), ids=COMMANDS)
def test_values_are_put_into_a_command(command: str, wanted: str) -> None:
    assert wiring.filled(marked(command), {"inputs.a": "1"}) == wanted


def test_a_value_that_looks_like_an_expression_is_not_filled_again() -> None:
    values = {"inputs.a": marked("<inputs.b>"), "inputs.b": "secret"}
    assert wiring.filled(marked("run <inputs.a>"), values) == marked("run <inputs.b>")
