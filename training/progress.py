"""Lines on stderr that say how a job gets on; SageMaker keeps them in CloudWatch Logs. Never a customer's data."""

from __future__ import annotations

import sys
import time

_STARTED = time.monotonic()


def say(line: str) -> None:
    """Print one line with the seconds since the process began."""
    print(f"[{time.monotonic() - _STARTED:7.1f} s] {line}", file=sys.stderr, flush=True)
