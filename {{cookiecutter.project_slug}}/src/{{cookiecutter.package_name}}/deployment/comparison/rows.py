"""Records as `serving.joined` gives them: in order, which are answers, which are failures, whose outcome is known."""

from __future__ import annotations

import hashlib

import pandas as pd

from .sequence import Bools

ROW = r"(_\d+)$"  # the end of an event's id, where it is a row of a batch
COPY = "-shadow"  # what a copied request's event has besides the live one's
USED = ("event_id", "request", "deployment", "assigned", "status", "prediction", "outcome")


def ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """In time order, with zoned times and whole statuses; an answer without a status never came.

    `assigned` is whose the request was, who need not have answered it: where a scorer fails, another one is asked. Each
    row of a batch becomes a request of its own, and so does what a caller sent under one id again. Answers of a
    deployment that the caller chose are left out: those who choose are not like the others.
    """
    if "forced" in rows:
        rows = rows[~rows["forced"].astype(bool)]
    at = pd.to_datetime(rows["at"], utc=True)
    status = pd.to_numeric(rows["status"], errors="coerce").fillna(0).astype(int)
    shadow = rows["shadow"].astype(bool)
    events = rows["event_id"].astype("string")
    if events[shadow].str.contains(COPY, regex=False).all():
        request = events.str.replace(COPY, "", regex=False)
    else:
        request = rows["request"].astype("string") + events.str.extract(ROW, expand=False).fillna("")
    assigned = rows["deployment"]
    if "assigned" in rows:
        assigned = rows["assigned"].astype(object).where(rows["assigned"].notna() & ~shadow, assigned)
    read = rows.assign(at=at, status=status, shadow=shadow, request=request.astype(object), assigned=assigned)
    return read.sort_values(["at", "event_id"], kind="stable", ignore_index=True)


def good(rows: pd.DataFrame) -> Bools:
    """Where the caller was answered, by the one whose request it was."""
    return ((rows["status"] > 0) & (rows["status"] < 400) & (rows["deployment"] == rows["assigned"])).to_numpy()


def failed(rows: pd.DataFrame, instead: pd.DataFrame | None = None) -> Bools:
    """The service's own faults: 5xx, no answer, or one that another had to give.

    So is a refusal where `instead`, on the same request, was an answer.
    """
    rescued = rows["deployment"] != rows["assigned"]
    broken = ((rows["status"] >= 500) | (rows["status"] <= 0) | rescued).to_numpy()
    return broken if instead is None else broken | (~good(rows) & good(instead))


def known_share(rows: pd.DataFrame) -> float:
    """The share of answers whose outcome is known; 0 where there are none."""
    answered = rows[good(rows)]
    return float(answered["outcome"].notna().mean()) if len(answered) else 0.0


def digest(rows: pd.DataFrame) -> str:
    """Names the rows that were judged, so that a verdict can be told from one on other rows."""
    lines = (" ".join(map(str, row)) for row in zip(*(rows[name] for name in USED), strict=True))
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
