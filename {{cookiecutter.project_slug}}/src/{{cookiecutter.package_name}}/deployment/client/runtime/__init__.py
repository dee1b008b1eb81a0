"""A client of the prediction service. It needs the standard library only."""

from __future__ import annotations

from .client import Client
from .errors import (
    ClientError,
    DeadlineError,
    Finding,
    InvalidRecordError,
    NotFoundError,
    RefusedError,
    ServiceError,
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from .record import CONTRACT, Outcome, Prediction, Record

__all__ = [
    "CONTRACT",
    "Client",
    "ClientError",
    "DeadlineError",
    "Finding",
    "InvalidRecordError",
    "NotFoundError",
    "Outcome",
    "Prediction",
    "Record",
    "RefusedError",
    "ServiceError",
    "TooLargeError",
    "UnauthorizedError",
    "UnavailableError",
    "UnreachableError",
]
