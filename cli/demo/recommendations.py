"""From the workflow to what a household is shown: its last basket, and the API's answers beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date

from cli.api import questions
from cli.console import done
from cli.demo import household
from cli.demo.household import Household
from cli.demo.learning import learn
from cli.environment import Environment
from cli.report.model import Product, RecommendationsReport, Shelf
from commerce.families import family as family_spec
from commerce.families.recommendations.answer import Recommendations
from commerce.families.recommendations.request import AlsoBought, Asked, Bundles, BuyAgain, Controls, ForYou
from lake import Lake

FAMILY = "recommendations"
PARAMETERS = {"customers_per_date": 800, "dates": 3}
"""Fewer pairs to learn from than the defaults: a laptop is not to take long."""
_SHOWN = 6


def run(environment: Environment, lake: Lake, as_of: date) -> RecommendationsReport:
    """Train and release as of a day, and ask what one household should see; whoever answers."""
    learnt = learn(environment, family_spec(FAMILY), as_of, PARAMETERS)
    chosen = household.choose(household.baskets(lake, as_of))
    basket = list(chosen.basket.products)
    names = household.products(lake, basket, as_of)
    wanted = list(_questions(chosen, names))
    _, first = _ask(environment, wanted[0][1])
    shelves = [Shelf(title, *_ask(environment, question)) for title, question in wanted]
    shown = {item.product_id for shelf in shelves for item in shelf.answer.items}
    done(f"asked the API what household {chosen.customer_id} should see: {len(shelves)} questions")
    return RecommendationsReport(
        learnt=learnt,
        household=chosen.customer_id,
        recent_days=household.RECENT_DAYS,
        orders=chosen.orders,
        variety=chosen.variety,
        basket_on=chosen.basket.at.date(),
        basket=basket,
        shelves=shelves,
        products=names | household.products(lake, shown, as_of),
        first_milliseconds=first,
    )


def _questions(chosen: Household, names: dict[str, Product]) -> Iterator[tuple[str, Asked]]:
    """What a shop would ask for its home page, a product's page and the basket."""
    customer, basket, product = chosen.customer_id, list(chosen.basket.products), chosen.known_for
    only_new = Controls(exclude_bought=True)
    yield "For you", ForYou(question="for_you", customer_id=customer, limit=_SHOWN)
    yield "For you, only new", ForYou(question="for_you", customer_id=customer, limit=_SHOWN, controls=only_new)
    yield "Buy again", BuyAgain(question="buy_again", customer_id=customer, limit=_SHOWN)
    yield (
        f"Also bought with {names[product].name}",
        AlsoBought(question="also_bought", customer_id=customer, product_id=product, limit=_SHOWN),
    )
    yield "To complete the basket", Bundles(question="bundles", customer_id=customer, cart=basket, limit=_SHOWN)


def _ask(environment: Environment, question: Asked) -> tuple[Recommendations, float]:
    """The answer and the milliseconds of the call."""
    began = time.perf_counter()
    answered = questions.ask(environment, family_spec(FAMILY), question)
    milliseconds = 1000 * (time.perf_counter() - began)
    return Recommendations.model_validate(answered.answer), milliseconds
