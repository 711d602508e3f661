"""Settings of a function, from its environment variables, read when they are needed and never at import."""

from __future__ import annotations

import os


def setting(name: str) -> str:
    """The value of environment variable `name`. Raises `KeyError` naming it, where it is absent or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise KeyError(f"environment variable {name} is not set: the stack that deploys this function has to set it")
    return value


def optional(name: str, default: str) -> str:
    """The value of environment variable `name`, or `default` where it is absent or empty."""
    return os.environ.get(name) or default
