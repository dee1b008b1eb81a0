"""Integration tests of a candidate, through the endpoint's own door by the forced header, before callers meet it."""

from __future__ import annotations

import http.client
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from ...data import disk
from ...errors import ModelError
from ...model import handoff

HEADER = "azureml-model-deployment"
CLOSE, MOST, SECONDS = 1e-9, 20, 30.0


class ChecksFailedError(ModelError):
    """A candidate that does not answer as its hand-off says."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Candidate:
    """A deployment behind an endpoint, and the folder that it was made from."""

    url: str
    slot: str
    digest: str
    folder: Path
    key: str | None = None

    def ask(self, path: str, body: Any, raw: bytes | None = None) -> Answer:
        """POST to this deployment and no other. Raises `ChecksFailedError` where nothing answers."""
        parts = urlsplit(self.url)
        headers = {
            "Content-Type": "application/json",
            HEADER: self.slot,
            **({"X-API-Key": self.key} if self.key else {}),
        }
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=SECONDS)
        try:
            connection.request("POST", path, json.dumps(body).encode() if raw is None else raw, headers)
            found = connection.getresponse()
            text = found.read()
        except (OSError, http.client.HTTPException) as error:
            wrong = f"{self.slot} does not answer {path}: {error!r}"
            raise ChecksFailedError(wrong, fix="see the log of its scorer") from None
        finally:
            connection.close()
        return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, parsed(text))


@dataclass(frozen=True)
class Check:
    """One test's outcome."""

    name: str
    passed: bool
    seconds: float
    detail: str


def parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def sample(it: Candidate) -> list[dict[str, Any]]:
    """The hand-off's records."""
    found: list[dict[str, Any]] = handoff.read_json(it.folder / handoff.REQUEST)["records"]
    return found


def recorded(it: Candidate) -> list[dict[str, Any]]:
    """What the hand-off says they score."""
    found: list[dict[str, Any]] = handoff.read_json(it.folder / handoff.RESPONSE)["predictions"]
    return found


def singles(it: Candidate) -> tuple[bool, str]:
    """Each record of the sample gives what was recorded for it."""
    pairs = list(zip(sample(it), recorded(it), strict=True))[:MOST]
    for number, (record, wanted) in enumerate(pairs):
        got = it.ask("/score", record)
        if got.status != 200 or not same(got.body, wanted):
            return False, f"record {number}: {got.status} {str(got.body)[:200]}, recorded is {wanted}"
    return bool(pairs), f"{len(pairs)} records answered as recorded"


def batch(it: Candidate) -> tuple[bool, str]:
    """The sample at once gives the same."""
    got = it.ask("/score/batch", {"records": sample(it)})
    items = got.body.get("predictions", []) if isinstance(got.body, dict) else []
    good = got.status == 200 and len(items) == len(recorded(it)) and all(map(same, items, recorded(it)))
    return good, f"{got.status}, {len(items)} predictions"


def same(got: Any, wanted: dict[str, Any]) -> bool:
    """Whether an answer holds the recorded figures."""
    return isinstance(got, dict) and all(close(got.get(name), value) for name, value in wanted.items())


def close(got: Any, wanted: Any) -> bool:
    """Equal, but for the last digits of a float."""
    if isinstance(wanted, dict):
        return (
            isinstance(got, dict) and got.keys() == wanted.keys() and all(close(got[it], wanted[it]) for it in wanted)
        )
    if isinstance(wanted, float) and isinstance(got, int | float) and not isinstance(got, bool):
        return math.isclose(got, wanted, rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(got == wanted)


def itself(it: Candidate) -> tuple[bool, str]:
    """The answer is this model's, and says so."""
    got = it.ask("/score", sample(it)[0])
    said = got.headers.get("x-model-digest", "")
    return bool(said) and it.digest.startswith(
        said[:12]
    ), f"X-Model-Digest {said[:12] or 'is absent'}, deployed is {it.digest[:12]}"


def refusals(it: Candidate) -> tuple[bool, str]:
    """What is no record is refused as such, and never scored."""
    wrong = {
        "an unknown input": it.ask("/score", {**sample(it)[0], "no such input": 1}),
        "no JSON": it.ask("/score", None, b"{"),
    }
    bad = {name: got.status for name, got in wrong.items() if not 400 <= got.status < 500}
    return not bad, f"{', '.join(wrong)} refused" if not bad else f"answered {bad}"


CHECKS: dict[str, Callable[[Candidate], tuple[bool, str]]] = {
    "answers the sample as recorded": singles,
    "answers a batch as it answers records": batch,
    "names its model": itself,
    "refuses what is no record": refusals,
}


def run(candidate: Candidate, report: Path) -> list[Check]:
    """Run every check, write JUnit XML. Raises `ChecksFailedError` naming each that failed."""
    found = []
    for name, check in CHECKS.items():
        started = time.perf_counter()
        passed, detail = check(candidate)
        found.append(Check(name, passed, time.perf_counter() - started, detail))
    disk.write(report, junit(candidate, found))
    failed = [it for it in found if not it.passed]
    if failed:
        lines = "".join(f"\n  {it.name}: {it.detail}" for it in failed)
        raise ChecksFailedError(f"{candidate.slot} fails its integration tests:{lines}", fix=f"see {report}")
    return found


def junit(candidate: Candidate, found: list[Check]) -> bytes:
    """As test servers read it; the model's digest is a property."""
    counts = {"tests": str(len(found)), "failures": str(sum(not it.passed for it in found))}
    suite = ElementTree.Element("testsuite", {"name": f"integration of {candidate.slot}", **counts})
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", {"name": "model_sha256", "value": candidate.digest})
    for it in found:
        case = ElementTree.SubElement(suite, "testcase", {"name": it.name, "time": f"{it.seconds:.3f}"})
        if not it.passed:
            ElementTree.SubElement(case, "failure", {"message": it.detail})
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))
