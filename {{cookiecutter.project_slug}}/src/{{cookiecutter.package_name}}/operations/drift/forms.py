"""Profiles and thresholds as named arrays, in which they are kept in files, and back again."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from .bins import Bins, Categories, Numbers
from .calibrate import Key, Threshold
from .profile import Grid, Profile, Tally, Watched

Arrays = dict[str, npt.NDArray[Any]]
FACTS = "facts"


def packed(arrays: Arrays) -> bytes:
    """Arrays as the content of an .npz file; the same arrays give the same bytes."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


def unpacked(content: bytes) -> Arrays:
    """The arrays of an .npz file."""
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def digest(it: Profile) -> str:
    """The sha256 of all that a profile holds."""
    found = hashlib.sha256()
    for name, array in of_profile(it).items():
        found.update(f"{name} {array.dtype} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def of_profile(it: Profile) -> Arrays:
    """A profile; columns go by their place, for a name may hold anything."""
    columns = []
    arrays: Arrays = {}
    for at, watched in enumerate(it.watched):
        tally, (about, own) = it.tallies[watched.name], of_bins(it.bins[watched.name])
        columns.append({"watched": asdict(watched), "beyond": tally.beyond, "bins": about})
        arrays |= {f"counts{at}": tally.counts, f"totals{at}": tally.totals, f"edges{at}": own}
    facts = {"grid": asdict(it.grid), "rows": it.rows, "timestamp": it.timestamp, "span": it.span, "columns": columns}
    return {FACTS: written(facts), **arrays}


def to_profile(arrays: Arrays) -> Profile:
    """A profile as it was before `of_profile`."""
    facts = read(arrays[FACTS])
    watched = tuple(Watched(**it["watched"]) for it in facts["columns"])
    bins, tallies = {}, {}
    for at, (one, about) in enumerate(zip(watched, facts["columns"], strict=True)):
        bins[one.name] = to_bins(about["bins"], arrays[f"edges{at}"])
        tallies[one.name] = Tally(arrays[f"counts{at}"], about["beyond"], arrays[f"totals{at}"])
    grid = Grid(**facts["grid"])
    return Profile(watched, bins, grid, tallies, facts["rows"], facts["timestamp"], facts["span"])


def of_bins(it: Bins) -> tuple[dict[str, Any], npt.NDArray[Any]]:
    """(what is said in words, edges)."""
    if isinstance(it, Numbers):
        return {"even": it.even, "scale": it.scale}, it.edges
    return {"names": it.names, "rest": sorted(it.rest)}, np.empty(0)


def to_bins(about: dict[str, Any], edges: npt.NDArray[Any]) -> Bins:
    if "scale" in about:
        return Numbers(edges, about["even"], about["scale"])
    return Categories(tuple(about["names"]), frozenset(about["rest"]))


def of_thresholds(found: Mapping[Key, Threshold]) -> Arrays:
    """Thresholds of every column and measure."""
    limits = np.array([it.limit for it in found.values()])
    rows = [it.replays for it in found.values()]
    return {FACTS: written(list(found)), "limits": limits, "replays": np.array(rows)}


def to_thresholds(arrays: Arrays) -> dict[Key, Threshold]:
    """Thresholds as they were before `of_thresholds`."""
    every = zip(read(arrays[FACTS]), arrays["limits"].tolist(), arrays["replays"], strict=True)
    return {(group, name, measure): Threshold(limit, replays) for (group, name, measure), limit, replays in every}


def written(facts: object) -> npt.NDArray[np.uint8]:
    """JSON as an array."""
    return np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)


def read(facts: npt.NDArray[Any]) -> Any:
    return json.loads(facts.tobytes())
