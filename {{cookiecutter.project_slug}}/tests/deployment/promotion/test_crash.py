"""A promotion that is killed anywhere leaves nothing that counts, and the next one ends with one whole version."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from {{cookiecutter.package_name}} import workspace
from {{cookiecutter.package_name}}.deployment.promotion import package, promote, testing
from {{cookiecutter.package_name}}.events import outbox
from {{cookiecutter.package_name}}.training import ledger, run
from {{cookiecutter.package_name}}.training.registry import Registry

from . import world

pytestmark = pytest.mark.integration
TRIALS = 5
CHILDREN = multiprocessing.get_context("forkserver")  # imports once, then each child is there at once
STORES = [f"mlflow.store.{name}.sqlalchemy_store" for name in ("tracking", "model_registry")]
CHILDREN.set_forkserver_preload([promote.__name__, run.__name__, testing.__name__, "mlflow.artifacts", *STORES])

# where a process dies: the object, its function, at which call of it
MOMENTS: dict[str, tuple[Any, str, int]] = {
    "before it has a run": (promote, "opened", 1),
    "before the first folder": (MlflowClient, "log_artifacts", 1),
    "between two folders": (MlflowClient, "log_artifacts", 4),
    "before it compares": (promote, "compared", 1),
    "before the version": (MlflowClient, "create_model_version", 1),
    "before it tells": (promote.Taker, "announce", 1),
    "inside of the transaction": (promote, "tests", 1),
    "before the alias": (MlflowClient, "set_registered_model_alias", 1),
    "before the alias is noted": (ledger, "done", 1),
}


def hop(root: Path) -> None:
    """What the child does."""
    os.chdir(root)
    promote.promote("1", world.place(root, "dev"), world.place(root, "registry"), world.CLOCK, "tester", "a test")


def dying(root: Path, moment: str) -> None:
    """The same, and killed at the moment."""
    owner, name, last = MOMENTS[moment]
    calls, whole = [0], getattr(owner, name)

    def fatal(*given: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*given, **named)

    setattr(owner, name, fatal)
    hop(root)


def child(work: Callable[..., None], *given: object) -> multiprocessing.process.BaseProcess:
    found = CHILDREN.Process(target=work, args=given)
    found.start()
    return found


def whole(root: Path) -> None:
    """Exactly one version with all its files, told once."""
    registry = Registry(world.place(root, "registry"), world.CLOCK)
    (version,) = registry.versions()
    assert version.aliases == ("candidate",)
    here, there = world.artifacts(root, "dev"), world.artifacts(root, "registry")
    assert package.tree({it: here / it for it in package.FOLDERS}) == package.tree(
        {it: there / it for it in package.FOLDERS}
    )
    assert (there / package.TESTS / "report.json").is_file()
    assert len(registry.history()) == 1
    (experiment,) = [it for it in registry.client.search_experiments() if it.name == promote.EXPERIMENT]
    assert len(registry.client.search_runs([experiment.experiment_id])) == 1
    with workspace.database(registry.place.state, outbox.TABLES) as connection:
        assert outbox.waiting(connection) == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_step_it_is_finished_by_the_next_call(repo: Path, moment: str) -> None:
    died = child(dying, repo, moment)
    died.join(60)
    assert died.exitcode == -signal.SIGKILL, "it did not come to that step"
    hop(repo)
    whole(repo)


def test_killed_at_random_moments_it_is_finished_by_the_next_call(root: Path, tmp_path: Path) -> None:
    started = time.perf_counter()
    unharmed = child(hop, world.copied(root, tmp_path / "unharmed"))
    unharmed.join(60)
    assert unharmed.exitcode == 0
    usual = time.perf_counter() - started
    moments, killed = random.Random(7), 0  # noqa: S311 - not a secret
    for trial in range(TRIALS):
        repo = world.copied(root, tmp_path / f"trial{trial}")
        process = child(hop, repo)
        process.join(moments.uniform(0, usual))
        process.kill()
        process.join(60)
        killed += process.exitcode == -signal.SIGKILL
        hop(repo)
        whole(repo)
    assert killed, "every promotion was done before it was killed"
