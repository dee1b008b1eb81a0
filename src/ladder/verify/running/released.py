"""What is run of an endpoint: releases, lineage, status; and the service, asked over HTTP."""

from __future__ import annotations

import json
import re
import socket

from ..seen import Seen, every, no, yes
from .bench import Bench, Look
from .http import address, ask, sample
from .went import went


def alike(bench: Bench) -> Seen:
    made = went(bench.mlops("workspaces", "create"), "workspaces")
    return every(made, went(bench.mlops("workspaces", "diff", "dev", "prod"), "compared"))


def infra(bench: Bench) -> Seen:
    return went(bench.mlops("infra", "check"), "files for Azure")


def client(bench: Bench) -> Seen:
    made = went(bench.mlops("client", "generate"), "client")
    return every(made, went(bench.mlops("client", "generate", "--check"), "the same again"))


def examined(bench: Bench) -> Seen:
    return went(bench.mlops("model", "test", "candidate"), "the version's tests")


def released(bench: Bench) -> Seen:
    """An endpoint comes up, and a release goes through with nobody asked."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    up = went(bench.mlops("endpoint", "up", "--detach", "--port", port), "the endpoint is up")
    if not up.holds:
        return up
    return every(
        up,
        went(bench.mlops("rollout", "start", "--cause", "ladder verify", "candidate"), "a version went to its callers"),
    )


def traced(bench: Bench) -> Seen:
    """From an answer to the data; then with a landed file that is another."""
    status, headers, _ = ask(f"{address(bench)}/score/batch", sample(bench, "sample_request.json"))
    digest = headers.get("x-model-digest", "")
    if status != 200 or not digest:
        return no(f"the endpoint answers {status}, and names no model")
    back = went(bench.mlops("trace", digest[:12]), f"model {digest[:12]}")
    files = sorted((bench.root / "data" / "landed").rglob("*.parquet"))
    if not back.holds or not files:
        return back
    whole = files[0].read_bytes()
    files[0].write_bytes(whole + b"0")
    try:
        altered = bench.mlops("trace", digest[:12])
    finally:
        files[0].write_bytes(whole)
    seen = (
        yes("a landed file that was altered: found")
        if altered.code
        else no("a landed file that was altered goes unnoticed")
    )
    return every(back, seen)


def measured(bench: Bench) -> Seen:
    """Each request is a record, and is counted."""
    ask(f"{address(bench)}/score/batch", sample(bench, "sample_request.json"))
    found = re.findall(r"^mlops_requests_total\{[^}]*\} ([\d.e+]+)", bench.mlops("metrics").out, re.MULTILINE)
    total = sum(map(float, found))
    return yes(f"{total:g} requests are counted") if total else no("no request is counted")


def held(bench: Bench) -> Seen:
    """A hold stops a release; then it goes on."""
    said = went(bench.mlops("rollout", "hold", "--reason", "ladder verify looks"), "held")
    if not said.holds:
        return said
    tried = bench.mlops("rollout", "start", "candidate")
    freed = went(bench.mlops("rollout", "resume", "--reason", "looked"), "let go on")
    stopped = (
        yes("and nothing starts")
        if tried.code and "held" in tried.out
        else no(f"and a release starts all the same: {tried.last}")
    )
    return every(said, stopped, freed)


def watched(bench: Bench) -> Seen:
    """The status has every subsystem, and fails once the endpoint is gone."""
    ran = bench.mlops("status", "--json")
    try:
        names = {str(it["name"]) for it in json.loads(ran.out[ran.out.index("{") :])["sections"]}
    except (ValueError, KeyError, TypeError):
        return no(f"{ran.command} gives no sections: {ran.last}")
    bench.mlops("endpoint", "down")
    gone = bench.mlops("status")
    told = (
        yes("and an endpoint that is gone ends it with a failure")
        if gone.code
        else no("and says that all is well without its endpoint")
    )
    return every(yes(f"{len(names)} subsystems: {', '.join(sorted(names))}"), told)


def aged(bench: Bench) -> Seen:
    """The sample is old: its features must be found too old, or absent."""
    ran = bench.mlops("freshness")
    found = re.search(r"\b(stale|never|late|fresh|short)\b", ran.out)
    return (
        yes(f"features of old data are found {found[1]}")
        if ran.code and found
        else no(f"features of old data pass: {ran.last}")
    )


def caused(bench: Bench) -> Seen:
    """What asks for a training is in its request."""
    asked = went(bench.mlops("retraining", "ask", "--by", "ladder verify"), "asked")
    return every(
        asked,
        yes("and the request says by whom")
        if "ladder verify" in bench.mlops("requests", "list").out
        else no("and no request says by whom"),
    )


RELEASED, WORKSPACES = "release through an endpoint", "make the workspaces, and compare them"


def looks(trained: str, starts: str) -> tuple[Look, ...]:
    """The looks at levels 3 and 4."""
    return (
        Look(WORKSPACES, ("L3.H3",), alike, (starts,)),
        Look("check the files for Azure", ("L3.H3",), infra, (starts,)),
        Look("generate the client", ("L3.A2",), client, (starts,)),
        Look("test the version", ("L3.R2", "L3.A1", "L4.R2", "L4.A1"), examined, (trained,)),
        Look(RELEASED, ("L3.H1", "L3.R1", "L3.T4"), released, (trained, WORKSPACES), "live"),
        Look("trace an answer, then alter what landed", ("L3.H2",), traced, (RELEASED,), "live"),
        Look("count requests", ("L4.T2",), measured, (RELEASED,), "live"),
        Look("hold releases", ("L4.R1",), held, (RELEASED,)),
        Look("age the features", ("L4.T4",), aged, (trained,)),
        Look("ask for a retraining", ("L4.C4",), caused, (trained,)),
        Look("read the status, then end the endpoint", ("L4.H1",), watched, (RELEASED,), "live"),
    )
