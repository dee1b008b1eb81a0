"""An alert is one row for as long as it lasts, and reaches whoever listens once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from deployment.release.fleet import AT

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.release.world import World
from {{cookiecutter.package_name}}.operations.alerts import journal, kinds, send
from {{cookiecutter.package_name}}.operations.alerts.journal import AlertError
from {{cookiecutter.package_name}}.workspace import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_what_lasts_is_one_alert_that_counts(place: Workspace) -> None:
    assert journal.note(place, "bad-data", "batch 7", "3 rows", AT)
    assert not journal.note(place, "bad-data", "batch 7", "4 rows", AT + timedelta(hours=1))
    assert journal.note(place, "bad-data", "batch 8", "1 row", AT)
    seven, eight = journal.standing(place)
    assert (seven.seen, seven.said, seven.began, eight.seen) == (2, "4 rows", AT.isoformat(), 1)


def test_what_is_over_and_comes_again_is_another_one(place: Workspace) -> None:
    journal.note(place, "bad-data", "batch 7", "3 rows", AT)
    assert journal.clear(place, "bad-data", AT, "released") == 1
    assert journal.standing(place) == []
    assert journal.note(place, "bad-data", "batch 7", "3 rows", AT)
    assert [it.cleared != "" for it in journal.latest(place)] == [False, True]


def test_one_subject_is_cleared_and_the_others_stay(place: Workspace) -> None:
    for batch in ("7", "8"):
        journal.note(place, "bad-data", batch, "rows", AT)
    assert journal.clear(place, "bad-data", AT, "released", "7") == 1
    assert [it.subject for it in journal.standing(place)] == ["8"]


def test_a_kind_without_a_runbook_is_refused(place: Workspace) -> None:
    with pytest.raises(AlertError, match="no kind of alert"):
        journal.note(place, "bad-dta", "batch 7", "3 rows", AT)


def test_who_looks_after_it_is_told_by_name_and_quiets_it(place: Workspace) -> None:
    journal.note(place, "endpoint-down", "prod", "nobody answers", AT)
    (it,) = journal.standing(place)
    assert it.critical
    assert not journal.take(place, it.number, "Zoe").critical
    assert "Zoe looks after it" in journal.standing(place)[0].sentence
    closed = journal.close(place, it.number, "Zoe", AT)
    assert "by Zoe" in closed.sentence
    with pytest.raises(AlertError, match=f"alert {it.number} is not open"):
        journal.close(place, it.number, "Ann", AT)


class Listening:
    """A server that takes alerts, or refuses the first ones."""

    def __init__(self, refuses: int) -> None:
        self.taken: list[dict[str, Any]] = []
        self.refuses = refuses


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch, refuses: int = 0) -> Iterator[Listening]:
    heard = Listening(refuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.refuses -= 1
            self.send_response(503 if heard.refuses >= 0 else 204)
            if heard.refuses < 0:
                heard.taken.append(json.loads(body))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv(send.WEBHOOK, f"http://127.0.0.1:{server.server_port}/alerts")
        try:
            yield heard
        finally:
            server.shutdown()
            thread.join()


def test_each_alert_is_sent_once(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.note(place, "endpoint-down", "prod", "nobody answers", AT)
    with listening(monkeypatch) as heard:
        assert send.run(place, AT) == "1 sent"
        journal.note(place, "endpoint-down", "prod", "still nobody", AT)
        assert send.run(place, AT) == ""
    (told,) = heard.taken
    assert (told["kind"], told["severity"]) == ("endpoint-down", "critical")
    assert told["runbook"] == "docs/operations.md#endpoint-down"


def test_what_was_not_taken_is_sent_again(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.note(place, "endpoint-down", "prod", "nobody answers", AT)
    with listening(monkeypatch, refuses=1) as heard:
        with pytest.raises(AlertError, match="did not take alert 1"):
            send.run(place, AT)
        assert heard.taken == []
        assert send.run(place, AT) == "1 sent"
    assert len(heard.taken) == 1


def test_without_an_address_nothing_is_sent_and_a_wrong_one_is_told(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(send.WEBHOOK, raising=False)
    journal.note(place, "endpoint-down", "prod", "nobody answers", AT)
    assert send.run(place, AT) == ""
    monkeypatch.setenv(send.WEBHOOK, "file:///etc/passwd")
    with pytest.raises(AlertError, match="https://"):
        send.run(place, AT)


def test_the_command_fails_while_nobody_looks_after_a_critical_one(world: World) -> None:
    def alerts(*words: str) -> tuple[int, str]:
        ran = CliRunner().invoke(cli.main, ["alerts", *words])
        return ran.exit_code, ran.output

    assert alerts() == (0, "nothing needs a person\n")
    journal.note(world.prod, "endpoint-down", "prod", "nobody answers", AT)
    assert alerts()[0] == 1
    assert alerts("take", "1", "--by", "Zoe")[0] == 0
    code, said = alerts()
    assert (code, "Zoe looks after it" in said) == (0, True)
    assert alerts("close", "1", "--by", "Zoe")[0] == 0
    assert "by Zoe" in alerts("--all")[1]
    assert "is not open" in alerts("close", "1")[1]


def sections(page: str) -> set[str]:
    """The anchors of a page's headings."""
    return {line.lstrip("#").strip() for line in page.splitlines() if line.startswith("#")}


def test_each_kind_has_its_section_in_the_runbook(root: Path) -> None:
    page = (root / kinds.RUNBOOK).read_text(encoding="utf-8")
    assert kinds.KINDS.keys() <= sections(page)
    assert not kinds.KINDS.keys() <= sections(page.replace("## bad-data\n", "## something else\n"))
