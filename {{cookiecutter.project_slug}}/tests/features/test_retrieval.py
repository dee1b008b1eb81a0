"""What travels with a model, so that its features can be looked up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.features import retrieval

from . import world


def test_a_server_reads_what_the_definition_says(tmp_path: Path) -> None:
    retrieval.write(tmp_path / "file.json", world.sets(world.SCHEMA))
    found = retrieval.read(tmp_path / "file.json")
    assert found == [retrieval.wanted(it) for it in world.sets(world.SCHEMA)]
    assert [(it.entity, it.ttl, it.digest) for it in found] == [
        ("zone", world.TTL, world.traffic().digest),
        (None, world.TTL, world.whole().digest),
    ]


WRONG = {
    "not JSON": "{",
    "another format": json.dumps({"format": 2, "feature_sets": []}),
    "no sets": json.dumps({"format": 1}),
    "a list": "[]",
    "a set without a ttl": json.dumps({"format": 1, "feature_sets": [{"name": "x"}]}),
    "a ttl in words": json.dumps({"format": 1, "feature_sets": [{"ttl_seconds": "long", "features": []}]}),
    "a ttl without end": json.dumps({"format": 1, "feature_sets": [{"ttl_seconds": 1e300, "features": []}]}),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_another_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"file\.json is not a list of feature sets") as caught:
        retrieval.read(path)
    assert "train the model again" in caught.value.fix
