"""Tracking: figures, parameters and artifacts of each run, sent to a store that the code names."""

from __future__ import annotations

import ast
import re

from ..code import Module
from ..endings import called
from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes

SENDS = (
    r"\blog_metrics?\(|\blog_batch\(|\bwandb\.log\(|\.autolog\(|\bneptune\b|\bcomet_ml\b"
    r"|\bSummaryWriter\b|\blive\.log_metric\("
)
NAMES = (
    r"set_tracking_uri\(|MlflowClient\([^)\s]|MLFLOW_TRACKING_URI|tracking_uri|wandb\.init\(|WANDB_|neptune\.init"
    r"|comet_ml\.Experiment"
)
CONFIG = ("*.yml", "*.yaml", "*.toml", "*.env", ".env*", "*.cfg", "Makefile", "*.mk", "MLproject")


def senders(it: Facts) -> list[Module]:
    """Modules that send figures somewhere."""
    return [module for module in it.code.find("", SENDS) if it.code.says(re.escape(module.path), SENDS)]


def sends(module: Module, what: str, place: int, name: str) -> bool:
    """Whether a call sends `what`: one of its own, or a batch whose argument is not an empty list."""
    if called(module.tree, rf"(^|\.)log_{what}s?$|autolog$|wandb\.log$|wandb\.config|SummaryWriter$"):
        return True
    for call in called(module.tree, r"(^|\.)log_batch$"):
        given = [word.value for word in call.keywords if word.arg == name] + list(call.args[place : place + 1])
        if given and all(holds(it, name) for it in given):
            return True
    return False


def holds(node: ast.expr, name: str) -> bool:
    """Whether an argument can hold anything: no empty list; where several are given together, `name` is among them."""
    if isinstance(node, ast.List | ast.Tuple):
        return bool(node.elts)
    if isinstance(node, ast.Starred):
        return any(isinstance(it, ast.Name) and it.id == name for it in ast.walk(node))
    return True


def tracking_is_central(it: Facts) -> Seen:
    found = senders(it)
    if not found:
        return no("no code sends the figures of a run to a store")
    if not any(sends(module, "metric", 1, "metrics") for module in found):
        return no(f"{found[0].path} sends no metrics", found[0].path)
    named = it.code.says("", NAMES) or [name for name in it.repo.glob(*CONFIG) if re.search(NAMES, it.repo.text(name))]
    if not named:
        return unknown(
            f"{found[0].path} logs; where to is up to whoever runs it, for nothing names a store", found[0].path
        )
    return yes(f"{found[0].path} sends metrics to the store that {named[0]} names", found[0].path, named[0])


def experiments_are_tracked(it: Facts) -> Seen:
    central = it.ask(tracking_is_central)
    found = senders(it)
    if not found:
        return central
    params = any(sends(module, "param", 2, "params") for module in found)
    kept = it.code.says(
        "", r"\blog_artifacts?\(|\blog_model\(|\blog_figure\(|\.autolog\(|wandb\.(?:save|Artifact)|log_artifact"
    )
    return every(
        yes("with the parameters", found[0].path)
        if params
        else no(f"{found[0].path} sends no parameters", found[0].path),
        yes(f"and artifacts ({kept[0]})", kept[0]) if kept else no("no artifact is kept with a run"),
        central,
    )


def tracking_spans_workspaces(it: Facts) -> Seen:
    rows = it.repo.toml("workspaces.toml").get("workspace", {})
    names = list(rows) if isinstance(rows, dict) else []
    if len(names) < 2:
        return no("there are no workspaces to track in: one store is all there is")
    places = it.code.says(r"workspace", r"tracking_uri")
    said = (
        yes(f"each of {', '.join(names)} has its store ({places[0]})", "workspaces.toml", places[0])
        if places
        else no("no code gives a workspace its store")
    )
    return every(said, it.ask(experiments_are_tracked))


PROBES = (tracking_is_central, experiments_are_tracked, tracking_spans_workspaces)
