"""Which outcome costs least: C. Elkan, *The foundations of cost-sensitive learning*, 2001, with amounts per event.

Approving a fraud loses its amount and a fee. Blocking a good customer loses the margin and goodwill. A review costs a
person's time and misses a share of the fraud. Where fewer reviews are possible than would pay, each has a price beside
its cost, the shadow price of the capacity: the lowest at which no more are asked for than can be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.assessments.parameters import AssessmentParameters

Outcome = Literal["approve", "review", "block"]
OUTCOMES: tuple[Outcome, ...] = ("approve", "review", "block")
"""From mild to strong."""


class Costs(BaseModel):
    """What each outcome is expected to cost, in the shop's currency."""

    model_config = ConfigDict(defer_build=True, allow_inf_nan=False)

    approve: float = Field(ge=0)
    review: float = Field(ge=0)
    block: float = Field(ge=0)


def costs(probability: float, amount: float, of: AssessmentParameters, price: float = 0.0) -> Costs:
    """Expected costs of an event of that amount which is fraud with that probability; `price` is a review's beside its
    cost."""
    loss = probability * (amount * of.loss_share + of.loss_fee)
    return Costs(
        approve=loss,
        review=of.review_cost + price + (1.0 - of.review_finds) * loss,
        block=(1.0 - probability) * (amount * of.margin + of.goodwill),
    )


def cheapest(expected: Costs, *, review: bool = True) -> Outcome:
    """The outcome that costs least, of equal ones the mildest; without `review` nobody has time for one."""
    possible = OUTCOMES if review else ("approve", "block")
    return min(possible, key=lambda outcome: getattr(expected, outcome))


def review_price(
    probabilities: Sequence[float], amounts: Sequence[float], of: AssessmentParameters, capacity: int
) -> float:
    """The lowest price at which at most `capacity` of these events are reviewed; 0.0 where fewer would be anyway."""
    gains = []
    for probability, amount in zip(probabilities, amounts, strict=True):
        expected = costs(probability, amount, of)
        gain = min(expected.approve, expected.block) - expected.review
        if gain > 0:
            gains.append(gain)
    gains.sort(reverse=True)
    return gains[capacity] if capacity < len(gains) else 0.0


def combined(decided: Outcome, ruled: Outcome | None) -> Outcome:
    """The outcome where the model decided one and the rules another: a rule's review only raises an approval."""
    if ruled is None or (ruled == "review" and OUTCOMES.index(decided) >= OUTCOMES.index(ruled)):
        return decided
    return ruled
