"""The report of a model's tests: JUnit XML for people and CI, JSON for promotion, bound to model and tests."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ... import workspace
from ...data import disk
from ...errors import ModelError
from ...model import handoff
from ...workspace import Workspace
from . import evidence
from .evidence import Tested

REPORT, JUNIT, FORMAT, SHORT = "report.json", "junit.xml", 1, 12


@dataclass(frozen=True)
class Case:
    """One test: its outcome, how long it took, and what was seen. `passed` is None where it could not be run."""

    name: str
    passed: bool | None
    seconds: float
    detail: str

    @property
    def mark(self) -> str:
        return {True: "passed", False: "FAILED", None: "not run"}[self.passed]


@dataclass(frozen=True)
class Report:
    """What was tested (the model, and all files of its version), by which tests, when, and how it went."""

    model_sha256: str
    artifacts_sha256: str
    tests_sha256: str
    at: str
    cases: tuple[Case, ...]

    @property
    def passed(self) -> bool:
        return bool(self.cases) and all(case.passed for case in self.cases)

    @property
    def failed(self) -> list[Case]:
        return [case for case in self.cases if not case.passed]

    @property
    def sentence(self) -> str:
        word = "passed" if self.passed else "FAILED"
        good = sum(bool(case.passed) for case in self.cases)
        return f"model {self.model_sha256[:SHORT]} {word}: {good} of {len(self.cases)} tests"

    def junit(self) -> bytes:
        """As test servers read it; the digests are its properties."""
        broken = {"failures": sum(case.passed is False for case in self.cases)}
        counts = {"tests": len(self.cases), **broken, "skipped": sum(case.passed is None for case in self.cases)}
        took = f"{sum(case.seconds for case in self.cases):.3f}"
        named = {"name": "model tests", **{key: str(count) for key, count in counts.items()}, "time": took}
        suite = ElementTree.Element("testsuite", {**named, "timestamp": self.at})
        properties = ElementTree.SubElement(suite, "properties")
        for name in ("model_sha256", "artifacts_sha256", "tests_sha256"):
            ElementTree.SubElement(properties, "property", {"name": name, "value": getattr(self, name)})
        for case in self.cases:
            about = {"classname": "model", "name": case.name, "time": f"{case.seconds:.3f}"}
            element = ElementTree.SubElement(suite, "testcase", about)
            if not case.passed:
                kind = "skipped" if case.passed is None else "failure"
                ElementTree.SubElement(element, kind, {"message": printable(case.detail)})
            else:
                ElementTree.SubElement(element, "system-out").text = printable(case.detail)
        ElementTree.indent(suite)
        return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)) + b"\n"

    def as_json(self) -> dict[str, Any]:
        """What `report.json` holds; it names the XML beside it by its digest."""
        junit = hashlib.sha256(self.junit()).hexdigest()
        return {"format": FORMAT, "passed": self.passed, "junit_sha256": junit, **asdict(self)}


def printable(text: str) -> str:
    """Without what XML cannot hold, such as a category with a NUL."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


def write(report: Report, parent: Path) -> Path:
    """The two files in a folder of their own below `parent`, whole or not at all; its name is the report's digest."""
    part = parent / f".part-{secrets.token_hex(8)}"
    disk.write(part / JUNIT, report.junit())
    text = json.dumps(report.as_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    disk.write(part / REPORT, text.encode())
    target = parent / handoff.sha256(part / REPORT)[:SHORT]
    if target.exists():
        shutil.rmtree(target)  # the same report, and perhaps spoilt since
    part.rename(target)
    return target


def copied(folder: Path, out: Path) -> None:
    """The two files of a report in `out` too, in the place of the one that was there: for CI to publish."""
    for name in (JUNIT, REPORT):
        disk.write(out / name, (folder / name).read_bytes())


def read(folder: Path, digest: str) -> Report:
    """The report in `folder`. Raises `ModelError` where it is not the one whose sha256 is `digest`."""
    path = folder / REPORT
    fix = "test the model again: `mlops model test VERSION`"
    if not path.is_file():
        raise ModelError(f"{path} is gone", fix=fix)
    if handoff.sha256(path) != digest:
        raise ModelError(f"{path} was changed after the tests had written it", fix=fix)
    raw = handoff.read_json(path)
    if raw["format"] != FORMAT:
        raise ModelError(f"{path} has format {raw['format']!r}", fix=fix)
    if not (folder / JUNIT).is_file() or handoff.sha256(folder / JUNIT) != raw["junit_sha256"]:
        raise ModelError(f"{folder / JUNIT} was changed after the tests had written it", fix=fix)
    cases = tuple(Case(**case) for case in raw["cases"])
    return Report(raw["model_sha256"], raw["artifacts_sha256"], raw["tests_sha256"], raw["at"], cases)


def folder_of(place: Workspace, model: str) -> Path:
    """Where the reports about a model are kept."""
    return place.folder / "tests" / model[:SHORT]


def keep(place: Workspace, report: Report, by: str) -> tuple[Path, str]:
    """Keep a report, and write down in the workspace's database that it is the latest; gives its folder and digest."""
    folder = write(report, folder_of(place, report.model_sha256))
    digest = handoff.sha256(folder / REPORT)
    row = Tested(report.at, by, report.model_sha256, digest, report.passed)
    with evidence.opened(place) as connection, workspace.transaction(connection):
        if evidence.last_test(connection, report.model_sha256) != row:
            evidence.tested(connection, row)
    return folder, digest


def latest(place: Workspace, model: str) -> tuple[Report, Path, str]:
    """The last report about a model, its folder and its digest. Raises `ModelError` where it was never tested here."""
    with evidence.opened(place) as connection:
        row = evidence.last_test(connection, model)
    if row is None:
        wrong = f"model {model[:SHORT]} has no test report in workspace {place.name}"
        raise ModelError(wrong, fix="`mlops model test VERSION`")
    folder = folder_of(place, model) / row.report_sha256[:SHORT]
    return read(folder, row.report_sha256), folder, row.report_sha256
