"""A served model, asked over HTTP."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib import error, request

from ..seen import Seen, every, no, yes
from .bench import Bench, Ran

SECONDS = 60
AT = re.compile(r"serving at (http://[^\s,]+)")


@contextmanager
def serving(bench: Bench) -> Iterator[str]:
    """The service of the accepted model on a free port; its address, empty where it does not come up."""
    command = [str(bench.python), "-m", bench.package, "serve", "--port", "0"]
    environment = bench.environment | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=bench.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )
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
        yes(f"{len(recorded)} answers are as recorded")
        if same
        else no(f"the sample is answered with {status}, otherwise than recorded"),
        yes("and what is no record is refused")
        if 400 <= wrong < 500
        else no(f"what is no record is answered with {wrong}"),
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


def address(bench: Bench) -> str:
    found = AT.search(bench.mlops("endpoint", "status").out)
    return found[1] if found else ""
