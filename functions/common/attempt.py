"""Trying what an answer can do without."""

from __future__ import annotations

from collections.abc import Callable

Failed = Callable[[str, Exception], None]
"""Is told of a failure: (what failed, why)."""


def attempt[T](call: Callable[[], T], what: str, failed: Failed) -> T | None:
    """What `call` gives; None where it fails, of which `failed` is told."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - whatever fails, there is an answer
        failed(what, error)
        return None
