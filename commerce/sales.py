"""How fast each product sells lately, kept by ingest, so that a family of products can answer before it is learned.

One item per product in the `counters` table, `pk = product#<id>`, `sk = sales`: units sold with forward decay (Cormode,
Shkapenyuk, Srivastava and Xu, *Forward decay*, 2009). A unit sold at t adds 2^((t - landmark) / `HALF_LIFE`), so that a
sale is one addition whatever came before; reading divides by 2^((now - landmark) / `HALF_LIFE`).

With one landmark the weights would grow without end, and DynamoDB refuses an addition whose exact sum has more than 38
digits. So time is cut into eras of ten half-lives, each with its start as landmark and a sum of its own: a weight is
below 1,024, and a sum is a whole number of `PARTS` of a unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The score routes read sales and would pay for building every event's schema at each cold start.
    from commerce.events.envelope import Event

HALF_LIFE = timedelta(days=28)
ERA = 10 * HALF_LIFE
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Start of era 0. No event is accepted from before."""
PARTS = 10**12
"""Of a unit, in which sums are kept."""
SALES = "sales"


@dataclass(frozen=True, slots=True)
class ProductState:
    """A product's sales as read: era → units sold in it, weighted by forward decay from the era's start."""

    weighted: Mapping[int, float]

    def rate(self, now: datetime) -> float:
        """Units sold a day lately: an exponentially weighted mean over all of the past."""
        units = sum(amount * _growth(EPOCH + era * ERA, now) for era, amount in self.weighted.items())
        return units * math.log(2) / (HALF_LIFE / timedelta(days=1))


def product_key(product_id: str) -> tuple[str, str]:
    """(pk, sk) of a product's sales."""
    return f"product#{product_id}", SALES


def units(event: Event) -> dict[str, float]:
    """Units of each product that a completed order sells. As in the lake, a line without a quantity sells one unit.

    Lines of nothing or less sell nothing: what comes back has events of its own.
    """
    sold: dict[str, float] = {}
    for line in event.properties["products"]:
        quantity = line.get("quantity")
        if quantity is None or quantity > 0:
            product = line["product_id"]
            sold[product] = sold.get(product, 0.0) + (1.0 if quantity is None else quantity)
    return sold


def weight(sold_at: datetime) -> tuple[int, float]:
    """(era, what one unit sold then adds to its sum, in `PARTS` of a unit); not before `EPOCH`.

    So many units add as many times that, rounded to a whole number.
    """
    era = (sold_at - EPOCH) // ERA
    return era, PARTS / _growth(EPOCH + era * ERA, sold_at)


def _growth(landmark: datetime, at: datetime) -> float:
    """What a unit of weight 1 at `landmark` is worth at that time."""
    return 2.0 ** ((landmark - at) / HALF_LIFE)
