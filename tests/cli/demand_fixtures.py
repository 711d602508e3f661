"""Made-up forecasts and stock actions for the demo's report."""

from __future__ import annotations

from datetime import date, timedelta

from cli.report.model import DemandReport, Product, StockReport
from commerce.evaluation import Evaluation
from commerce.families import family
from commerce.families.demand import DemandForecast, WhatIf, what_if
from commerce.families.demand.answer import EVERYWHERE, LEVELS, LocationForecast, Period
from commerce.families.demand.baseline import quantiles
from commerce.families.demand.responses import Drivers
from commerce.families.stock.ranking import StockAction
from tests.cli.recommendation_fixtures import learnt

MONDAY = date(2018, 1, 1)


def forecast(drivers: Drivers | None = None, weeks: int = 4) -> DemandForecast:
    """A product of rising demand in the whole shop."""
    periods = [
        Period(starts_on=MONDAY + timedelta(weeks=k), mean=20 + k, quantiles=quantiles(20 + k)) for k in range(weeks)
    ]
    place = LocationForecast(location_id=EVERYWHERE, periods=periods, ratios=[0.0, 0.5])
    return DemandForecast(
        source="model", version="2", as_of=MONDAY, frequency="week", locations=[place], drivers=drivers
    )


def history(weeks: int = 26) -> dict[date, float]:
    """As many weeks before the forecast."""
    return {MONDAY - timedelta(weeks=k): 15.0 + k % 7 for k in range(weeks, 0, -1)}


def action(product: str = "77", **changes: object) -> StockAction:
    values = {
        "product_id": product,
        "location_id": EVERYWHERE,
        "action": "order",
        "money_at_stake": 31.4,
        "currency": "USD",
        "order_quantity": 48,
        "order_by": MONDAY,
        "transfer_from": None,
        "transfer_quantity": 0,
        "markdown": 0,
        "on_hand": 9,
        "on_order": 0,
        "days_of_cover": 8.9,
        "stockout_chance": 0.62,
        "stockout_on": MONDAY,
        "overstock": 0,
        "reason": "9 on hand last 8.9 days, an order takes about 6: order 48",
    }
    return StockAction.model_validate(values | changes)


def demand_report(drivers: Drivers | None = None, **changes: object) -> DemandReport:
    """As of a day; `drivers` are those of the product's forecast."""
    known = forecast(drivers or Drivers(display=[0, 0.2], elasticity=-1.2, price=2.5))
    week = {"starts_on": MONDAY + timedelta(weeks=1), "ends_on": MONDAY + timedelta(days=13)}
    asked = WhatIf.model_validate({"product_id": "77", "plan": [week | {"display": 0.2, "discount": 0.1}]})
    evaluation = Evaluation(
        family="demand",
        as_of=MONDAY,
        holdout_as_of=date(2017, 11, 27),
        holdout_rows=4321,
        metrics={
            "candidate": {"pinball": 0.16, "coverage_error": 0.01},
            "seasonal_naive": {"pinball": 0.3, "coverage_error": 0.33},
        },
        curves={
            "coverage": [{"level": level, "covered": level**1.1} for level in LEVELS],
            "error_by_step": [{"step": float(k), "error": 0.3 + 0.01 * k} for k in range(1, 5)],
            "error_by_level": [{"level": float(k), "error": 0.05 * (k + 1)} for k in (0, 1, 3, 5)],
        },
    )
    replayed = Evaluation(
        family="stock",
        as_of=MONDAY,
        holdout_as_of=date(2017, 11, 27),
        holdout_rows=321,
        metrics={
            "candidate": {"cost": 0.1, "fill_rate": 0.97},
            "moving_average": {"cost": 0.14, "fill_rate": 0.95},
        },
    )
    stock = StockReport(
        learnt=learnt(family=family("stock"), evaluation=replayed, reasons=[]),
        assumed="shelves of 5 products",
        actions=[action()],
        total=12,
    )
    values = {
        "learnt": learnt(family=family("demand"), evaluation=evaluation, reasons=[]),
        "product": "77",
        "forecast": known,
        "history": history(),
        "planned": what_if(asked, known),
        "stock": stock,
        "products": {"77": Product("77", "OAT <b>MILK</b>", "Private, 1 GA")},
    }
    return DemandReport(**values | changes)
