"""Recommendations on public data, each beside its floors in the same run.

`SHOPKEEPER_PARTS` (comma-separated: gowalla, completejourney, cooccurrence, diginetica, shown) runs some of the five
only. `shown` is a simulation.
"""

from __future__ import annotations

from benchmarks import (
    _recommendations_basket,
    _recommendations_cooccurrence,
    _recommendations_gowalla,
    _recommendations_sessions,
    _recommendations_shown,
)
from benchmarks.harness import Result, parts

PARTS = {
    "gowalla": _recommendations_gowalla.measure,
    "completejourney": _recommendations_basket.measure,
    "cooccurrence": _recommendations_cooccurrence.measure,
    "diginetica": _recommendations_sessions.measure,
    "shown": _recommendations_shown.measure,
}


def run(seed: int) -> Result:
    """The parts asked for, as one result. ValueError for a part that there is not."""
    return parts(PARTS, seed)
