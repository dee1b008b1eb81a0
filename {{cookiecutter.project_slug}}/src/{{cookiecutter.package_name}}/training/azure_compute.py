"""The cluster on which Azure runs the pipeline: its file is checked, and the quota that it needs is said beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import MlopsError
from . import pipeline

FOLDER = Path("azure", "compute")
# newer names of machines say their virtual CPUs: Standard_E8-4ds_v5 is of the family Edsv5, and has 4 of 8 switched on;
# those of the second generation of D do not
SIZE = re.compile(
    r"Standard_(?!DS?\d+_v2)(?P<family>[A-Z]+)(?P<size>\d+)(?:-(?P<on>\d+))?(?P<more>[a-z]*)_v(?P<version>\d+)"
)
IDLE = (60, 3600)  # seconds: shorter, and each step starts a machine; longer, and a forgotten one costs
KEYS = {
    "$schema", "name", "type", "description", "tags", "location", "size", "tier", "min_instances", "max_instances",
    "idle_time_before_scale_down", "identity", "network_settings", "enable_node_public_ip",
}  # fmt: skip


class ComputeError(MlopsError):
    """A cluster's file would cost more than it must, or cannot be."""


@dataclass(frozen=True)
class Cluster:
    """A cluster's file: `cpus` are virtual, of one machine."""

    name: str
    size: str
    family: str
    cpus: int
    most: int
    tier: str

    @property
    def needs(self) -> int:
        """Virtual CPUs of the quota, when all machines run."""
        return self.cpus * self.most


def load(path: Path) -> Cluster:
    """Read and check a file. Raises `ComputeError` naming all that is wrong."""
    content = pipeline.mapping(path)
    problems = list(findings(content))
    match = SIZE.fullmatch(str(content.get("size", "")))
    if match is None:
        problems.append(
            f"size is {content.get('size')!r}, whose name does not say its CPUs: such as Standard_D4s_v3 does"
        )
    if problems or match is None:
        lines = "".join(f"\n  {problem}" for problem in problems)
        raise ComputeError(f"{path} is no cluster to train on:{lines}", fix="correct these lines")
    family = f"{match['family']}{match['more']}v{match['version']}"
    cpus, tier = int(match["size"]), str(content.get("tier", "dedicated"))
    return Cluster(str(content["name"]), match[0], family, cpus, int(content["max_instances"]), tier)


def findings(content: dict[str, Any]) -> list[str]:
    """What is wrong with a cluster."""
    idle, most = content.get("idle_time_before_scale_down"), content.get("max_instances")
    checks = {
        f"type is {content.get('type')!r} and not 'amlcompute': nobody's own machine": content.get("type")
        == "amlcompute",
        "name is missing": bool(content.get("name")),
        f"min_instances is {content.get('min_instances')!r} and not 0: it would cost while nothing runs": content.get(
            "min_instances"
        )
        == 0,
        f"max_instances is {most!r} and not a number from 1 on": isinstance(most, int) and most >= 1,
        f"idle_time_before_scale_down is {idle!r} and not between {IDLE[0]} and {IDLE[1]} seconds": isinstance(
            idle, int
        )
        and IDLE[0] <= idle <= IDLE[1],
        f"tier is {content.get('tier')!r}: dedicated or low_priority": content.get("tier")
        in ("dedicated", "low_priority"),
    }
    strange = [f"{key!r} is no key that a cluster of ours has" for key in content if key not in KEYS]
    return [said for said, good in checks.items() if not good] + strange


def used(root: Path, name: str) -> set[str]:
    """The names of the clusters that a pipeline's file sends its steps to. Raises `ComputeError` where one has none."""
    content = pipeline.mapping(pipeline.named(root, name))
    default = (content.get("settings") or {}).get("default_compute") or content.get("compute")
    found = {step: job.get("compute") or default for step, job in (content.get("jobs") or {}).items()}
    if homeless := sorted(step for step, it in found.items() if not it):
        raise ComputeError(f"{name}: {', '.join(homeless)} runs nowhere", fix="set settings.default_compute")
    return {str(it).removeprefix("azureml:") for it in found.values()}


def preflight(root: Path, name: str) -> list[str]:
    """What the pipeline needs on Azure, in lines. Raises `ComputeError`, or `PipelineError` for its own file."""
    width = widest(pipeline.load(pipeline.named(root, name)))
    lines, total = [], 0
    for it in sorted(used(root, name)):
        path = root / FOLDER / f"{it}.yml"
        if not path.is_file():
            raise ComputeError(f"{name} runs on {it!r}, and {path} does not exist", fix="write it, or name another")
        cluster = load(path)
        if cluster.name != it:
            raise ComputeError(f"{path} is called {cluster.name!r} and not {it!r}", fix="let name be the file's")
        lines.append(f"{it}: up to {cluster.most} x {cluster.size}, {cluster.cpus} vCPUs each; none while nothing runs")
        kind = "low-priority" if cluster.tier == "low_priority" else f"Standard {cluster.family} family"
        lines.append(f"quota needed: {cluster.needs} vCPUs, {kind}; at most {width} steps run at once")
        total += cluster.needs
    return [*lines, f"{total} vCPUs in all"]


def widest(found: pipeline.Pipeline) -> int:
    """How many steps can run at once, where each runs as soon as those that it needs are done."""
    depth: dict[str, int] = {}
    for step in found.order:
        depth[step] = 1 + max((depth[it] for it in found.steps[step].needs), default=0)
    return max(list(depth.values()).count(level) for level in depth.values())
