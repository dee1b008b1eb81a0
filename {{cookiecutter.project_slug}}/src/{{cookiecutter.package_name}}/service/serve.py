"""Runs the service: who may reach it, on which address, until it is told to stop."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
from collections.abc import Callable

import uvicorn

from ..errors import MlopsError
from . import app, store
from .endpoint import Limits
from .served import Served

log = logging.getLogger(__name__)
KEY = "MLOPS_API_KEY"


class ServeError(MlopsError):
    """The service cannot, or must not, start so."""


def run(
    models: store.Store,
    digest: str | None,
    host: str,
    port: int,
    auth: bool,
    limits: Limits,
    echo: Callable[[str], None],
) -> None:
    """Serve until a signal. Raises `ServeError` before anything listens where no key would guard an open address."""
    key = api_key(host, auth)
    served = Served(models.load(digest))
    if not served.way.fast:
        log.warning("model %s is scored %s", served.digest[:12], served.way.sentence)
    listening = listen(host, port)
    settings = uvicorn.Config(
        app.create(served, key, limits),
        log_level="warning",
        access_log=False,  # at this level no prediction leaves a trace
        server_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=10,
    )
    echo(f"model {served.digest[:12]}, {served.way.sentence}")
    echo("callers need no key" if key is None else f"callers need the header X-API-Key, from {KEY}")
    echo(f"serving at {address(listening)}, documentation at {address(listening)}/docs")
    with listening:
        uvicorn.Server(settings).run(sockets=[listening])


def api_key(host: str, auth: bool) -> str | None:
    """The key that callers must send; None where none is needed: on this machine only, or by `--no-auth`."""
    if not auth:
        return None
    key = os.environ.get(KEY, "")
    if key or loopback(host):
        return key or None
    problem = f"{KEY} is not set, and {host} can be reached from other machines"
    raise ServeError(problem, fix=f"set {KEY}, or serve on 127.0.0.1, or say --no-auth where something else guards it")


def loopback(host: str) -> bool:
    """Is `host` this machine only?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `ServeError` where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        fix = "stop what listens there, or give another --port (0 takes a free one)"
        raise ServeError(f"cannot listen on {host}:{port}: {error.strerror or error}", fix=fix) from None


def address(listening: socket.socket) -> str:
    """Where a listening socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
