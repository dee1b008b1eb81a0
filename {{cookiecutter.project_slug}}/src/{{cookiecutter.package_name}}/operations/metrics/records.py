"""A recorded line -> sums. What was recorded twice counts once; a prediction and its outcome find each other by id."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from .totals import Sums, numbered

LIVE, SHADOW, OUTCOME = 0, 1, 2
ROLES = {LIVE: "live", SHADOW: "shadow"}
OK, REFUSED, FAILED = 200, 400, 500
MARK = "-shadow"  # in the ids of what a copied request got
NEW = "INSERT INTO seen (id, role, hour, value, who) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id, role) DO NOTHING"


@dataclass
class Counting:
    """One reading: what the lines of files add, and the ids that were seen."""

    connection: sqlite3.Connection
    sums: Sums

    def outputs(self, hour: str, line: bytes) -> None:
        """A request that was answered, and what came of each record in it."""
        found = self.parsed(line)
        if found is None:
            return
        try:
            items, version = found["data"], str(found["modelversion"])
            fresh = [it for it in items if self.is_new(hour, it, version)]
            if fresh and fresh[0] is items[0]:
                self.request(fresh[0], version)
        except (KeyError, TypeError, AttributeError):
            self.sums.add("mlops.records.unreadable")

    def parsed(self, line: bytes) -> dict[str, Any] | None:
        """A line's object; one that is none is counted."""
        try:
            found = from_json(line)
        except ValueError:
            found = None
        if isinstance(found, dict):
            return found
        self.sums.add("mlops.records.unreadable")
        return None

    def request(self, first: dict[str, Any], version: str) -> None:
        """The request as a whole, by its first record."""
        who, status = told(first, version), int(first["status"])
        self.sums.add("mlops.requests", {**who, "status": str(status)})
        self.sums.observe("mlops.request.duration", first["latency_ms"] / 1000, who)
        if status >= REFUSED:
            kind = "failed" if status >= FAILED else "refused"
            self.sums.add("mlops.request.errors", {**who, "error": kind})

    def is_new(self, hour: str, item: dict[str, Any], version: str) -> bool:
        """Count a record's prediction, if it was not."""
        who, value = told(item, version), answer(item)
        id_, role = numbered(item["event_id"].replace(MARK, "")), SHADOW if item["shadow"] else LIVE
        row = (id_, role, hour, json.dumps(value), json.dumps(who))
        if not self.connection.execute(NEW, row).rowcount:
            return False
        if value is not None:
            self.predicted(value, who)
        outcome = self.connection.execute("SELECT value FROM seen WHERE id = ? AND role = ?", (id_, OUTCOME)).fetchone()
        if outcome:
            self.joined(id_, role, value, json.loads(outcome["value"]), who)
        return True

    def predicted(self, value: float | str, who: dict[str, str]) -> None:
        """A prediction that was made."""
        number = isinstance(value, float)
        self.sums.add("mlops.predictions", {**who, "class": "" if number else str(value)})
        if isinstance(value, float):
            dealt = {"deployment": who["deployment"], "role": who["role"]}
            self.sums.observe("mlops.prediction.value", value, dealt)

    def outcome(self, hour: str, line: bytes) -> None:
        """What came true. Of several for one prediction the first counts here: a counter takes nothing back."""
        found = self.parsed(line)
        if found is None:
            return
        try:
            id_, value = numbered(found["event_id"]), found["value"]
        except (KeyError, AttributeError):
            self.sums.add("mlops.records.unreadable")
            return
        if not self.connection.execute(NEW, (id_, OUTCOME, hour, json.dumps(value), "{}")).rowcount:
            return
        self.sums.add("mlops.outcomes")
        sql = "SELECT role, value, who FROM seen WHERE id = ? AND role <> ?"
        for row in self.connection.execute(sql, (id_, OUTCOME)).fetchall():
            self.joined(id_, row["role"], json.loads(row["value"]), value, json.loads(row["who"]))

    def joined(self, id_: int, role: int, prediction: float | str | None, outcome: Any, who: dict[str, str]) -> None:
        """A prediction and its outcome."""
        self.connection.execute("UPDATE seen SET joined = 1 WHERE id = ? AND role IN (?, ?)", (id_, role, OUTCOME))
        if prediction is not None:
            self.sums.observe("mlops.prediction.error", error(prediction, outcome), who)


def told(item: dict[str, Any], version: str) -> dict[str, str]:
    """Whose answer it is."""
    role = ROLES[SHADOW if item["shadow"] else LIVE]
    return {"deployment": str(item["deployment"]), "version": version, "role": role}


def answer(item: dict[str, Any]) -> float | str | None:
    """A number of a regression, the name of a class; None where nothing was predicted."""
    value = item["prediction"]
    if value is None or item["status"] != OK:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool) and "probabilities" not in item
    return float(value) if number else str(value)


def error(prediction: float | str, outcome: Any) -> float:
    """The absolute error of a number, 0 or 1 for a class."""
    if isinstance(prediction, float) and isinstance(outcome, int | float):
        return abs(prediction - outcome)
    return float(str(outcome) != str(prediction))
