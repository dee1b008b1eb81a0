"""Building, versioning and releasing the application."""

from __future__ import annotations

import re

from ..ci.model import CHANGE, MAIN, TAG, Hit
from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes

BUILD = (
    r"\bpip wheel\b|-m build\b|\b(?:uv|poetry|hatch|flit|pdm) build\b|\bdocker (?:buildx )?build\b|\bpodman build\b"
    r"|\bbuildah\b|uses docker/build-push-action|\baz acr build\b|\bkaniko\b"
)
IMAGE = r"\bdocker (?:buildx )?build\b|\bpodman build\b|\bbuildah\b|uses docker/build-push-action|\baz acr build\b"
TRIED = r"\bdocker run\b|\bpodman run\b|\bdocker compose up\b"
PUBLISH = (
    r"\bdocker push\b|\btwine upload\b|\bgh release create\b|\b(?:uv|poetry|flit|hatch|pdm) publish\b"
    r"|uses pypa/gh-action-pypi-publish|uses softprops/action-gh-release|uses docker/build-push-action|\brelease-cli\b"
    r"|\bglab release\b|uses GitHubRelease|\baz acr build\b"
)
CHECKED = r"\bpytest\b|-m unittest\b|\btox\b|\bnox\b"
OUT = {"data/trips.csv": "data", "models/model.bin": "models", ".env": "secrets"}
UNWANTED = re.compile(r"(^|/)\.env$|\.pem$|(^|/)id_rsa$|\.(?:parquet|csv|pkl|joblib|skops|onnx|pt|h5|db|sqlite)$")
SMALL = 100_000  # bytes: a sample that tests read


def builds_run_in_ci(it: Facts) -> Seen:
    return every(it.firm("builds on each change", BUILD, CHANGE), it.firm("builds on main", BUILD, MAIN))


def application_is_packaged(it: Facts) -> Seen:
    files = it.repo.glob("Containerfile", "Dockerfile", "*/Containerfile", "*/Dockerfile", "*.Dockerfile")
    if not files:
        return no("no Containerfile or Dockerfile says how the application is packed")
    text = it.repo.text(files[0])
    if not re.search(r"^(?:CMD|ENTRYPOINT)\b", text, re.MULTILINE):
        return no(f"{files[0]} starts nothing", files[0])
    if re.search(r"^(?:COPY|ADD)\s.*(?:\bmodels?/|\.(?:pkl|joblib|skops|onnx)\b)", text, re.MULTILINE):
        return unknown(f"{files[0]} builds the model in, so that a new model is a new image", files[0])
    image = it.firm("builds the image", IMAGE, CHANGE, MAIN)
    tried = it.firm("tries the image", TRIED)
    return every(yes(f"{files[0]} starts the service", files[0]), image, tried)


def code_is_versioned(it: Facts) -> Seen:
    if it.repo.tracked:
        return kept(it)
    if not it.repo.has(".gitignore"):
        return no("nothing is under version control, and no .gitignore says what should be")
    leaks = [what for name, what in OUT.items() if name not in it.repo.ignore]
    if leaks:
        return no(f".gitignore would let {', '.join(leaks)} in", ".gitignore")
    return unknown(
        "it is not under version control yet, though .gitignore is ready: git init, and commit", ".gitignore"
    )


def kept(it: Facts) -> Seen:
    """Of what git tracks: the code, and nothing that does not belong there."""
    code = [name for name in it.repo.tracked if name.endswith((".py", ".sql", ".ipynb"))]
    large = [name for name in it.repo.tracked if UNWANTED.search(name) and not small(it, name)]
    if not code:
        return no("git tracks no code here")
    loose = [
        name
        for name in it.repo.files
        if name.endswith(".py") and name not in it.repo.tracked and name not in it.repo.ignore
    ]
    if large:
        return no(f"git tracks {large[0]}, which is a secret, data or a model", *large[:5])
    if len(loose) > len(code):
        return no(f"{len(loose)} files of code are in no commit, such as {loose[0]}", *loose[:5])
    return yes(f"git tracks {len(code)} files of code, and no secrets, data or models")


def small(it: Facts, name: str) -> bool:
    """A sample that tests read; a secret never is."""
    path = it.repo.root / name
    secret = path.name in (".env", "id_rsa") or path.suffix == ".pem"
    return not secret and (not path.is_file() or (path.stat().st_size < SMALL and "test" in name))


def application_releases_are_automated(it: Facts) -> Seen:
    found = it.hits(PUBLISH, TAG)
    if not found:
        return no("no workflow publishes anything when a version is tagged")
    for hit in found:
        if hit.command.soft:
            return no(f"{hit.place}: {hit.command.soft}", hit.workflow.path)
        if not guarded(hit):
            return no(f"{hit.place}: it is published whatever the tests say", hit.workflow.path)
    return yes(f"a tag publishes, once the tests have passed ({found[0].place})", found[0].workflow.path)


def guarded(hit: Hit) -> bool:
    """Firm tests come before it, in its job or in one that it waits for."""
    own = list(hit.job.commands[: hit.job.commands.index(hit.command)])
    before = own + [command for job in hit.workflow.before(hit.job) for command in job.commands]
    return any(re.search(CHECKED, command.text) and not command.soft for command in before)


PROBES = (builds_run_in_ci, application_is_packaged, code_is_versioned, application_releases_are_automated)
