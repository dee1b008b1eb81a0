"""Who may reach the service: an open address needs a key, or somebody who says that it needs none."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from {{cookiecutter.package_name}}.service import endpoint, serve, store

OPEN = ["0.0.0.0", "::", "192.0.2.7", "model.example", "localhost.example"]  # noqa: S104
HERE = ["127.0.0.1", "127.9.9.9", "::1", "localhost"]


@pytest.mark.parametrize("host", OPEN)
def test_an_open_address_needs_a_key(host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(serve.KEY, raising=False)
    with pytest.raises(serve.ServeError, match="MLOPS_API_KEY is not set"):
        serve.run(store.Store(tmp_path), None, host, 0, True, endpoint.Limits(), print)


def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(serve.KEY, "")
    with pytest.raises(serve.ServeError):
        serve.api_key("0.0.0.0", auth=True)  # noqa: S104


@pytest.mark.parametrize("host", HERE)
def test_on_this_machine_only_no_key_is_needed(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(serve.KEY, raising=False)
    assert serve.api_key(host, auth=True) is None


def test_a_key_that_is_set_is_asked_for_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(serve.KEY, "secret")
    assert [serve.api_key(host, auth=True) for host in ("127.0.0.1", "0.0.0.0")] == ["secret", "secret"]  # noqa: S104
    assert serve.api_key("0.0.0.0", auth=False) is None  # noqa: S104


def test_an_address_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(serve.ServeError, match="cannot listen on"):
        serve.listen("127.0.0.1", taken.getsockname()[1]).close()


def test_the_address_is_one_to_click_on() -> None:
    with serve.listen("127.0.0.1", 0) as listening:
        assert serve.address(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"
