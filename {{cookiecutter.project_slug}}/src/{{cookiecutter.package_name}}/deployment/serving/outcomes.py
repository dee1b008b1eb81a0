"""What came true: outcomes by event id, in files that only grow. Of two for one id the later counts; both stay on file.

"Later" is the outcome's own `time`, then the order of arrival. An id that no prediction has is kept and reported: its
prediction may lie in another store, or be written in a moment.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from ...clock import Clock
from ...errors import DataError
from ...service.problems import Finding, ProblemError
from ...workspace import Workspace

FOLDER = "outcomes"
MOST = 10_000  # of one request
Value = bool | int | Annotated[float, Field(allow_inf_nan=False)] | str


class Outcome(BaseModel):
    """What came true for a prediction, and when."""

    model_config = ConfigDict(extra="forbid", strict=True)
    event_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,96}$")]
    value: Value
    time: Annotated[AwareDatetime | None, Field(strict=False)] = None


class Many(BaseModel):
    """A request's outcomes."""

    model_config = ConfigDict(extra="forbid", strict=True)
    outcomes: Annotated[list[Outcome], Field(min_length=1, max_length=MOST)]


class Outcomes:
    """The store of outcomes of a workspace."""

    def __init__(self, place: Workspace, clock: Clock) -> None:
        self.folder, self.clock = place.folder / FOLDER, clock
        self.fresh()

    def fresh(self) -> None:
        """Go on in a file of its own."""
        self.instance = f"{os.getpid()}-{secrets.token_hex(4)}"

    def add(self, found: Iterable[Outcome]) -> int:
        """Append outcomes, on the disk before this returns; gives how many. Raises `OSError` where it takes none."""
        arrived = self.clock.now().astimezone(UTC)
        told = [
            {"event_id": it.event_id, "value": it.value, "time": utc(it.time or arrived), "arrived": utc(arrived)}
            for it in found
        ]
        folder = self.folder / f"{arrived:%Y/%m/%d/%H}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"{self.instance}.jsonl").open("ab") as file:
                file.write(b"".join(to_json(it) + b"\n" for it in told))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            self.fresh()  # what was half written stays the end of its file
            raise
        return len(told)


def utc(at: datetime) -> str:
    """A time as it is written down."""
    return at.astimezone(UTC).isoformat()


def parse(raw: bytes) -> list[Outcome]:
    """One outcome, or `{"outcomes": [...]}`. Raises `ProblemError` naming what is wrong."""
    many = raw.lstrip()[:64].replace(b" ", b"").startswith(b'{"outcomes"')
    try:
        return Many.model_validate_json(raw).outcomes if many else [Outcome.model_validate_json(raw)]
    except ValidationError as error:
        details = error.errors(include_url=False)
        if details[0]["type"] == "json_invalid":
            raise ProblemError(400, f"the body is not JSON: {details[0]['ctx']['error']}") from None
        findings = [Finding(".".join(map(str, it["loc"])), it["input"], it["msg"]) for it in details]
        raise ProblemError(422, f"{findings[0].field}: {findings[0].reason}", findings) from None


def load(path: Path) -> Iterator[Outcome]:
    """The outcomes of a table with the columns `event_id`, `value` and perhaps `time`. Raises `DataError`."""
    from ...model import frame

    table = frame.read(path)
    lacking = {"event_id", "value"} - set(table.columns)
    if lacking:
        fix = "name the columns event_id, value and time"
        raise DataError(f"{path} has no column {', '.join(sorted(lacking))}", fix=fix)
    for number, row in enumerate(table.to_dict("records"), 2):
        yield checked(row, f"{path}, row {number}")


def checked(row: dict[Any, Any], where: str) -> Outcome:
    """A row of a table. Raises `DataError` naming it."""
    import pandas as pd

    value, time = row["value"], row.get("time")
    at: datetime | None = None if time is None or pd.isna(time) else pd.Timestamp(time).to_pydatetime()
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    plain = value.item() if hasattr(value, "item") else value
    try:
        return Outcome(event_id=str(row["event_id"]), value=plain, time=at)
    except ValidationError as error:
        first = error.errors()[0]
        wrong = f"{where}: {'.'.join(map(str, first['loc'][:1]))} is {first['input']!r}: {first['msg']}"
        raise DataError(wrong, fix="correct the table, then load it again: what was loaded counts once") from None
