"""Reading raw event files: JSON lines, plain or gzipped, one row of the `events` table a line."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from commerce.tables import EVENTS

_TIMES = tuple(c.name for c in EVENTS.columns if c.type == "timestamp")
_JSON = tuple(c.name for c in EVENTS.columns if c.type == "json")
_REQUIRED = tuple(c.name for c in EVENTS.columns if not c.nullable)


@dataclass
class RawFile:
    """One file's lines: rows that can be used, and what cannot, with line number and reason."""

    key: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    bad: list[dict[str, Any]] = field(default_factory=list)


def parse(key: str, data: bytes) -> RawFile:
    """The rows of a raw file. What is no row is kept aside, never dropped silently."""
    found = RawFile(key)
    try:
        lines = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).split(b"\n")
    except (OSError, EOFError) as error:
        found.bad.append({"object": key, "line": 0, "reason": f"cannot be decompressed: {error}", "text": ""})
        return found
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.rows.append(_row(line))
        except ValueError as error:
            text = line.decode("utf-8", errors="replace")
            found.bad.append({"object": key, "line": number, "reason": str(error), "text": text})
    return found


def _row(line: bytes) -> dict[str, Any]:
    """ValueError says what is wrong with the line."""
    try:
        given = json.loads(line)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise ValueError("is not a JSON object")
    if unknown := given.keys() - set(EVENTS.column_names):
        raise ValueError(f"has unknown fields {', '.join(sorted(unknown))}")
    row = {}
    for name in EVENTS.column_names:
        value = given.get(name)
        if value is None:
            if name in _REQUIRED:
                raise ValueError(f"{name} is missing")
        elif not isinstance(value, str):
            raise ValueError(f"{name} is not text")
        elif name in _TIMES:
            value = _time(name, value)
        elif name in _JSON:
            _check_object(name, value)
        elif _surrogates(value):
            raise ValueError(f"{name} is not valid Unicode")
        row[name] = value
    return row


def _time(name: str, text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is not an ISO 8601 time") from None
    if value.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} is out of range") from None


def _check_object(name: str, text: str) -> None:
    try:
        if not isinstance(json.loads(text), dict):
            raise ValueError(f"{name} is not a JSON object")
    except json.JSONDecodeError:
        raise ValueError(f"{name} is not JSON") from None
    if _surrogates(text):
        raise ValueError(f"{name} is not valid Unicode")


def _surrogates(text: str) -> bool:
    """JSON may escape half a surrogate pair, which no UTF-8 file can hold."""
    return any("\ud800" <= c <= "\udfff" for c in text) if not text.isascii() else False
