"""Who may reach the endpoint, and where: decided as Level 1 decides it for its service."""

from __future__ import annotations

import itertools
import socket

import pytest

from {{cookiecutter.package_name}}.deployment.serving import address
from {{cookiecutter.package_name}}.deployment.serving.layout import ServingError
from {{cookiecutter.package_name}}.service import serve

HERE = ["127.0.0.1", "127.9.9.9", "::1", "localhost"]
OPEN = ["0.0.0.0", "::", "192.0.2.7", "model.example", "localhost.example"]  # noqa: S104


@pytest.mark.parametrize(
    ("host", "key", "auth"), list(itertools.product(HERE + OPEN, [None, "", "secret"], [True, False]))
)
def test_a_key_is_asked_for_as_by_the_service(
    host: str, key: str | None, auth: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(address.KEY, raising=False)
    if key is not None:
        monkeypatch.setenv(address.KEY, key)
    try:
        expected = serve.api_key(host, auth)
    except serve.ServeError:
        with pytest.raises(ServingError, match="MLOPS_API_KEY is not set"):
            address.api_key(host, auth)
    else:
        assert address.api_key(host, auth) == expected


def test_an_address_that_stays_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServingError, match=f"cannot listen on 127.0.0.1:{port}"):
            address.bound("127.0.0.1", port, patience=0.1)
    address.bound("127.0.0.1", port, patience=0.1).close()


def test_the_url_is_one_to_click_on() -> None:
    with address.bound("127.0.0.1", 0) as listening:
        assert address.url(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"
    with address.bound("::1", 0) as listening:
        assert address.url(listening) == f"http://[::1]:{listening.getsockname()[1]}"
