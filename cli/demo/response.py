"""What households are said to do with a letter: a stated model, because mail of a laptop reaches nobody.

Who got a letter opens it with a chance, of those who opened some click, and some of either place one more order than
they did in reality: one of their own past baskets again. Who got none does what they really did. So for every household
both outcomes are known, with letter and without, and with them the true effect of the letters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np


@dataclass(frozen=True)
class ResponseModel:
    """Chances of each step. `order_after_open` is that of those who opened and did not click.

    Chosen so that the effect is about the smallest that the demo's audience can show (its preview says so), and far
    above what a real letter does: 800 households could not show that.
    """

    opens: float = 0.7
    clicks: float = 0.6
    order_after_click: float = 0.6
    order_after_open: float = 0.25
    seed: int = 20180101

    @property
    def orders(self) -> float:
        """Chance of one more order of a household that got a letter."""
        return self.opens * (self.clicks * self.order_after_click + (1 - self.clicks) * self.order_after_open)

    def in_words(self) -> str:
        """The model in a sentence."""
        return (
            f"of those who got a letter {self.opens:.0%} open it and {self.clicks:.0%} of these click; of those who "
            f"clicked {self.order_after_click:.0%} and of the others who opened {self.order_after_open:.0%} place one "
            f"more order, a past basket of their own ({self.orders:.1%} of all letters)"
        )


@dataclass(frozen=True)
class Reply:
    """What one household did with its letter. `basket` is the past order that it places again, `at` when."""

    customer_id: str
    opened: bool
    clicked: bool
    basket: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Truth:
    """The true effect per household allocated to a letter: what the measurement has to find without knowing it."""

    conversion: float
    revenue: float
    treated: int
    extra_orders: int


def replies(model: ResponseModel, baskets: Mapping[str, Sequence[str]], starts: datetime, days: int) -> list[Reply]:
    """The reply of every household that got a letter, by its past orders (`baskets`); extra orders fall into the
    `days` from `starts` on.

    A household's reply depends on the seed and its id alone, not on who else got a letter.
    """
    return [_reply(model, customer, baskets[customer], starts, days) for customer in sorted(baskets)]


def truth(
    given: Sequence[Reply], allocated: Sequence[str], ordered_anyway: set[str], amounts: Mapping[str, float]
) -> Truth:
    """The effect that the replies had on the households `allocated` to a letter.

    `ordered_anyway` are those who really ordered in the window, whom one more order does not convert; `amounts` is the
    money of each basket.
    """
    extra = [reply for reply in given if reply.basket is not None]
    converted = sum(reply.customer_id not in ordered_anyway for reply in extra)
    money = sum(amounts[reply.basket] for reply in extra if reply.basket is not None)
    treated = len(allocated)
    return Truth(converted / max(treated, 1), money / max(treated, 1), treated, len(extra))


def _reply(model: ResponseModel, customer: str, past: Sequence[str], starts: datetime, days: int) -> Reply:
    random = np.random.default_rng([model.seed, *customer.encode()])
    opened, clicked, ordered, which, when = random.random(5)
    does_open = bool(opened < model.opens)
    does_click = does_open and bool(clicked < model.clicks)
    chance = (model.order_after_click if does_click else model.order_after_open) if does_open else 0.0
    if not past or ordered >= chance:
        return Reply(customer, does_open, does_click)
    at = starts + timedelta(seconds=int(when * timedelta(days=days).total_seconds()))
    return Reply(customer, does_open, does_click, past[int(which * len(past))], at)
