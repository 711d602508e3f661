"""What a rehearsal looks at and what it compares. Pure."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from pydantic import BaseModel

SAMPLE = 100
RELATIVE, ABSOLUTE = 1e-4, 1e-6
"""Two machines add up floats in another order; more than that is another answer."""
MARKS = frozenset({"version", "source"})
"""Fields that are set where an answer is given, not where it is computed."""


class RehearsalError(Exception):
    """The new version does not answer as it should; it is not released."""


class Golden(BaseModel):
    """A request whose answer the evaluation recorded: features of a row, or a question with what is known."""

    instance: dict[str, Any]
    answer: dict[str, Any]


def sample(lines: list[bytes]) -> list[bytes]:
    """At most `SAMPLE` lines spread evenly over all of them."""
    return lines[:: max(1, -(-len(lines) // SAMPLE))]


def difference(expected: Any, actual: Any, path: str = "") -> str | None:
    """Where two answers differ, in words, or None. Numbers may differ by rounding."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted((expected.keys() | actual.keys()) - MARKS):
            if found := difference(expected.get(name), actual.get(name), f"{path}.{name}".lstrip(".")):
                return found
        return None
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{path}: {len(expected)} items expected, {len(actual)} came"
        pairs = enumerate(zip(expected, actual, strict=True))
        return next((found for i, (e, a) in pairs if (found := difference(e, a, f"{path}[{i}]"))), None)
    same = expected == actual
    if not same and _number(expected) and _number(actual):
        same = math.isclose(expected, actual, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return None if same else f"{path}: {expected!r} expected, {actual!r} came"


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
