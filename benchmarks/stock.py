"""Stock decisions replayed on public data beside simple policies, lead times, and seconds by number of series.

`SHOPKEEPER_PARTS` (comma-separated: bakery, completejourney, scms, size) runs some of the parts only.
"""

from __future__ import annotations

from benchmarks import _stock_bakery, _stock_grocer, _stock_leadtimes, _stock_size
from benchmarks.harness import Result, parts

PARTS = {
    "bakery": _stock_bakery.measure,
    "completejourney": _stock_grocer.measure,
    "scms": _stock_leadtimes.measure,
    "size": _stock_size.measure,
}


def run(seed: int) -> Result:
    """The parts asked for, as one result. ValueError for a part that there is not."""
    return parts(PARTS, seed)
