"""Load on the endpoint while the loop answers ten signals of drift with ten releases by itself, one of them broken.

Run by an emitted repo's Python, from its root: `python .../bench/automatic.py [--releases 10]`. It needs wrk, Debian's
package. The engine is in the repo's `tests/operations/loop`: callers who tell what came true, beside wrk's.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

import click

if __package__ in (None, ""):  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import load, operate

# which signal's model is altered; of wrk; seconds at most, of all and of one release
BROKEN, CONNECTIONS, MOST, LONGEST = 4, 4, 3600.0, 600.0


@contextmanager
def altered(world: Any) -> Iterator[None]:
    """The next version's file is altered as soon as it is registered."""
    registry = world.registry(world.dev)
    known = len(registry.versions())

    def alter() -> None:
        end = time.monotonic() + MOST
        while len(registry.versions()) == known and time.monotonic() < end:
            time.sleep(0.02)
        source = Path(unquote(urlsplit(registry.versions()[-1].source).path))
        path = source.parent / "handoff" / "model.skops"
        path.write_bytes(path.read_bytes() + b" ")

    other = threading.Thread(target=alter)
    other.start()
    yield
    other.join()


def run(scratch: Path, releases: int) -> tuple[Any, dict[str, float]]:
    """(what the loop did, what wrk found)."""
    crash = operate.engine()
    crash.LONGEST = LONGEST
    found = crash.Found()
    with crash.crash.served(Path.cwd(), scratch) as world:
        crash.prepare(Path.cwd(), world)
        bodies = scratch / "bodies.jsonl"
        rows = crash.people.rows(world, "3")
        bodies.write_text("".join(f"{row.body.decode()}\n" for row in rows), encoding="utf-8")
        address = str(load.part("deployment.serving.status").read(world.prod).address)
        process = load.wrk(address, "/score", bodies, CONNECTIONS, MOST)
        for number in range(releases):
            if number == BROKEN:
                with altered(world):
                    crash.trial(world, found, number, [])
            else:
                crash.trial(world, found, number, [])
            click.echo(f"release {number + 1}: {found.ended[-1]}", err=True)
        process.send_signal(signal.SIGINT)
        return found, load.figures(process)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--releases", type=int, default=10)
    releases = options.parse_args().releases
    with tempfile.TemporaryDirectory() as scratch:
        found, seen = run(Path(scratch), releases)
    failed = int(seen["failed"]) + found.failed
    counts = {name: found.ended.count(name) for name in dict.fromkeys(found.ended)}
    ended = ", ".join(f"{count} {name}" for name, count in counts.items())
    click.echo("| seconds | releases | requests | of them wrk's /s | p50 ms | p99 ms | failed |")
    click.echo(f"|{' --- |' * 7}")
    requests = int(seen["requests"]) + found.requests
    rate = seen["requests"] / seen["seconds"]
    figures = f"{requests:,} | {rate:,.0f} | {seen['p50']:.1f} | {seen['p99']:.1f} | {failed}"
    click.echo(f"| {seen['seconds']:.0f} | {releases}: {ended} | {figures} |")
    if failed or found.wrong or "refused" not in counts:
        sys.exit("not as it must be:\n" + "\n".join(found.wrong))


if __name__ == "__main__":
    main()
