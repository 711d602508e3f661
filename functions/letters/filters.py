"""The filters of letters. Each takes and gives plain text and numbers of bounded size; none switches escaping off."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

MAX_TEXT = 10_000
"""Characters that a filter may give."""
MAX_NUMBER = 10**15
_DIRECTIVES = re.compile(r"%(-?[dmYyBbAaj])")
_NO_PADDING = frozenset("dmj")


class FilterError(ValueError):
    """A filter was asked for what it does not do."""


def text(value: object) -> str:
    """As a letter shows it: nothing for what is absent, a list joined by commas, a product by name, `10` for 10.0."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_NUMBER:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        return text(value.get("name"))
    if isinstance(value, Sequence):
        return ", ".join(text(part) for part in value)
    return ""


def number(value: object) -> int | float:
    """A number, or text that reads like one; 0 for anything else. Raises `FilterError` where it is too large."""
    if isinstance(value, str):
        try:
            value = float(value[:30])
        except ValueError:
            return 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    if not abs(value) < MAX_NUMBER:
        raise FilterError("the number is too large")
    return value


def _default(value: object, other: object = "") -> object:
    absent = value is None or value is False or (isinstance(value, str | Sequence | Mapping) and len(value) == 0)
    return other if absent else value


def _truncate(value: object, length: object = 50, end: object = "…") -> str:
    whole, most, tail = text(value), max(int(number(length)), 0), text(end)
    return whole if len(whole) <= most else whole[: max(most - len(tail), 0)].rstrip() + tail


def _truncate_words(value: object, words: object = 15, end: object = "…") -> str:
    parts, most = text(value).split(), max(int(number(words)), 1)
    return " ".join(parts) if len(parts) <= most else " ".join(parts[:most]) + text(end)


def _capitalize(value: object) -> str:
    whole = text(value)
    return whole[:1].upper() + whole[1:].lower()


def _join(value: object, between: object = " ") -> str:
    parts = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return text(between).join(text(part) for part in parts)


def _at(index: int) -> Callable[[object], object]:
    def pick(value: object) -> object:
        return value[index] if isinstance(value, Sequence) and not isinstance(value, str) and value else ""

    return pick


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | Sequence) else 0


def _date(value: object, form: object) -> str:
    """`2030-01-31 | date: '%-d %B %Y'` → `31 January 2030`; English names, whatever the machine's locale."""
    try:
        day = date.fromisoformat(text(value)[:10])
    except ValueError:
        return ""
    left = _DIRECTIVES.sub("", text(form))
    if "%" in left:
        raise FilterError("date knows %d %m %Y %y %B %b %A %a %j, and a - after % for no leading zero")
    return _DIRECTIVES.sub(lambda match: _part(day, match[1]), text(form))


def _part(day: date, directive: str) -> str:
    letter = directive[-1]
    shown = day.strftime(f"%{letter}")
    return shown.lstrip("0") if directive[0] == "-" and letter in _NO_PADDING else shown


def _round(value: object, places: object = 0) -> int | float:
    # More places than a float has would say nothing; negative ones can take forever on whole numbers.
    digits = min(max(int(number(places)), 0), 9)
    return round(number(value), digits) if digits else math.floor(number(value) + 0.5)


def _divided_by(value: object, by: object) -> int | float:
    whole, part = number(value), number(by)
    if part == 0:
        raise FilterError("divided by 0")
    return whole // part if isinstance(whole, int) and isinstance(part, int) else whole / part


_FILTERS: dict[str, Callable[..., Any]] = {
    "append": lambda value, more: text(value) + text(more),
    "at_least": lambda value, least: max(number(value), number(least)),
    "at_most": lambda value, most: min(number(value), number(most)),
    "capitalize": _capitalize,
    "ceil": lambda value: math.ceil(number(value)),
    "date": _date,
    "default": _default,
    "divided_by": _divided_by,
    "downcase": lambda value: text(value).lower(),
    "first": _at(0),
    "floor": lambda value: math.floor(number(value)),
    "join": _join,
    "last": _at(-1),
    "minus": lambda value, less: number(value) - number(less),
    "plus": lambda value, more: number(value) + number(more),
    "prepend": lambda value, before: text(before) + text(value),
    "round": _round,
    "size": _size,
    "strip": lambda value: text(value).strip(),
    "times": lambda value, by: number(value) * number(by),
    "truncate": _truncate,
    "truncatewords": _truncate_words,
    "upcase": lambda value: text(value).upper(),
    "url_encode": lambda value: quote(text(value), safe=""),
}


def _bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*arguments: object) -> object:
        value = filter_(*arguments)
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise FilterError(f"{name} gives more than {MAX_TEXT} characters")
        return value

    return apply


FILTERS: dict[str, Callable[..., Any]] = {name: _bounded(name, filter_) for name, filter_ in _FILTERS.items()}
"""By name, as a template writes them."""
