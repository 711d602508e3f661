"""Questions of every kind, made from a version's own products and customers' profiles, for its rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from commerce.actions import Action
from commerce.questions import Instance
from training.recommendations.shop import Shop

_CART = 3


def instances(shop: Shop, profiles: Mapping[str, dict[str, Any]], count: int) -> list[Instance]:
    """At most `count` instances: the kinds in turn, each of another customer and another of the popular products."""
    popular = [shop.catalogue.id(i) for i in np.argsort(-shop.popular, kind="stable")[: count + _CART]]
    people = list(profiles.items())
    found: list[Instance] = []
    for number in range(count if popular else 0):
        product, cart = popular[number % len(popular)], popular[number % len(popular) :][:_CART]
        person, profile = people[number % len(people)] if people else ("nobody", None)
        found.append(_instance(shop, number, person, profile, product, cart))
    return found


def _instance(
    shop: Shop, number: int, person: str, profile: dict[str, Any] | None, product: str, cart: list[str]
) -> Instance:
    whose: dict[str, Any] = {"customer_id": person}
    kinds: tuple[dict[str, Any], ...] = (
        {"question": "for_you"} | whose,
        {"question": "next"} | whose,
        {"question": "buy_again"} | whose,
        {"question": "rerank", "products": cart} | whose,
        {"question": "also_bought", "product_id": product},
        {"question": "also_viewed", "product_id": product},
        {"question": "similar", "product_id": product},
        {"question": "bundles", "cart": cart},
        {"question": "trending"},
    )
    at = datetime.combine(shop.as_of, datetime.min.time(), UTC)
    actions = [Action(kind="viewed", product_id=product, at=at)] if number % 2 else []
    return Instance(question=kinds[number % len(kinds)], as_of=shop.as_of, profile=profile, actions=actions)
