"""What customers of the made-up shop ask, question by question, as the function asks the container."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from benchmarks._serving_shop import AS_OF, LEVELS, MARKETS, Popularity
from training.recommendations.shop import Shop

SESSION = 10
CART = 5
RERANKED = 50
LIMIT = 10
KINDS = ("viewed", "viewed", "viewed", "added")

Body = dict[str, Any]
"""An `Instance` as JSON has it."""


class Asking:
    """Questions of a shop's customers; products are named as often as they are bought."""

    def __init__(self, of: Shop, popularity: Popularity, profiles: list[Body], rng: np.random.Generator) -> None:
        self.of, self.popularity, self.profiles, self.rng = of, popularity, profiles, rng
        self.makers: dict[str, Callable[[], Body]] = {
            "for_you": lambda: self._visitor({"question": "for_you", "filters": {"in_stock": True}}),
            "for_you_controlled": self._controlled,
            "next": lambda: self._visitor({"question": "next"}),
            "also_bought": lambda: self._instance({"question": "also_bought", "product_id": self._products(1)[0]}),
            "also_viewed": lambda: self._instance({"question": "also_viewed", "product_id": self._products(1)[0]}),
            "similar": lambda: self._instance({"question": "similar", "product_id": self._products(1)[0]}),
            "bundles": lambda: self._instance({"question": "bundles", "cart": self._products(CART)}),
            "buy_again": lambda: self._visitor({"question": "buy_again"}),
            "trending": self._trending,
            "rerank": lambda: self._visitor({"question": "rerank", "products": self._products(RERANKED)}),
        }

    def ask(self, kind: str, count: int) -> list[Body]:
        """`count` instances of one kind."""
        return [self.makers[kind]() for _ in range(count)]

    def _controlled(self) -> Body:
        """With most of what a merchant can say."""
        controls = {
            "pin": self._products(1),
            "bury": self._products(2),
            "shown": self._products(10),
            "boost": dict.fromkeys(self._products(5), 1.5),
            "caps": {"brand": 2},
            "diversity": 0.3,
            "margin_weight": 0.2,
            "explore": 0.1,
        }
        filters = {"in_stock": True, "markets": [str(self.rng.choice(MARKETS))]}
        return self._visitor({"question": "for_you", "filters": filters, "controls": controls})

    def _trending(self) -> Body:
        departments = len(self.of.popular) // LEVELS["department"] + 2
        filters = {"departments": [f"department {self.rng.integers(0, departments)}"]}
        return self._instance({"question": "trending", "filters": filters})

    def _visitor(self, question: Body) -> Body:
        who = int(self.rng.integers(0, len(self.profiles)))
        return self._instance({"customer_id": f"c{who}"} | question, self.profiles[who], self._session())

    def _instance(self, question: Body, profile: Body | None = None, actions: list[Body] | None = None) -> Body:
        return {
            "question": {"limit": LIMIT} | question,
            "as_of": AS_OF.isoformat(),
            "profile": profile,
            "actions": actions or [],
            "seed": int(self.rng.integers(0, 2**32)),
        }

    def _session(self) -> list[Body]:
        now = datetime.combine(AS_OF, datetime.min.time(), UTC)
        return [
            {
                "kind": str(self.rng.choice(KINDS)),
                "product_id": product,
                "at": (now + timedelta(minutes=minute)).isoformat(),
            }
            for minute, product in enumerate(self._products(SESSION))
        ]

    def _products(self, count: int) -> list[str]:
        return [self.of.catalogue.id(item) for item in self.popularity.draw(count, self.rng)]


def encoded(instance: Body) -> bytes:
    """Body of a request to the container."""
    return json.dumps({"family": "recommendations", "instances": [instance]}).encode()
