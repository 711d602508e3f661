"""Waiting between attempts."""

from __future__ import annotations

import random
import time


def pause(attempt: int, *, base: float = 0.05, cap: float = 1.0) -> None:
    """Sleep a random time up to min(cap, base * 2**attempt) seconds.

    "Full jitter": https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    time.sleep(random.uniform(0, min(cap, base * 2**attempt)))  # noqa: S311 - spreads load, no secret
