"""What the peers' scripts share: names of quantiles, and the process's memory."""

import resource
import sys


def width(level: float) -> int:
    """Per cent of the central interval that has a quantile of this level as a bound."""
    return round(100 * abs(1 - 2 * level))


def bound(name: str, level: float) -> str:
    """The libraries' column of that quantile; the median of their symmetrical distributions is the mean."""
    if not width(level):
        return name
    return f"{name}-{'lo' if level < 0.5 else 'hi'}-{width(level)}"


def peak_mb() -> float:
    """Most memory that this process has held, in MiB."""
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
