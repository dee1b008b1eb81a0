"""What is run of an endpoint: releases, lineage, status; and the service, asked over HTTP."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib import error, request

from ..seen import Seen, every, no, yes
from .bench import Bench, Look, Ran

SECONDS = 60
AT = re.compile(r"serving at (http://[^\s,]+)")


@contextmanager
def serving(bench: Bench) -> Iterator[str]:
    """The service of the accepted model on a free port; its address, empty where it does not come up."""
    command = [str(bench.python), "-m", bench.package, "serve", "--port", "0"]
    environment = bench.environment | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=bench.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
    bench.ran.append(Ran("mlops serve --port 0", 0, ""))
    deadline = threading.Timer(SECONDS, process.kill)
    deadline.start()
    try:
        assert process.stdout is not None
        found = next((at[1] for line in process.stdout if (at := AT.search(line))), "")
        yield found
    finally:
        deadline.cancel()
        process.terminate()
        process.communicate()


def ask(url: str, body: object = None) -> tuple[int, dict[str, str], Any]:
    """(status, headers, JSON) of a GET, or of a POST where there is a body; status 0 where nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    asked = request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - an address of our own
    try:
        with request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            return answer.status, {name.lower(): text for name, text in answer.headers.items()}, json.load(answer)
    except error.HTTPError as refused:
        with refused:
            return refused.code, {}, None
    except (OSError, ValueError):
        return 0, {}, None


def sample(bench: Bench, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bench.root / "handoff" / name).read_text(encoding="utf-8"))
    return found


def served(bench: Bench) -> Seen:
    """The accepted model answers as recorded, and refuses what is no record."""
    with serving(bench) as url:
        if not url:
            return no("the service does not come up")
        status, _, answer = ask(f"{url}/score/batch", sample(bench, "sample_request.json"))
        wrong, _, _ = ask(f"{url}/score", {"no such input": 1})
    recorded = sample(bench, "sample_response.json")["predictions"]
    same = status == 200 and close(answer.get("predictions"), recorded)
    return every(
        yes(f"{len(recorded)} answers are as recorded") if same else no(f"the sample is answered with {status}, otherwise than recorded"),
        yes("and what is no record is refused") if 400 <= wrong < 500 else no(f"what is no record is answered with {wrong}"),
    )


def close(got: Any, wanted: Any) -> bool:
    """Equal, but for the last digits."""
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(close(got.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(close, got, wanted))
    if isinstance(wanted, float) and isinstance(got, int | float):
        return abs(got - wanted) <= 1e-9 * max(1.0, abs(wanted))
    return bool(got == wanted)


def went(ran: Ran, what: str) -> Seen:
    return yes(f"{what}: {ran.last}") if ran.code == 0 else no(f"{ran.command} ends with {ran.code}: {ran.last}")


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
    return every(up, went(bench.mlops("rollout", "start", "--cause", "ladder verify", "candidate"), "a version went to its callers"))


def address(bench: Bench) -> str:
    found = AT.search(bench.mlops("endpoint", "status").out)
    return found[1] if found else ""


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
    seen = yes("a landed file that was altered: found") if altered.code else no("a landed file that was altered goes unnoticed")
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
    stopped = yes("and nothing starts") if tried.code and "held" in tried.out else no(f"and a release starts all the same: {tried.last}")
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
    told = yes("and an endpoint that is gone ends it with a failure") if gone.code else no("and says that all is well without its endpoint")
    return every(yes(f"{len(names)} subsystems: {', '.join(sorted(names))}"), told)


def aged(bench: Bench) -> Seen:
    """The sample is old: its features must be found too old, or absent."""
    ran = bench.mlops("freshness")
    found = re.search(r"\b(stale|never|late|fresh|short)\b", ran.out)
    return yes(f"features of old data are found {found[1]}") if ran.code and found else no(f"features of old data pass: {ran.last}")


def caused(bench: Bench) -> Seen:
    """What asks for a training is in its request."""
    asked = went(bench.mlops("retraining", "ask", "--by", "ladder verify"), "asked")
    return every(asked, yes("and the request says by whom") if "ladder verify" in bench.mlops("requests", "list").out else no("and no request says by whom"))


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
