"""Promotion where Azure keeps the models: a workspace's assets are shared with the registry, and read from there.

Nothing is copied into the next workspace: it deploys from the registry's address. Who promotes has a role in the
registry and no key; files are compared before and after, as they are here. What Azure lacks is a ledger: the outcome
of the tests is tags of the version, and Azure's activity log tells who set them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from ...clock import Clock
from ...errors import ModelError
from ...model import handoff
from ...service.accept import user
from ...training import azure
from ...training.registry import name_of, require
from ...training.registry_azure import Registry
from ...training.versions import CHECKED, RECORD, RECORDS
from ..infra import sdk
from ..infra.target import REGISTRY, InfraError, Target, of_environment
from . import limits, modeltests, report, testing
from .digests import digest, same
from .package import HANDOFF, MODEL, tree
from .report import Report
from .workspaces import Place

Kind = Literal["model", "environment", "data"]
Echo = Callable[[str], None]
NEEDED = ("subscription", "group", "workspace", REGISTRY)
PLURAL: dict[str, str] = {"model": "models", "environment": "environments", "data": "data"}
PASSED = "passed"


@dataclass(frozen=True)
class Asset:
    """A registered thing, by name and version."""

    kind: Kind
    name: str
    version: str

    def of(self, client: Any) -> Any:
        """As `client` has it, None where it has none."""
        return sdk.found(lambda: self.operations(client).get(name=self.name, version=self.version))

    def operations(self, client: Any) -> Any:
        return getattr(client, PLURAL[self.kind])

    def address(self, registry: str) -> str:
        """Where a deployment or a job finds it."""
        return f"azureml://registries/{registry}/{PLURAL[self.kind]}/{self.name}/versions/{self.version}"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}:{self.version}"


def asset(text: str) -> Asset:
    """`environment:training:3`. Raises `InfraError` where it is not so written."""
    kind, _, rest = text.partition(":")
    name, _, version = rest.rpartition(":")
    if kind not in PLURAL or not name or not version:
        raise InfraError(f"{text!r} names no asset", fix=f"write KIND:NAME:VERSION, with one of {', '.join(PLURAL)}")
    return Asset(kind, name, version)  # type: ignore[arg-type]


def test(place: Place, version: str, clock: Clock, by: str, echo: Echo) -> tuple[Report, Path]:
    """Test a version on Azure; its tags tell the outcome, and the report is kept here for CI to publish."""
    registry = Registry(place.root)
    found = registry.get(version)
    with fetched(registry.client, Asset("model", registry.name, found.number)) as folder:
        made = testing.examined(place.root, folder / HANDOFF, folder / MODEL, tree({"version": folder}), clock, echo)
    kept, sha256 = report.keep(place, made, by or user())
    outcome = {"tests": PASSED if made.passed else "failed", "tests_sha256": made.tests_sha256, "report_sha256": sha256}
    registry.tag(found.number, {**outcome, "artifacts_sha256": made.artifacts_sha256})
    return made, kept


def promote(root: Path, version: str, to: str, also: tuple[str, ...], echo: Echo = lambda _: None) -> list[str]:
    """Share a version with the registry, or make sure that the registry still has it whole; gives the addresses there.

    Raises `ModelError` for one that may not leave its workspace, `AzureError` where Azure does not do it.
    """
    target = of_environment(NEEDED)
    assets = [Asset("model", name_of(), version), *(asset(text) for text in also)]
    registry, tests = sdk.client(target, registry=True), modeltests.digest(root / limits.FILE)
    if to == REGISTRY:
        source = sdk.client(target)
        for it in assets:
            echo(shared(it, source, registry, target, tests))
    else:
        for it in assets:
            present(it, registry, tests)
    return [it.address(target.registry) for it in assets]


def shared(it: Asset, source: Any, registry: Any, target: Target, tests: str) -> str:
    """Share one asset, or find it shared; gives what was done. Raises `ModelError` where the two are not the same."""
    ours = it.of(source)
    if ours is None:
        raise ModelError(f"workspace {target.workspace} has no {it}", fix="register it there first")
    before = content(it, ours, source, tests)
    there = it.of(registry)
    if there is None:
        with azure.asked(f"share {it}"):
            names = {"share_with_name": it.name, "share_with_version": it.version, "registry_name": target.registry}
            it.operations(source).share(name=it.name, version=it.version, **names)
        there = it.of(registry)
    if there is None or content(it, there, registry, tests) != before:
        wrong = f"{it} in registry {target.registry} is not the one of workspace {target.workspace}"
        raise ModelError(wrong, fix="deploy neither; find out who wrote there, and register a new version")
    return f"{it} is {it.address(target.registry)}"


def present(it: Asset, registry: Any, tests: str) -> None:
    """Raises `ModelError` where the registry lacks it, or has another one than its tags say."""
    found = it.of(registry)
    if found is None:
        raise ModelError(f"the registry has no {it}", fix="promote it to the registry before")
    content(it, found, registry, tests)


def content(it: Asset, found: Any, client: Any, tests: str) -> dict[str, str]:
    """What makes an asset this one: the digest of a model's files, else what it says of itself. Raises `ModelError`."""
    tags = {str(name): str(text) for name, text in (found.tags or {}).items()}
    if it.kind == "environment":
        return {"image": str(found.image), "conda": str(found.conda_file), "tags": str(sorted(tags.items()))}
    if it.kind == "data":
        return {"type": str(found.type), "tags": str(sorted(tags.items()))}
    with fetched(client, it) as folder:
        return {"files": fit(folder, tags, tests)}


@contextmanager
def fetched(client: Any, it: Asset) -> Iterator[Path]:
    """A copy of a version's folder for the while. Raises `ModelError` where it is not one of ours."""
    with TemporaryDirectory(prefix="shared-") as scratch:
        with azure.asked(f"give the files of {it}"):
            client.models.download(name=it.name, version=it.version, download_path=scratch)
        folders = [path.parent.parent for path in Path(scratch).rglob(f"{RECORDS}/{RECORD}")]
        if len(folders) != 1:
            wrong = f"{it} holds {len(folders)} records of a run: nobody could trace it"
            raise ModelError(wrong, fix="register through the pipeline's step `register`")
        yield folders[0]


def fit(folder: Path, tags: Mapping[str, str], tests: str) -> str:
    """The digest of all files of a version that may go on. Raises `ModelError` for any other."""
    require(dict(tags))
    for name, (file, tag) in CHECKED.items():
        same(f"{name}/{file}", digest(folder / name / file), tags[tag])
    handoff.verify(folder / HANDOFF)
    if tags["gate"] != PASSED or handoff.read_json(folder / RECORDS / RECORD)["gate"]["passed"] is not True:
        raise ModelError("the gate did not pass it", fix="train a better model")
    again = "`mlops model test VERSION --workspace dev`"
    if tags.get("tests") != PASSED or not tags.get("report_sha256"):
        raise ModelError(f"it has no test report that passed: {tags.get('tests', 'none')}", fix=again)
    if tags.get("tests_sha256") != tests:
        raise ModelError("the tests or their limits were changed since the report", fix=again)
    files = tree({"version": folder})
    same("all files since the tests", files, tags.get("artifacts_sha256", ""))
    return files
