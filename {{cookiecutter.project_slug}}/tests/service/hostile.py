"""A hundred requests that nobody should send, as data: name, path, body, and the headers where they matter."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from . import made


class Hostile(NamedTuple):
    """One request; `good` where a prediction is the right answer to it."""

    name: str
    body: bytes
    path: str = "/score"
    headers: dict[str, str] | None = None
    good: bool = False


def record(**changes: Any) -> bytes:
    return json.dumps({**made.RECORD, **changes}).encode()


def raw(field: str, text: str) -> bytes:
    """The record with `text` as it stands for one field's value."""
    return record(**{field: "VALUE"}).replace(b'"VALUE"', text.encode("utf-8", "surrogatepass"))


def without(*names: str) -> bytes:
    return json.dumps({name: value for name, value in made.RECORD.items() if name not in names}).encode()


WRONG_TYPES: dict[str, list[Any]] = {
    "size": [None, "6.5", "", "abc", True, [], [1], {}, {"$gt": 0}, -1, -1e-9, 1e39, -1e300],
    "warm": ["12", False, [[]], {"a": 1}, 1e308, -3.5e38],
    "place": [[], {}, [None], 2**64, -(2**200)],
    "zone": [None, [], {}, {"zone": 1}],
    "open": [None, "yes", "true", 2, -1, 0.5, [], {}],
    "at": [None, 0, 1741000000, -1, 1e18, True, [], {}, ""],
}
WRONG_TIMES = [
    *("yesterday", "T08:00", "25-01-01", "2025-13-01T00:00:00", "2025-02-30", "2025-01-01T25:00:00"),
    *("2025-01-01T00:00:00+99:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z"),
]
LITERALS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "0x10", "01", "1_000", "+1", ".5", "'6'"]
LITERALS += ["1" * 400, "1" * 5000]
ODD_TEXTS = ["", " ", "\u0000", "\U0001f695", "a" * 10_000, "../../etc/passwd", "${jndi:x}", "%s%n", "'; DROP TABLE y"]
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n\t ",
    "an open brace": b"{",
    "cut off": record()[:-1],
    "cut off in a text": record()[:20],
    "two objects": record() + record(),
    "a comma too many": record()[:-1] + b",}",
    "a comment": b"/* hi */" + record(),
    "single quotes": record().replace(b'"', b"'"),
    "a bare word": b"undefined",
    "null": b"null",
    "a number": b"1",
    "a text": b'"text"',
    "a list": b"[]",
    "a list of records": b"[" + record() + b"]",
    "an empty object": b"{}",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "deep in a field": raw("place", "[" * 5000 + "]" * 5000),
    "not UTF-8": record(place="x").replace(b"x", b"\xff\xfe"),
    "overlong UTF-8": record(place="x").replace(b'"x"', b'"\xc0\xaf"'),
    "UTF-16": record().decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + record(),
    "half a surrogate": raw("place", '"\\ud800"'),
    "surrogates the wrong way round": raw("place", '"\\udc00\\ud800"'),
    "a raw line break in a text": raw("place", '"a\nb"'),
    "a zero byte": b"\x00" + record(),
    "a key twice": record()[:-1] + b', "size": 1}',
    "a key twice, escaped": record()[:-1] + b', "\\u0073ize" : 1}',
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "a form": b"size=6.5&place=north",
    "XML": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
}
BATCHES: dict[str, bytes] = {
    "no records": b'{"records": []}',
    "records are null": b'{"records": null}',
    "records are an object": b'{"records": {}}',
    "a record is null": b'{"records": [null]}',
    "a record is a number": b'{"records": [1]}',
    "one bad among good": b'{"records": [' + record() + b"," + without("zone") + b"]}",
    "something beside": b'{"records": [' + record() + b'], "model": "other"}',
    "a bare record": record(),
    "a bare list": b"[" + record() + b"]",
    "ten thousand and one": b'{"records": [' + b",".join([record()] * 10_001) + b"]}",
    "records twice": b'{"records": [' + record() + b'], "records": [' + record() + b"]}",
}
HEADERS: dict[str, dict[str, str]] = {
    "no content type": {"Content-Type": ""},
    "a form's content type": {"Content-Type": "application/x-www-form-urlencoded"},
    "text": {"Content-Type": "text/plain"},
    "another character set": {"Content-Type": "application/json; charset=utf-16"},
    "said to be gzip": {"Content-Encoding": "gzip"},
    "said to be br": {"Content-Encoding": "br, gzip"},
}


def corpus() -> list[Hostile]:
    """All of them."""
    wrong = [(name, value) for name, values in WRONG_TYPES.items() for value in values]
    found = [Hostile(f"{name}: {value!r}", record(**{name: value})) for name, value in wrong]
    found += [Hostile(f"at: {value}", record(at=value)) for value in WRONG_TIMES]
    for field in ("size", "place"):
        found += [Hostile(f"{field} as {text[:12]}", raw(field, text)) for text in LITERALS]
    found += [Hostile(f"without {name}", without(name)) for name in made.RECORD]
    found += [Hostile(f"with {name!r}", record(**{name: 1})) for name in ("y", "Size", "size ", "__class__", "")]
    found += [Hostile(name, body) for name, body in BROKEN.items()]
    found += [Hostile(f"batch: {name}", body, "/score/batch") for name, body in BATCHES.items()]
    found += [Hostile(name, record(), "/score", headers) for name, headers in HEADERS.items()]
    found += [Hostile(f"place {text[:12]!r}", record(place=text), good=True) for text in ODD_TEXTS]
    found += [Hostile(f"zone {value!r}", record(zone=value), good=True) for value in (0, -1, 1.5, True, 2**60)]
    found += [Hostile(f"size {value}", record(size=value), good=True) for value in (0, 1e-320, 3.4e38, 10**15)]
    return found
