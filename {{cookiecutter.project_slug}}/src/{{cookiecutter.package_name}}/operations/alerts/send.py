"""Each new alert goes once to `MLOPS_ALERT_WEBHOOK`, a URL that takes JSON; what was not taken is sent again."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from datetime import datetime
from urllib.parse import urlsplit

from ... import workspace
from ...workspace import Workspace
from . import journal
from .journal import Alert, AlertError
from .kinds import Kind

WEBHOOK, SECONDS = "MLOPS_ALERT_WEBHOOK", 10.0


def run(place: Workspace, at: datetime) -> str:
    """Send what waits. Raises `AlertError` where the other side does not take it: the next call tries again."""
    url = os.environ.get(WEBHOOK, "")
    if not url:
        return ""
    if urlsplit(url).scheme not in ("http", "https"):
        raise AlertError(f"{WEBHOOK} is {url!r}", fix="give a URL that begins with https://")
    waiting = [it for it in journal.standing(place) if not it.sent]
    for it in waiting:
        post(url, it)
        with journal.opened(place) as connection, workspace.transaction(connection):
            connection.execute("UPDATE alert SET sent = ? WHERE number = ?", (at.isoformat(), it.number))
    return f"{len(waiting)} sent" if waiting else ""


def post(url: str, it: Alert) -> None:
    """One alert. Killed after this and before it is noted, it is sent twice, with one number."""
    told = {"number": it.number, "kind": it.kind, "severity": it.of.severity, "title": it.of.title}
    body = {**told, "subject": it.subject, "said": it.said, "began": it.began, "runbook": Kind.anchor(it.kind)}
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - its scheme is known
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
            pass
    except OSError as error:
        where = urlsplit(url).hostname
        raise AlertError(f"{where} did not take alert {it.number}: {error}", fix="it is sent again") from None
