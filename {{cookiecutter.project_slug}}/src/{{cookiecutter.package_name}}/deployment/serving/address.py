"""Where the endpoint is reached, and who may: as `mlops serve` has it, without its imports.

The supervisor lives as long as the endpoint and is up at once; the models' libraries would cost it seconds and memory.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import time

from .layout import ServingError

KEY = "MLOPS_API_KEY"
REBIND = 15.0  # seconds in which a gateway that lost its supervisor lets go of the address
LOOKS = 0.05


def api_key(host: str, auth: bool) -> str | None:
    """The key that callers must send; None where none is needed. Raises `ServingError` for an open door."""
    key = os.environ.get(KEY, "")
    if not auth:
        return None
    if not key and not loopback(host):
        fix = f"set {KEY}, or run it on 127.0.0.1, or say --no-auth where something else guards it"
        raise ServingError(f"{KEY} is not set, and {host} can be reached from other machines", fix=fix)
    return key or None


def loopback(host: str) -> bool:
    """Is `host` this machine only?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bound(host: str, port: int, patience: float = REBIND) -> socket.socket:
    """The public socket; port 0 takes a free one. Raises `ServingError` where the address stays taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + patience
    while True:
        try:
            return socket.create_server((host, port), family=family, backlog=1024)
        except OSError as error:
            if time.monotonic() > until:
                fix = "stop what listens there, or give another --port (0 takes a free one)"
                raise ServingError(f"cannot listen on {host}:{port}: {error.strerror or error}", fix=fix) from None
            time.sleep(LOOKS)


def url(listening: socket.socket) -> str:
    """Where a listening socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
