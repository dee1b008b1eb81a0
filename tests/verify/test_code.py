"""What code refuses, as far as reading tells: conditions that can hold, functions that somebody calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from ladder.verify import hints
from ladder.verify.facts import Facts
from ladder.verify.suites import Suites

from .shapes import written

GATE = """
    import sys


    def judge(score: float) -> None:
        if score < 0.8:
            raise ValueError("the gate refuses this model")


    judge(0.9)
    """


def refuses(root: Path, text: str) -> bool | None:
    return Facts(written(root, {"gate.py": text})).refuses("a model", r"gate", r"gate refuses").holds


def test_a_gate_that_can_refuse_is_seen(tmp_path: Path) -> None:
    assert refuses(tmp_path, GATE) is True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("raise ValueError(", "raise SystemExit("),
        ('raise ValueError("the gate refuses this model")', 'print("the gate refuses"); sys.exit("the gate refuses")'),
        ("if score < 0.8:", "if not score >= 0.8 or True:"),
        ("if score < 0.8:", "if score >= 0.8:\n            return\n        for _ in range(1):"),
    ],
)
def test_other_ways_to_refuse_are_seen(old: str, new: str, tmp_path: Path) -> None:
    assert refuses(tmp_path, GATE.replace(old, new)) is True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if score < 0.8:", "if False:"),
        ("if score < 0.8:", "if score < 0.8 and False:"),
        ("if score < 0.8:", "if not True:"),
        ("if score < 0.8:", "if 0:"),
        ("if score < 0.8:", "return\n        if score < 0.8:"),
        ("if score < 0.8:", "if True:\n            return\n        if score < 0.8:"),
        ('raise ValueError("the gate refuses this model")', 'print("the gate refuses this model")'),
        (
            'raise ValueError("the gate refuses this model")',
            'print("the gate refuses this model")\n            sys.exit(0)',
        ),
        ("\n    judge(0.9)", "\n    # judge(0.9)" if False else "\n    other(0.9)"),
    ],
)
def test_a_gate_that_cannot_refuse_is_seen(old: str, new: str, tmp_path: Path) -> None:
    assert old in GATE
    assert refuses(tmp_path, GATE.replace(old, new)) is False


def test_a_gate_of_the_tests_is_none_of_the_code(tmp_path: Path) -> None:
    assert Facts(written(tmp_path, {"tests/gate.py": GATE})).refuses("a model", r"gate", r"gate refuses").holds is False


@pytest.mark.parametrize(
    ("text", "asserts"),
    [
        ("def test_a():\n    assert 1 + 1 == 2\n", True),
        ("def test_a():\n    with pytest.raises(ValueError):\n        f()\n", True),
        ("def test_a():\n    helped(3)\n", True),
        ("def test_a():\n    helpers.helped(3)\n", True),
        ("class TestA:\n    def test_a(self):\n        self.assertEqual(1, 1)\n", True),
        ("def test_a():\n    assert True\n", False),
        ("def test_a():\n    # assert 1 == 2\n    f()\n", False),
        ("def test_a():\n    other.helped(3)\n", False),
        ("def test_a():\n    print('assert')\n", False),
    ],
)
def test_whether_a_test_asserts_anything(text: str, asserts: bool, tmp_path: Path) -> None:
    helpers = "def helped(number):\n    assert number\n"
    head = "import pytest\nfrom .helpers import helped\n\n\n"
    from ladder.verify.repo import Repo

    repo = written(tmp_path, {"tests/helpers.py": helpers, "tests/test_a.py": head + text})
    (found,) = Suites(Repo(repo)).tests
    assert found.asserts is asserts


@pytest.mark.parametrize(
    "text",
    [
        "pytestmark = pytest.mark.skip\n\n\ndef test_a():\n    assert f()\n",
        "pytest.skip('later', allow_module_level=True)\n\n\ndef test_a():\n    assert f()\n",
        "@pytest.mark.skip\ndef test_a():\n    assert f()\n",
        "@pytest.mark.skip('later')\ndef test_a():\n    assert f()\n",
    ],
)
def test_a_skipped_test_is_none(text: str, tmp_path: Path) -> None:
    from ladder.verify.repo import Repo

    assert Suites(Repo(written(tmp_path, {"tests/test_a.py": "import pytest\n\n" + text}))).tests == ()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bread_sql\w*\(|\burlopen\(", ("read_sql", "urlopen")),
        (r"set_tags?\(", ("set_tag",)),
        (r"(?:a|b)word", ("word",)),
        (r"\d+|word", ()),
        (r"[abc]{3}", ()),
    ],
)
def test_the_words_that_a_pattern_needs(pattern: str, words: tuple[str, ...]) -> None:
    assert hints.of(pattern) == words
