"""The page in a real browser, where this machine has one: it refreshes itself, and says when it cannot."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from {{cookiecutter.package_name}}.operations.status import page, web
from {{cookiecutter.package_name}}.operations.status.section import Report, Section

BROWSER = next((it for it in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if it), "")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not BROWSER, reason="no Chromium is installed: `apt-get install chromium`"),
]


@contextmanager
def served(look: Callable[[], Report]) -> Iterator[str]:
    """The real server, on a free port."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(web.app(look), log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


def seen(address: str, profile: Path, seconds: float) -> str:
    """The page's elements after so long, as the browser has them; its clock runs ahead where it only waits."""
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}"]
    words += [f"--virtual-time-budget={seconds * 1000:.0f}", "--dump-dom", address]
    return subprocess.run([BROWSER, *words], capture_output=True, text=True, timeout=120, check=True).stdout  # noqa: S603


def report(state: str) -> Report:
    return Report(AT, (Section("endpoint", state, f"it is {state}", ("<b>a line</b>",)),), ())  # type: ignore[arg-type]


def test_it_shows_what_changed_by_itself(tmp_path: Path) -> None:
    states = iter(["ok"])
    with served(lambda: report(next(states, "wrong"))) as address:
        dom = seen(address, tmp_path, page.REFRESH * 2.5)
    assert '<section class="wrong" id="endpoint">' in dom
    assert "it is ok" not in dom
    assert "&lt;b&gt;a line&lt;/b&gt;" in dom
    assert 'id="gone" role="alert" style="display: none;"' in dom


def test_it_says_so_where_the_server_fails(tmp_path: Path) -> None:
    states = iter(["ok"])

    def look() -> Report:
        return report(next(states))  # the second look finds nothing, and the server answers with 500

    with served(look) as address:
        dom = seen(address, tmp_path, page.REFRESH * 2.5)
    assert '<section class="ok" id="endpoint">' in dom, "what was seen last stays"
    assert 'id="gone" role="alert" style="display: block;"' in dom
