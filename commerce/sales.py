"""How fast each product sells lately, kept by ingest, so that a family of products can answer before it is learned.

One item per product in the `counters` table, `pk = product#<id>`, `sk = sales`. Its one number is a sum of sold units
with forward decay (Cormode, Shkapenyuk, Srivastava and Xu, *Forward decay*, 2009): a unit sold at t adds
2^((t - `LANDMARK`) / `HALF_LIFE`), so that a sale is one addition whatever came before, and reading divides by
2^((now - `LANDMARK`) / `HALF_LIFE`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HALF_LIFE = timedelta(days=28)
LANDMARK = datetime(2025, 1, 1, tzinfo=UTC)
"""From here on weights grow; DynamoDB's numbers of up to 10^125 last for 31 years."""
SALES = "sales"


@dataclass(frozen=True, slots=True)
class ProductState:
    """A product's counter as read: units sold, weighted by forward decay."""

    weighted_units: float

    def rate(self, now: datetime) -> float:
        """Units sold a day lately: an exponentially weighted mean over all of the past."""
        return self.weighted_units / _growth(now) * math.log(2) / HALF_LIFE.total_seconds() * 86400


def product_key(product_id: str) -> tuple[str, str]:
    """(pk, sk) of a product's sales."""
    return f"product#{product_id}", SALES


def weight(sold_at: datetime) -> float:
    """What one unit sold then adds."""
    return _growth(sold_at)


def _growth(at: datetime) -> float:
    return 2.0 ** ((at - LANDMARK) / HALF_LIFE)
