"""From the workflow to forecasts, what a display would change, and the stock actions that are worth most."""

from __future__ import annotations

from datetime import date, timedelta

from cli import sold
from cli.api import rankings, scores
from cli.console import done
from cli.demo import household, shelves
from cli.demo.learning import learn
from cli.environment import Environment
from cli.report.model import DemandReport, Learnt, StockReport
from commerce.families import family as family_spec
from commerce.families.demand import DemandForecast, DemandUnderPlan, WhatIf
from commerce.families.stock.ranking import StockAction
from lake import Lake

FAMILY = "demand"
STOCK = "stock"
PARAMETERS = {
    "by_location": False,
    "horizon": 4,
    "least_share": 0.9,
    "left_out": ["FUEL", "MISCELLANEOUS", "COUPON/MISC ITEMS"],
}
"""The whole shop, a month, and what sells in nine weeks of ten: a laptop is not to take long. Fuel is sold by
volume, millions of units that would be most of any sum."""
ACTIONS = 10
RECENT_DAYS = 56
"""Days whose best seller is shown where no stock action is."""


def run(environment: Environment, lake: Lake, as_of: date) -> DemandReport:
    """Train and release as of a day, decide about simulated shelves, and ask about the product worth most."""
    learnt = learn(environment, family_spec(FAMILY), as_of, PARAMETERS)
    stock = _stock(environment, lake, as_of) if learnt.released else None
    chosen = (
        stock.actions[0].product_id
        if stock and stock.actions
        else sold.best_seller(lake, as_of, RECENT_DAYS, shelves.MOST_UNITS)
    )
    forecast = DemandForecast.model_validate(scores.product(environment, family_spec(FAMILY), chosen).answer)
    place = forecast.locations[0]
    first = place.periods[0].starts_on
    done(f"asked the API how much of product {chosen} will sell, and what a display would change")
    shown = {chosen, *(action.product_id for action in stock.actions)} if stock else {chosen}
    return DemandReport(
        learnt=learnt,
        product=chosen,
        forecast=forecast,
        history=sold.history(lake, chosen, place.location_id, first, forecast.frequency),
        planned=_planned(environment, chosen, forecast),
        stock=stock,
        products=household.products(lake, shown, as_of),
    )


def _planned(environment: Environment, product: str, forecast: DemandForecast) -> DemandUnderPlan:
    """The second period under as many displays as were ever met, at a tenth off."""
    second = forecast.locations[0].periods[1].starts_on
    most = forecast.drivers.display[-1] if forecast.drivers else 1.0
    week = {"starts_on": second, "ends_on": second + timedelta(days=6)}
    question = WhatIf.model_validate({"product_id": product, "plan": [week | {"display": most, "discount": 0.1}]})
    (verb,) = (verb for verb in family_spec(FAMILY).verbs if verb.question is WhatIf)
    return DemandUnderPlan.model_validate(scores.verb(environment, family_spec(FAMILY), verb.name, question).answer)


def _stock(environment: Environment, lake: Lake, as_of: date) -> StockReport:
    assumed = shelves.simulate(lake, as_of)
    done(f"simulated {assumed.in_words()}")
    spec = family_spec(STOCK)
    learnt: Learnt = learn(environment, spec, as_of, {})
    actions: list[StockAction] = []
    total = 0
    if learnt.released and spec.ranking:
        asked = {"sort": f"-{spec.ranking.by}", "limit": str(ACTIONS)}
        page = rankings.page(environment, spec, spec.ranking, asked)
        actions, total = [StockAction.model_validate(row) for row in page.rows], page.total
    return StockReport(learnt=learnt, assumed=assumed.in_words(), actions=actions, total=total)
