"""An endpoint whose processes are threads of the tests' own: the same code, stopped and started at will."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from {{cookiecutter.package_name}}.deployment.serving import front, process, scorer, state
from {{cookiecutter.package_name}}.deployment.serving.layout import Layout
from {{cookiecutter.package_name}}.deployment.serving.state import Deployment, Endpoint, State
from {{cookiecutter.package_name}}.workspace import Workspace

from . import made

SECONDS = 30.0


def until(what: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Wait until `what` gives something true, and give that."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"{what} did not come about within {seconds} s"
        time.sleep(0.01)
    return found


class Thread:
    """A server in a thread, until it is stopped."""

    def __init__(self, server: uvicorn.Server, serve: Callable[[socket.socket], Any], listening: socket.socket) -> None:
        self.server, self.listening = server, listening
        self.thread = threading.Thread(target=lambda: uvloop.run(serve(listening)))
        self.thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()


class World:
    """A workspace, what listens there, and a caller of the gateway."""

    def __init__(self, place: Workspace, models: dict[str, Path]) -> None:
        self.place, self.models, self.layout, self.endpoint = place, models, Layout(place), Endpoint(place)
        self.scorers: dict[str, Thread] = {}
        self.layout.make()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self.scorers.values():  # all of them first: each takes a moment to end
            thread.server.should_exit = True
        for name in list(self.scorers):
            self.stop(name)

    def model(self, name: str) -> str:
        return made.digest(self.models[name])

    def change(self, *steps: state.Step) -> State:
        return made.change(self.place, *steps)

    def deploy(self, **models: str) -> None:
        """Commit deployments by name, and start their scorers."""
        self.change(*(made.deploy(name, self.models[model]) for name, model in models.items()))
        for name in models:
            self.start(name)

    def deployment(self, name: str) -> Deployment:
        return self.endpoint.current().deployments[name]

    def start(self, name: str, app: ASGIApp | None = None) -> None:
        """The scorer of a deployment, or something else that pretends to be."""
        it = self.deployment(name)
        settings = uvicorn.Config(
            app or scorer.prepared(Path(it.folder), it.digest), log_level="critical", ws="none", lifespan="off"
        )
        server = uvicorn.Server(settings)
        listening = process.listening_at(self.layout.socket(it))
        self.scorers[name] = Thread(server, lambda taken: server.serve(sockets=[taken]), listening)

    def stop(self, name: str) -> None:
        """Nobody listens for this deployment any more."""
        self.scorers.pop(name).stop()

    @contextmanager
    def gateway(
        self, key: str | None = None, replay: bool = False, change: Callable[[front.Front], None] = lambda _: None
    ) -> Iterator[Caller]:
        """The gateway on a free port, after `change` was made to it."""
        listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        made_front = front.Front(self.place, key, replay)
        change(made_front)
        running = Thread(made_front.server, made_front.serve, listening)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            with httpx.Client(base_url=url, timeout=60) as client:
                yield Caller(client, made_front, self)
        finally:
            running.stop()


class Caller:
    """Somebody who calls the gateway."""

    def __init__(self, client: httpx.Client, made_front: front.Front, world: World) -> None:
        self.client, self.front, self.world = client, made_front, world

    def score(self, rider: str = "rider 7", **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/score", json=made.record(rider), headers=given)

    def by(self, rider: str = "rider 7", **headers: str) -> str:
        """Which deployment answered, and well."""
        answer = self.score(rider, **headers)
        assert answer.status_code == 200, answer.text
        return answer.headers["azureml-model-deployment"]

    def status(self) -> dict[str, Any]:
        return dict(self.client.get("/status").json())

    def settled(self) -> None:
        """Wait until what is committed is in force."""
        until(lambda: self.status()["in_force"] == self.world.endpoint.current().number)

    def route(self, traffic: dict[str, int], mirror: dict[str, int] | None = None) -> None:
        self.world.change(state.route(traffic, mirror))
        self.settled()

    def recorded(self, collection: str = "model_outputs") -> list[dict[str, Any]]:
        """The lines of a collection, once all that was answered is written."""

        def written() -> bool:
            it = self.status()
            return bool(it["records"]["waiting"] == 0 and it["mirror"]["waiting"] == 0)

        until(written)
        root = self.world.layout.records
        return [json.loads(line) for path in sorted(root.glob(f"*/{collection}/**/*.jsonl")) for line in lines_of(path)]

    def rows(self, collection: str = "model_outputs") -> list[dict[str, Any]]:
        return [row for line in self.recorded(collection) for row in line["data"]]


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def pretender(digest: str, score: ASGIApp) -> ASGIApp:
    """Says that it is ready with the model `digest`, and does `score` for everything else."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/health/ready":
            await says(200, {"model": digest}, receive, send)
        else:
            await score(scope, receive, send)

    return app


async def failing(_: Scope, receive: Receive, send: Send) -> None:
    """Fails at every record."""
    await says(500, {"title": "no"}, receive, send)


async def slow(_: Scope, receive: Receive, send: Send) -> None:
    """Takes its time."""
    await asyncio.sleep(1.5)
    await says(200, {"prediction": 1.0}, receive, send)


async def breaking_off(_: Scope, receive: Receive, send: Send) -> None:
    """Begins an answer and does not end it: the server closes the connection."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})


async def says(status: int, content: object, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        continue
    body = json.dumps(content).encode()
    head = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})
