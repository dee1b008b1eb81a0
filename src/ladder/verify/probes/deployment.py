"""Releases: by themselves, tested, compared with what runs, taken back, and followed to the data."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

from ..ci.model import EVENT, MAIN, SCHEDULE
from ..facts import Facts
from ..seen import Seen, every, no, unknown, yes
from . import environment, tests

ROLLOUT = r"\brollout (?:run|start)\b|\baz ml online-deployment (?:create|update)\b|\bkubectl (?:apply|rollout)\b|\bhelm upgrade\b|\bargocd\b"
PROMPTS = r"\binput\(|\bclick\.confirm\(|\bclick\.prompt\(|\bgetpass\.getpass\(|\btyper\.confirm\("
CHAIN = r"/release/|/rollout/|/promotion/|(^|/)(release|rollout|promote)\w*\.py$"
SHARES = re.compile(r"may_differ|allow_diff")


def releases_start_by_themselves(it: Facts) -> Seen:
    return every(
        it.firm("releases what was registered, with nobody starting it", ROLLOUT, SCHEDULE, EVENT, MAIN),
        it.firm("goes on with a release after each training or in a rhythm", ROLLOUT, SCHEDULE, EVENT),
        wanted(it),
    )


def wanted(it: Facts) -> Seen:
    """A registration asks for a release."""
    found = it.code.says(r"handl|subscri|listen", r"MODEL_REGISTERED|ModelRegistered")
    return yes(f"a registration asks for it ({found[0]})", found[0]) if found else no("a registration asks for no release")


def releases_ask_nobody(it: Facts) -> Seen:
    if not it.code.find(CHAIN):
        return no("no code carries a release out")
    asks = [name for name in it.code.says(CHAIN, PROMPTS) if not re.search(r"commands?\.py$|cli\.py$", name)]
    if asks:
        return no(f"{asks[0]} asks somebody at the terminal", asks[0])
    chained = it.code.answers(r"/release/|rollout", r"except FAULTS|except .*(?:Failed|Refused)Error|rolled? ?back")
    ends = yes(f"a fault of the model ends it ({chained[0].place})", chained[0].module.path) if chained else no("a fault of the model does not end a release")
    return every(yes("the chain asks nobody"), ends, it.ask(releases_start_by_themselves))


def releases_can_be_held(it: Facts) -> Seen:
    started = it.refuses("to begin a release that is held", r"/release/|rollout", r"^(?:start|begin|open)\w*:[\s\S]*raise \w*(?:Held|Frozen|Freeze|Hold)")
    waits = it.code.answers(r"/release/machine|rollout|release\w*\.py$", r"held and not|if held\b|frozen")
    goes = yes(f"and one that has begun waits ({waits[0].place})", waits[0].module.path) if waits else no("a release that has begun takes no notice of a hold")
    return every(started, goes, it.ask(releases_ask_nobody))


def deployments_are_traced(it: Facts) -> Seen:
    told = it.code.says(r"serv|service|score|stamp|app", r"x-model-digest|model_version|X-Model")
    return every(
        yes(f"an answer names its model ({told[0]})", told[0]) if told else no("an answer does not name its model"),
        looks(it, "a landed file that was altered", r"lineage|trace", r"is not what was landed|not what it was"),
        looks(it, "an artifact that was altered", r"lineage|trace", r"altered after|altered"),
    )


def looks(it: Facts, what: str, where: str, about: str) -> Seen:
    """Some code tells of what it found: by a word that is given out under a condition."""
    fits = re.compile(about)
    for module in it.code.find(where):
        for name, node in module.functions.items():
            if fits.search(module.source(node)) and tells(module, node, fits) and it.code.used(module, name):
                return yes(f"{module.path}:{name} tells of {what}", module.path)
    return no(f"nothing tells of {what}")


def tells(module: Any, node: Any, fits: re.Pattern[str]) -> bool:
    """Whether the words stand under a condition that can hold."""
    import ast

    from ..code import constant

    for it in ast.walk(node):
        if isinstance(it, ast.If) and not constant(it.test, value=False):
            inner = "\n".join(module.source(line) for line in it.body if not isinstance(line, ast.If))
            if fits.search(inner):
                return True
    return False


def workspaces_are_alike(it: Facts) -> Seen:
    rows = it.repo.toml("workspaces.toml")
    names = [name.split("/")[2] for name in it.repo.glob("azure/infra/*/workspace.yml")]
    if len(names) < 2:
        bicep = it.repo.glob("*.bicep", "*.tf")
        return unknown(f"{bicep[0]} declares infrastructure; what of it differs, nothing here can tell", bicep[0]) if bicep else no(
            "no file declares the workspaces"
        )
    allowed = [str(key) for key in rows.get("may_differ", [])]
    declared = {name: flat({path.rpartition("/")[2].removesuffix(".yml"): it.repo.yaml(path) for path in it.repo.glob(f"azure/infra/{name}/*.yml")}) for name in names}
    for left, right in combinations(names, 2):
        for key in sorted(declared[left].keys() | declared[right].keys()):
            ours, theirs = declared[left].get(key), declared[right].get(key)
            if ours != theirs and f"azure.{key}" not in allowed:
                return no(f"{key} is {ours} in {left} and {theirs} in {right}, and may_differ does not allow that", "workspaces.toml")
    return every(
        yes(f"{', '.join(names)} are declared, and differ only as allowed", "workspaces.toml", "azure/infra"),
        it.refuses("a difference that is not allowed", r"differences|workspace|infra|diff", r"differ in what must be equal|may_differ"),
    )


def flat(raw: object, prefix: str = "") -> dict[str, str]:
    """Every leaf by its dotted key."""
    if isinstance(raw, dict):
        inner: dict[str, str] = {}
        for key, value in raw.items():
            inner |= flat(value, f"{prefix}.{key}" if prefix else str(key))
        return inner
    return {prefix: str(raw)}


def challengers_are_compared(it: Facts) -> Seen:
    rules = it.repo.toml("release.toml")
    ramp, test = rules.get("ramp", {}), rules.get("test", {})
    if not rules:
        return no("no file says how a challenger is compared with what runs")
    steps = ramp.get("percent") if isinstance(ramp, dict) else None
    if not isinstance(steps, list) or not steps or steps != sorted(steps) or steps[-1] != 100:
        return no(f"the ramp of release.toml is {steps}, and does not rise to 100", "release.toml")
    alpha = test.get("alpha") if isinstance(test, dict) else None
    if not isinstance(alpha, int | float) or not 0 < alpha <= 0.2:
        return no(f"release.toml has alpha = {alpha}: nobody would trust that verdict", "release.toml")
    taken = it.code.answers(r"verdict|comparison|compare|ab_?test|experiment", r"^(?:decide|verdict|judge)\w*:[\s\S]*return[^\n]*roll.?back")
    return every(
        yes(f"a ramp of {', '.join(map(str, steps))} %, wrong promotions in {alpha:.0%}", "release.toml"),
        yes(f"a worse challenger is taken back ({taken[0].place})", taken[0].module.path) if taken else no("no verdict takes a challenger back"),
        split(it),
    )


def split(it: Facts) -> Seen:
    """Callers are divided by a hash, and the division is checked."""
    dealt = it.code.says(r"share|dealer|bucket|rout", r"\bbucket\b|hash")
    return yes(f"callers are dealt by a hash ({dealt[0]})", dealt[0]) if dealt else no("callers are not divided")


def artifacts_are_promoted(it: Facts) -> Seen:
    trains = it.code.says(r"/promotion/|promot\w*\.py$", r"\.fit\(|from \.\.\.?training import[^\n]*\bfit\b")
    if trains:
        return no(f"{trains[0]} trains while it promotes", trains[0])
    return every(
        it.refuses("a copy that is not what was sent", r"promot", r"sent was|copy differs"),
        it.refuses("a version that is not the one which was judged", r"promot", r"refused|what was changed|altered"),
        shared(it),
    )


def shared(it: Facts) -> Seen:
    """Between workspaces there is a registry."""
    found = it.repo.glob("azure/infra/registry.yml", "*registry*.bicep", "*registry*.tf")
    rows = it.repo.toml("workspaces.toml").get("workspace", {})
    takes = [name for name, row in rows.items() if "registry" in row.get("receives", [])] if isinstance(rows, dict) else []
    if not takes:
        return no("no workspace takes models from a shared registry", "workspaces.toml")
    return yes(f"{', '.join(takes)} take models from the registry", "workspaces.toml", *found)


def releases_carry_tests(it: Facts) -> Seen:
    return every(
        it.refuses("a version without a report of its tests, or altered after them", r"promot|release", r"altered after its tests"),
        it.refuses("a version that failed its tests", r"promot|release", r"failed its tests"),
        it.refuses("a candidate that answers otherwise than recorded", r"/release/|rollout|deploy", r"fails? its integration tests"),
    )


def scoring_has_a_budget(it: Facts) -> Seen:
    limits = it.repo.toml("modeltests.toml").get("latency", {})
    if not isinstance(limits, dict) or not isinstance(limits.get("p95"), int | float):
        return no("no budget of time for a request is set")
    if not 0 < limits["p95"] <= 10_000:
        return no(f"a request may take {limits['p95']} ms: that is no budget", "modeltests.toml")
    return every(
        yes(f"a request may take {limits['p95']:g} ms in 95 of 100", "modeltests.toml"),
        it.refuses("a model that is too slow", r"budget|latency|modeltest|promot", r"p95"),
        tests_of_scoring(it),
    )


def tests_of_scoring(it: Facts) -> Seen:
    from . import scoring

    return it.ask(scoring.scoring_script_is_tested)


def client_is_generated(it: Facts) -> Seen:
    made = it.code.find(r"client/(?:generate|render|contract)|client_?gen|openapi.*generat")
    if not made:
        return no("no client is made from the model's schema")
    runtime = it.code.find(r"client/runtime/|client/(?:client|transport)\.py$")
    heavy = [module.path for module in runtime if re.search(r"^\s*(?:from|import) (?:sklearn|pandas|numpy|\.\.\.)", module.text, re.MULTILINE)]
    if heavy:
        return no(f"the client needs what the model needs: {heavy[0]}", heavy[0])
    return every(
        yes(f"{made[0].path} makes a client that stands by itself", made[0].path),
        it.refuses("a change that breaks callers", r"client|contract", r"would break|breaking"),
        not_without(it),
    )


def not_without(it: Facts) -> Seen:
    """The preparation is part of what is served, so that callers send raw records."""
    found = it.code.says(r"serv|service|score|frame", r"\bprepare\(")
    return yes(f"raw records are prepared by the service ({found[0]})", found[0]) if found else no("callers must prepare the inputs themselves")


def releases_do_not_interrupt(it: Facts) -> Seen:
    found = environment.deployments(it)
    if len(found) < 2:
        return no("there are no two deployments, so that a release interrupts")
    for name, raw in found.items():
        for probe in ("liveness_probe", "readiness_probe"):
            if not isinstance(raw.get(probe), dict):
                return no(f"{name} has no {probe}", name)
    ready = it.code.refusals(r"/release/|rollout", r"NotReady|not ready")
    return every(
        yes("two deployments, with probes of liveness and readiness", *found),
        yes(f"callers wait for one that is ready ({ready[0].place})", ready[0].module.path) if ready else no("callers are given one that is not ready"),
        drains(it),
    )


def drains(it: Facts) -> Seen:
    found = it.code.says(r"serv|supervis|children|process|gateway", r"\bdrain\w*|in flight|once it has answered|shutdown")
    return yes(f"what is begun is answered ({found[0]})", found[0]) if found else no("what is begun is cut off")


PROBES = (
    releases_start_by_themselves,
    releases_ask_nobody,
    releases_can_be_held,
    deployments_are_traced,
    workspaces_are_alike,
    challengers_are_compared,
    artifacts_are_promoted,
    releases_carry_tests,
    scoring_has_a_budget,
    client_is_generated,
    releases_do_not_interrupt,
)
