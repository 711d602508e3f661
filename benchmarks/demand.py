"""Demand forecasts on public data, each beside its floors in the same run.

`SHOPKEEPER_PARTS` (comma-separated: carparts, bakery, completejourney) runs some of the parts only.
"""

from __future__ import annotations

from benchmarks import _demand_bakery, _demand_carparts, _demand_grocer
from benchmarks.harness import Result, parts

PARTS = {
    "carparts": _demand_carparts.measure,
    "bakery": _demand_bakery.measure,
    "completejourney": _demand_grocer.measure,
}


def run(seed: int) -> Result:
    """The parts asked for, as one result. ValueError for a part that there is not."""
    return parts(PARTS, seed)
