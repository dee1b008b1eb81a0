"""Submits a pipeline to Azure Machine Learning: the same files, by Azure's own library, which is read only here.

Which workspace is said by the environment or by a `config.json`, as Azure's tools write it; never by this repo.
"""

from __future__ import annotations

import json
import os
import secrets
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import MlopsError
from . import azure_environment, code, context, pipeline
from .pipeline import Pipeline

Echo = Callable[[str], None]
# a value of a workspace's address -> where it stands: a person's environment, that of a job, the key in config.json
SETTINGS = {
    "subscription": ("AZURE_SUBSCRIPTION_ID", "AZUREML_ARM_SUBSCRIPTION", "subscription_id"),
    "group": ("AZURE_RESOURCE_GROUP", "AZUREML_ARM_RESOURCEGROUP", "resource_group"),
    "workspace": ("AZURE_ML_WORKSPACE", "AZUREML_ARM_WORKSPACE_NAME", "workspace_name"),
}
CONFIGS = (".azureml/config.json", "config.json")
CHAMPION, NONE = "champion", "none"


class AzureError(MlopsError):
    """Azure cannot be reached, or refuses."""


@dataclass(frozen=True)
class Address:
    """Which workspace of Azure Machine Learning."""

    subscription: str
    group: str
    workspace: str


def address(root: Path) -> Address:
    """The workspace that is meant. Raises `AzureError` naming what is not said."""
    config: dict[str, Any] = {}
    for path in (root / name for name in CONFIGS):
        if path.is_file():
            config = read_config(path)
            break
    found = {
        name: os.environ.get(mine) or os.environ.get(of_job) or str(config.get(key, ""))
        for name, (mine, of_job, key) in SETTINGS.items()
    }
    if lacking := [SETTINGS[name][0] for name, text in found.items() if not text]:
        fix = f"set {', '.join(lacking)}, or put the workspace's config.json here"
        raise AzureError("no workspace of Azure Machine Learning is named", fix=fix)
    return Address(**found)


def read_config(path: Path) -> dict[str, Any]:
    """The object in a config.json."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise AzureError(f"{path} holds no JSON object", fix="download it from the workspace's page") from None


def sdk() -> ModuleType:
    """Azure's library, which takes seconds to read. Raises `AzureError` where the extra is not installed."""
    try:
        with quiet():
            import azure.ai.ml
    except ModuleNotFoundError as error:
        fix = "install the extra: `pip install '.[azure]'`"
        raise AzureError(f"Azure's library is not installed here ({error.name})", fix=fix) from None
    return azure.ai.ml  # type: ignore[no-any-return]


@contextmanager
def quiet() -> Iterator[None]:
    """Without what the library has to say of its own experiments."""
    with warnings.catch_warnings(), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        yield


def connect(root: Path) -> Any:
    """Azure's client for the workspace, as whoever is signed in. Raises `AzureError`."""
    where, library = address(root), sdk()
    from azure.identity import DefaultAzureCredential

    names = (where.subscription, where.group, where.workspace)
    return library.MLClient(DefaultAzureCredential(), *names, enable_telemetry=False, show_progress=False)


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Raises `AzureError` where Azure or its library refuses `what`."""
    from azure.ai.ml.exceptions import MlException
    from azure.core.exceptions import AzureError as CoreError
    from marshmallow import ValidationError

    try:
        with quiet():
            yield
    except (MlException, CoreError, ValidationError) as error:
        said = " ".join(str(error).split())[:500]
        fix = "`az login`, the rights in the workspace, and what Azure says lead on; then submit again"
        raise AzureError(f"Azure does not {what}: {said}", fix=fix) from error


def submit(
    path: Path,
    inputs: dict[str, str],
    *,
    echo: Echo,
    cause: str = "by hand",
    allow_uncommitted: bool = False,
    client: Any = None,
) -> str:
    """Submit a pipeline; gives the job's name. The same checks as here come first: a wrong file is not sent.

    Raises `PipelineError`, and `AzureError` for code that is not committed or a workspace that refuses.
    """
    client = client or connect(root_of(path))
    job = job_of(path, inputs, cause, client, allow_uncommitted=allow_uncommitted)
    with asked(f"take the pipeline {path.stem}"):
        made = client.jobs.create_or_update(job)
    echo(f"submitted {path.stem} as {made.name}: {made.studio_url}")
    return str(made.name)


def job_of(path: Path, inputs: dict[str, str], cause: str, client: Any, *, allow_uncommitted: bool = False) -> Any:
    """The job to submit or to schedule, which knows of what code it is: a job has no repo to ask."""
    found, root = pipeline.load(path), root_of(path)
    state = code.state(root)
    if not state.committed and not allow_uncommitted:
        wrong = f"this code is not committed: {', '.join(state.changed[:5])}"
        raise AzureError(wrong, fix="commit, and submit again; or --allow-uncommitted: the version is marked then")
    job = prepared(found, root, inputs, client)
    told = context.Context("", "", cause, allow_uncommitted).variables()
    told = {name: text for name, text in told.items() if text} | {code.TOLD: state.told()}
    for node in job.jobs.values():
        node.environment_variables = {**(node.environment_variables or {}), **told}
    job.tags = {**(job.tags or {}), "cause": cause, "commit": state.commit or NONE, "code_sha256": state.digest}
    job.name = f"{found.name}-{state.digest[:8]}-{secrets.token_hex(3)}"  # a job's name is taken once
    return job


def root_of(path: Path) -> Path:
    """The repo of a pipeline's file."""
    return path.resolve().parents[len(pipeline.FOLDER.parts)]


def prepared(found: Pipeline, root: Path, inputs: dict[str, str], client: Any) -> Any:
    """The job as Azure's library has it, with its environment and inputs. Raises `PipelineError` for a wrong input."""
    library = sdk()
    values = given(found, root, inputs, client)
    changes = [{f"inputs.{name}{'.path' if found.inputs[name].is_file else ''}": text} for name, text in values.items()]
    with asked(f"read {found.path.name}"):
        job = library.load_job(found.path, params_override=changes)
        wrong = job._validate().error_messages
        if wrong:
            raise pipeline.PipelineError(f"{found.path}: {wrong}", fix="correct these keys")
        definition = library.load_environment(root / azure_environment.FOLDER / "environment.yml")
        environment = client.environments.create_or_update(definition)
    for node in job.jobs.values():
        node.component.environment = f"{environment.name}:{environment.version}"
    return job


def given(found: Pipeline, root: Path, inputs: dict[str, str], client: Any) -> dict[str, str]:
    """The inputs that differ from the file's: the champion's hand-off, where nobody named another (or `none`)."""
    if strange := [name for name in inputs if name not in found.inputs]:
        there = ", ".join(found.inputs)
        raise pipeline.PipelineError(f"{strange[0]!r} is no input", fix=f"there are {there}")
    out = {name: text for name, text in inputs.items() if (name, text) != (CHAMPION, NONE)}
    if CHAMPION in found.inputs and CHAMPION not in inputs:
        from . import registry_azure

        champion = registry_azure.Registry(root, client).champion()
        if champion is not None:
            out[CHAMPION] = champion.handoff
    return out
