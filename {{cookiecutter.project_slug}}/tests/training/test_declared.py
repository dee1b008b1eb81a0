"""What inputs declare, and which values fit: everything that does not is noted, with its place."""

from __future__ import annotations

from typing import Any

import pytest

from {{cookiecutter.package_name}}.training import declared
from {{cookiecutter.package_name}}.training.declared import Port

PORTS = {
    "a bare number": (0.5, Port("number", 0.5)),
    "a bare whole number": (3, Port("integer", 3)),
    "a bare truth": (True, Port("boolean", True)),
    "a bare word": ("x", Port("string", "x")),
    "a folder": ({"type": "uri_folder", "path": "data"}, Port("uri_folder", "data")),
    "a folder without its type": ({"path": "data"}, Port("uri_folder", "data")),
    "bounds": ({"type": "number", "min": 0, "max": 1}, Port("number", None, False, 0, 1)),
    "choices": ({"type": "string", "enum": ["a", "b"]}, Port("string", choices=("a", "b"))),
    "optional, as a word": ({"type": "string", "optional": "true"}, Port("string", optional=True)),
}


@pytest.mark.parametrize(("raw", "wanted"), PORTS.values(), ids=PORTS)
def test_a_declaration_is_read(raw: Any, wanted: Port) -> None:
    problems: list[str] = []
    assert declared.port(raw, "inputs.x", problems) == wanted
    assert problems == []


WRONG = {
    "a key that is none": ({"type": "string", "defualt": "x"}, "inputs.x: 'defualt' is no key that is read here"),
    "a type that is none": ({"type": "text"}, "inputs.x: type 'text' is none of"),
    "a default of another type": ({"type": "integer", "default": "many"}, "inputs.x: 'many' is not of type integer"),
    "a default below": ({"type": "number", "min": 0, "default": -1}, "inputs.x: -1 is below min = 0"),
    "a default above": ({"type": "number", "max": 1, "default": 2}, "inputs.x: 2 is above max = 1"),
    "a default that is no choice": ({"type": "string", "enum": ["a"], "default": "b"}, "inputs.x: 'b' is none of a"),
    "perhaps optional": ({"type": "string", "optional": "perhaps"}, "inputs.x.optional: 'perhaps' is not a boolean"),
}


@pytest.mark.parametrize(("raw", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_declaration_is_noted_with_its_place(raw: Any, said: str) -> None:
    problems: list[str] = []
    declared.port(raw, "inputs.x", problems)
    assert len(problems) == 1
    assert problems[0].startswith(said)


@pytest.mark.parametrize(
    ("raw", "port", "wanted"),
    [
        ("3", Port("integer"), 3),
        ("0.5", Port("number"), 0.5),
        ("False", Port("boolean"), False),
        (0, Port("boolean"), False),
        (7, Port("string"), "7"),
    ],
    ids=["integer", "number", "truth as a word", "truth as a number", "word"],
)
def test_a_value_is_read_as_its_port_says(raw: Any, port: Port, wanted: Any) -> None:
    problems: list[str] = []
    assert declared.value(raw, port, "x", problems) == wanted
    assert problems == []
