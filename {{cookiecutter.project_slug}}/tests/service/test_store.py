"""`models/`: what was accepted is what is loaded, or nothing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.package_name}} import errors
from {{cookiecutter.package_name}}.model import check, handoff
from {{cookiecutter.package_name}}.service import records, served, store

from . import made


@pytest.fixture
def kept(folder: Path, tmp_path: Path) -> store.Store:
    return made.accepted(folder, tmp_path / "models")


def place(kept: store.Store) -> Path:
    return kept.folder(kept.load().digest)


def test_the_current_model_is_loaded_and_one_by_its_digest(kept: store.Store) -> None:
    digest = kept.load().digest
    assert kept.current() == digest
    assert kept.load(digest[:7]).digest == digest


def test_nothing_is_served_before_something_was_accepted(tmp_path: Path) -> None:
    with pytest.raises(errors.ModelError, match="mlops accept"):
        store.Store(tmp_path).load()


@pytest.mark.parametrize("digest", ["deadbeef", "*", "../handoff"])
def test_an_unknown_digest_is_refused_with_the_known_ones(kept: store.Store, digest: str) -> None:
    with pytest.raises(errors.ModelError, match=kept.load().digest[:12]):
        kept.load(digest)


def test_a_model_that_was_changed_after_acceptance_is_not_served(kept: store.Store) -> None:
    path = place(kept) / handoff.MODEL
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(errors.ModelError, match="checksum differs"):
        kept.load()


def test_renewed_checksums_do_not_help(kept: store.Store) -> None:
    made.constant(place(kept))
    with pytest.raises(errors.ModelError, match="is not the one that was accepted"):
        kept.load()


@pytest.mark.parametrize("task", made.METRICS)
def test_the_sample_is_scored_as_it_was_recorded(task: str, models: dict[str, served.Served]) -> None:
    found = models[task]
    rows = records.Requests(found.schema, len(found.sample)).rows(found.sample)
    recorded = handoff.read_json(found.folder / handoff.RESPONSE)["predictions"]
    assert all(check.same(item, expected) for item, expected in zip(found.score(rows), recorded, strict=True))
