"""The hand-off folder: a model, what goes in, what comes out, a sample of both, and checksums over all of it."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

import skops.io
from pydantic import ValidationError
from sklearn.pipeline import Pipeline

from ..errors import ModelError
from . import trusted
from .project import Schema

FORMAT = 1
MODEL, SCHEMA, METRICS, CARD, SUMS = "model.skops", "schema.json", "metrics.json", "MODEL_CARD.md", "SHA256SUMS"
REQUEST, RESPONSE, PLOTS = "sample_request.json", "sample_response.json", "plots"
NEEDED = (MODEL, SCHEMA, REQUEST, RESPONSE, METRICS)
LIBRARIES = ("scikit-learn", "skops", "numpy", "pandas")
AGAIN = "ask for the folder again, or make it with `mlops train`"


@dataclass(frozen=True)
class Handoff:
    """A checked hand-off folder with its model in memory; `digest` is the sha256 of `model.skops`."""

    folder: Path
    schema: Schema
    pipeline: Pipeline
    digest: str
    trained: dict[str, Any]


def dump(pipeline: Pipeline, schema: Schema) -> bytes:
    """The model file's bytes. Raises `ModelError` where the pipeline holds a type that nobody could load again."""
    data = skops.io.dumps(pipeline)
    if unknown := trusted.foreign(data, schema.training.estimator):
        fix = "keep to scikit-learn's own classes in model/estimator.py, or review these for model/trusted.py"
        raise ModelError(f"the pipeline holds types that are not trusted: {', '.join(unknown)}", fix=fix)
    return bytes(data)


def write(folder: Path, model: bytes, schema: Schema, trained: dict[str, Any], fill: Callable[[Path], None]) -> None:
    """Write the whole folder beside `folder`, then swap: never a mixture of two, and the old one until the swap.

    `fill` adds the files that are not the model or its schema to the folder it is given.
    """
    fresh, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    if old.exists() and not folder.exists():  # a run was killed between the two renames below
        old.rename(folder)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    (fresh / MODEL).write_bytes(model)
    write_json(fresh / SCHEMA, described(model, schema, trained))
    fill(fresh)
    (fresh / SUMS).write_text(sums(fresh), encoding="utf-8", newline="\n")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def described(model: bytes, schema: Schema, trained: dict[str, Any]) -> dict[str, Any]:
    """What `schema.json` holds."""
    libraries = {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
    return {
        "format": FORMAT,
        "schema": schema.model_dump(mode="json"),
        "libraries": libraries,
        "trusted_types": list(trusted.TRUSTED[schema.training.estimator]),
        "trained": trained,
        "model_sha256": hashlib.sha256(model).hexdigest(),
    }


def write_json(path: Path, content: object) -> None:
    """Strict JSON: a NaN would not be readable elsewhere, and raises here."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def sums(folder: Path) -> str:
    """`<sha256>  <relative path>` of every file, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def verify(folder: Path) -> None:
    """Compare every file with its checksum. Raises `ModelError` naming the first that is missing or changed."""
    listed = read_sums(folder)
    for name in dict.fromkeys((*NEEDED, *listed)):
        if name not in listed:
            raise ModelError(f"{folder / SUMS} does not list {name}", fix=AGAIN)
        if not (folder / name).is_file():
            raise ModelError(f"{folder / name} is missing", fix=AGAIN)
        if sha256(folder / name) != listed[name]:
            raise ModelError(f"{folder / name} is not the file that was handed off: its checksum differs", fix=AGAIN)


def read_sums(folder: Path) -> dict[str, str]:
    """Relative path -> sha256, of `SHA256SUMS`. Raises `ModelError` on a line or a path that cannot be."""
    path = folder / SUMS
    if not path.is_file():
        raise ModelError(f"{path} does not exist", fix="name a hand-off folder, or make one with `mlops train`")
    out = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ModelError(f"{path} has a line that is no checksum: {line[:120]!r}", fix=AGAIN)
        out[name] = digest
    return out


def load(folder: Path) -> Handoff:
    """Check the folder and load its model. Raises `ModelError` on anything changed, untrusted or of another version."""
    verify(folder)
    about = read_json(folder / SCHEMA)
    schema = read_schema(about, folder / SCHEMA)
    same_library(about, folder)
    data = (folder / MODEL).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != about.get("model_sha256"):
        raise ModelError(f"{folder / MODEL} is not the model that {SCHEMA} describes", fix=AGAIN)
    try:
        pipeline = trusted.loads(data, schema.training.estimator, str(folder / MODEL))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, ImportError) as error:
        raise ModelError(f"{folder / MODEL} is not a skops file: {error}", fix=AGAIN) from None
    if not isinstance(pipeline, Pipeline):
        raise ModelError(f"{folder / MODEL} holds a {type(pipeline).__name__} and not a Pipeline", fix=AGAIN)
    return Handoff(folder, schema, pipeline, digest, about.get("trained", {}))


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`. Raises `ModelError` where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}", fix=AGAIN) from None
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds a {type(content).__name__} and not an object", fix=AGAIN)
    return content


def read_schema(about: dict[str, Any], path: Path) -> Schema:
    """The schema that travels with the model."""
    if about.get("format") != FORMAT:
        fix = f"this repo reads format {FORMAT}; {AGAIN}"
        raise ModelError(f"{path} has format {about.get('format')!r}", fix=fix)
    try:
        return Schema.model_validate(about.get("schema"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ModelError(f"{path} does not hold a schema: {where}: {first['msg']}", fix=AGAIN) from None


def same_library(about: dict[str, Any], folder: Path) -> None:
    """scikit-learn promises nothing between versions, and a wrong answer looks like a right one: so refuse."""
    made, here = str(about.get("libraries", {}).get("scikit-learn")), version("scikit-learn")
    if made.split(".")[:2] != here.split(".")[:2]:
        fix = f"install scikit-learn=={made} here, or train the model again with {here}"
        raise ModelError(f"{folder / MODEL} was made with scikit-learn {made}; here is {here}", fix=fix)
