"""Who comes to which deployment: a key falls into one of 10,000 buckets for good, and a change moves no bucket in vain.

The buckets of a deployment are runs along a line. Where its share shrinks it gives away from its last ones, where it
grows it takes what others gave: from 5 to 25 % the first 5 % stay where they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

BUCKETS = 10_000
ONE_PERCENT = BUCKETS // 100
Runs = tuple[tuple[int, str], ...]  # (end, deployment) along the line; no run has the name ""
NOBODY = ""


def bucket(salt: str, key: str) -> int:
    """The bucket of a key, the same in every process and for ever."""
    digest = hashlib.blake2b(f"{salt}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % BUCKETS


def spread(runs: Runs, traffic: Mapping[str, int]) -> Runs:
    """The runs after a change to `traffic` (percentages), with as few buckets moved as can be."""
    line = table(runs)
    wanted = {name: share * ONE_PERCENT for name, share in traffic.items() if share}
    held = dict.fromkeys(wanted, 0)
    for at, name in enumerate(line):
        if held.get(name, 0) < wanted.get(name, 0):
            held[name] += 1
        else:
            line[at] = NOBODY
    lacking = [name for name in wanted for _ in range(wanted[name] - held[name])]
    free = (at for at, name in enumerate(line) if name == NOBODY)
    for at, name in zip(free, lacking, strict=False):
        line[at] = name
    return joined(line)


def table(runs: Runs) -> list[str]:
    """Bucket -> deployment, or `NOBODY`."""
    line: list[str] = []
    for end, name in runs:
        line.extend([name] * (end - len(line)))
    return line + [NOBODY] * (BUCKETS - len(line))


def joined(line: list[str]) -> Runs:
    """The runs of a table."""
    ends = [at + 1 for at in range(len(line)) if at + 1 == len(line) or line[at] != line[at + 1]]
    return tuple((end, line[end - 1]) for end in ends)
