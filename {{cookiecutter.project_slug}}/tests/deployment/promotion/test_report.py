"""A report says what was tested by what, is there whole or not at all, and does not survive being edited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from {{cookiecutter.package_name}}.data import disk
from {{cookiecutter.package_name}}.deployment.promotion import report
from {{cookiecutter.package_name}}.deployment.promotion.report import Case, Report
from {{cookiecutter.package_name}}.errors import ModelError
from {{cookiecutter.package_name}}.model import handoff
from {{cookiecutter.package_name}}.workspace import Workspace

GOOD = Report(
    "ab" * 32,
    "cd" * 32,
    "ef" * 32,
    "2026-03-02T09:00:00+00:00",
    (Case("size", True, 0.001, "1 MB of 50"), Case("row order", True, 0.02, "5 records")),
)
BAD = replace(
    GOOD,
    cases=(
        GOOD.cases[0],
        Case("latency", False, 1.5, 'median 60 <ms> & "p95"\x00'),
        Case("slices", None, 0.0, "needs checksums"),
    ),
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    folder = report.write(BAD, tmp_path)
    assert report.read(folder, handoff.sha256(folder / report.REPORT)) == BAD


def test_the_xml_is_what_test_servers_read(tmp_path: Path) -> None:
    suite = ElementTree.parse(report.write(BAD, tmp_path) / report.JUNIT).getroot()  # noqa: S314 - our own
    assert suite.attrib | {"time": ""} == {
        "name": "model tests",
        "tests": "3",
        "failures": "1",
        "skipped": "1",
        "time": "",
        "timestamp": BAD.at,
    }
    assert {it.attrib["name"]: it.attrib["value"] for it in suite.iter("property")}["model_sha256"] == BAD.model_sha256
    assert [it.attrib["message"] for it in suite.iter("failure")] == ['median 60 <ms> & "p95"?']
    assert len(list(suite.iter("skipped"))) == 1


def test_one_failure_or_no_test_at_all_is_no_pass() -> None:
    assert GOOD.passed
    assert not BAD.passed
    assert not replace(GOOD, cases=()).passed
    assert not replace(GOOD, cases=(GOOD.cases[0], Case("slices", None, 0.0, ""))).passed


EDITS = {
    "the outcome": (report.REPORT, '"passed": false', '"passed": true'),
    "the model": (report.REPORT, "abab", "cdcd"),
    "a space": (report.REPORT, "\n}", "\n }"),
    "the XML": (report.JUNIT, "failure", "system-out"),
}


@pytest.mark.parametrize(("name", "before", "after"), EDITS.values(), ids=EDITS)
def test_an_edited_report_is_refused(tmp_path: Path, name: str, before: str, after: str) -> None:
    place = Workspace(tmp_path)
    folder, _ = report.keep(place, BAD, "tester")
    text = (folder / name).read_text(encoding="utf-8")
    assert before in text
    (folder / name).write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ModelError, match="was changed after"):
        report.latest(place, BAD.model_sha256)


def test_a_report_that_is_gone_is_told(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    folder, _ = report.keep(place, GOOD, "tester")
    (folder / report.REPORT).unlink()
    with pytest.raises(ModelError, match="is gone"):
        report.latest(place, GOOD.model_sha256)


def test_the_last_test_counts(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    for it in (GOOD, BAD):
        report.keep(place, it, "tester")
    assert report.latest(place, GOOD.model_sha256)[0] == BAD
    report.keep(place, GOOD, "tester")
    assert report.latest(place, GOOD.model_sha256)[0] == GOOD


def test_a_model_that_was_never_tested_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no test report"):
        report.latest(Workspace(tmp_path), GOOD.model_sha256)


def test_a_write_that_breaks_off_leaves_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = disk.write

    def half(path: Path, data: bytes) -> None:
        if path.name == report.REPORT:
            raise KeyboardInterrupt
        whole(path, data)

    monkeypatch.setattr(disk, "write", half)
    with pytest.raises(KeyboardInterrupt):
        report.keep(Workspace(tmp_path), GOOD, "tester")
    with pytest.raises(ModelError, match="has no test report"):
        report.latest(Workspace(tmp_path), GOOD.model_sha256)
