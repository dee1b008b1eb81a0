"""What Azure Machine Learning demands of an endpoint's traffic, demanded here too: what passes here passes there."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ...errors import MlopsError

NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]")
MOST_MIRRORED, MOST_DEPLOYMENTS = 50, 20


class TrafficError(MlopsError):
    """A change of the endpoint that cannot be."""


def check(deployments: Collection[str], traffic: Mapping[str, int], mirror: Mapping[str, int]) -> None:
    """Raises `TrafficError` for the first rule that is broken."""
    if len(deployments) > MOST_DEPLOYMENTS:
        raise TrafficError(f"{len(deployments)} deployments", fix=f"remove some: {MOST_DEPLOYMENTS} at most")
    for kind, shares in (("traffic", traffic), ("mirrored traffic", mirror)):
        known(kind, shares, deployments)
    total = sum(traffic.values())
    if total not in (0, 100):
        raise TrafficError(
            f"traffic {said(traffic)} sums to {total}", fix="give shares that sum to 100, or none at all"
        )
    if len(mirror) > 1 or any(share > MOST_MIRRORED for share in mirror.values()):
        raise TrafficError(
            f"mirrored traffic {said(mirror)}", fix=f"mirror to one deployment, {MOST_MIRRORED} % at most"
        )
    for name in mirror:
        if name in traffic:
            fix = "take it out of one of the two"
            raise TrafficError(f"{name} would get live and mirrored traffic at once", fix=fix)


def known(kind: str, shares: Mapping[str, int], deployments: Collection[str]) -> None:
    """Raises `TrafficError` for a share of nobody, or one that is no percentage."""
    for name, share in shares.items():
        if name not in deployments:
            there = ", ".join(sorted(deployments)) or "none"
            raise TrafficError(f"{kind} for {name!r}, which is no deployment", fix=f"there are: {there}")
        if isinstance(share, bool) or not isinstance(share, int) or not 0 <= share <= 100:
            raise TrafficError(f"{kind} of {share!r} for {name}", fix="give whole percentages from 0 to 100")


def check_name(name: str) -> None:
    """Raises `TrafficError` for a name that Azure would not take."""
    if not NAME.fullmatch(name):
        fix = "use 3 to 32 letters, digits and '-', a letter first, such as blue"
        raise TrafficError(f"{name!r} cannot be the name of a deployment", fix=fix)


def check_removal(name: str, deployments: Collection[str], traffic: Mapping[str, int]) -> None:
    """Raises `TrafficError` where somebody would lose an answer."""
    known("removal", {name: 0}, deployments)
    if traffic.get(name):
        raise TrafficError(f"{name} gets {traffic[name]} % of the traffic", fix="give its share to another one first")


def said(shares: Mapping[str, int]) -> str:
    """Shares in words: `blue 95 %, green 5 %`."""
    return ", ".join(f"{name} {share} %" for name, share in shares.items()) or "none"
