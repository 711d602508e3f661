"""The made-up shop of demand's tests with counts, deliveries and terms, and forecasts that demand published of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from commerce.families.demand import DemandForecast
from commerce.families.demand.answer import EVERYWHERE, LocationForecast, Period
from commerce.families.demand.baseline import quantiles
from commerce.scores import StoredScore
from tests.training.demand import shop
from tests.training.demand.shop import AS_OF, FIRST, ORIGIN, RATES, SIZES

HORIZON = 3
EMPTY, FULL = "milk", "salt"
"""A product that is nearly gone everywhere, and one of which there is far too much."""
LEAD_DAYS = {"dairy": (2, 3, 4), "mill": (8, 10, 12)}
SUPPLIERS = {product: "dairy" if product in ("milk", "tea") else "mill" for product in RATES}
_noon = time(12, tzinfo=UTC)


def records() -> dict[str, list[dict]]:
    """Rows by table: each product counted a month and two days before `AS_OF`, weekly deliveries, and terms."""
    weeks = {EMPTY: 0.2, FULL: 60.0}
    counts = [
        shop.count(product, AS_OF - timedelta(days=days), round(rate * size * weeks.get(product, 3.0)), store)
        for product, rate in RATES.items()
        for store, size in SIZES.items()
        for days in (30, 2)
    ]
    deliveries = [
        {
            "purchase_order_id": f"{product}-{week}",
            "line_id": "1",
            "product_id": product,
            "location_id": "north",
            "supplier": SUPPLIERS[product],
            "ordered_at": (ordered := datetime.combine(FIRST + timedelta(days=7 * week), _noon)),
            "promised_on": ordered.date() + timedelta(days=9),
            "arrived_at": ordered + timedelta(days=LEAD_DAYS[SUPPLIERS[product]][week % 3]),
            "quantity": 24.0,
        }
        for product in RATES
        for week in range(70)
    ]
    terms = [
        {
            "product_id": product,
            "supplier": SUPPLIERS[product],
            "updated_at": datetime.combine(FIRST, _noon),
            "unit_cost": Decimal("1.20"),
            "currency": "EUR",
            "pack_size": 6.0,
        }
        for product in RATES
    ]
    known = shop.records()
    catalogue = [row | {"price": Decimal("2.00")} for row in known["products"]]
    return known | {"products": catalogue, "stock": counts, "deliveries": deliveries, "supply_terms": terms}


_OWN = {"total": False}


def _total(product: str) -> LocationForecast:
    """Of all stores."""
    rate = RATES[product] * sum(SIZES.values())
    periods = [
        Period(starts_on=ORIGIN + timedelta(days=7 * step), mean=rate, quantiles=quantiles(rate))
        for step in range(HORIZON)
    ]
    return LocationForecast(location_id=EVERYWHERE, total=True, periods=periods)


def forecast(product: str) -> DemandForecast:
    """Poisson demand at the product's own rate, by week and store, and their total."""
    places = [
        LocationForecast(
            location_id=store,
            periods=[
                Period(
                    starts_on=ORIGIN + timedelta(days=7 * step),
                    mean=RATES[product] * size,
                    quantiles=quantiles(RATES[product] * size),
                )
                for step in range(HORIZON)
            ],
        )
        for store, size in SIZES.items()
    ]
    return DemandForecast(source="model", as_of=AS_OF, frequency="week", locations=[_total(product), *places])


def publish(folder: Path) -> Path:
    """What demand's score job would have written."""
    folder.mkdir(parents=True, exist_ok=True)
    answers = {product: forecast(product) for product in RATES}
    # What stands above products is published as well, and nothing of it is kept in stock.
    answers["level:shop"] = forecast(EMPTY).model_copy(update={"locations": [_total(EMPTY).model_copy(update=_OWN)]})
    # So is what is listed and was never sold, of which nothing was counted yet.
    answers["unsold"] = forecast(FULL)
    lines = [
        StoredScore(entity_id=name, answer=answers[name].model_dump(mode="json")).model_dump_json()
        for name in sorted(answers)
    ]
    halves = lines[:4], lines[4:]
    manifest = [{"key": f"part-{n:05d}.jsonl", "rows": len(half)} for n, half in enumerate(halves)]
    for chunk, half in zip(manifest, halves, strict=True):
        (folder / chunk["key"]).write_text("\n".join(half) + "\n")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
