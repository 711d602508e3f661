"""What completes a cart: products bought with what is in it beyond chance, without what replaces it.

Complements are bought together; substitutes are viewed together and bought instead of each other (McAuley et al. 2015).
A product that shoppers compare with one of the cart's (viewed together beyond chance) and do not buy with it (not
bought together beyond chance) is taken for a substitute and left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from training.recommendations.together import Together

DISCOUNT = 0.5
"""Of each further product of the cart that speaks for the same candidate; see `complete`."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A product for the cart."""

    item: int
    strength: float
    because: int
    """The product of the cart that it goes with most."""
    baskets: int
    """Baskets with both."""


def complete(
    cart: Sequence[int], bought: Together, viewed: Together | None = None, exclude: Collection[int] = ()
) -> list[Completion]:
    """Products that go with `cart`, the strongest first; nothing of the cart or `exclude`, and no substitutes.

    A candidate's strengths towards the products of the cart are added, the largest whole and each further one at
    `DISCOUNT` of the one before: a product that fits two things of the cart is better than one that fits one, and
    yet fifty things that all hint at carrier bags do not make them the answer.
    """
    inside = set(cart)
    barred = inside | set(exclude) | (substitutes(cart, bought, viewed) if viewed else set())
    found: dict[int, list[tuple[float, int, int]]] = {}
    for item in dict.fromkeys(cart):
        for other, strength, baskets in zip(*(column.tolist() for column in bought.row(item)), strict=True):
            if other not in barred:
                found.setdefault(other, []).append((strength, item, baskets))
    completions = []
    for item, reasons in found.items():
        reasons.sort(reverse=True)
        strength = sum(reason[0] * DISCOUNT**rank for rank, reason in enumerate(reasons))
        completions.append(Completion(item, strength, reasons[0][1], reasons[0][2]))
    return sorted(completions, key=lambda c: (-c.strength, c.item))


def substitutes(cart: Sequence[int], bought: Together, viewed: Together) -> set[int]:
    """Products that shoppers look at instead of one of the cart's."""
    kept = (set(viewed.row(item)[0].tolist()) - set(bought.row(item)[0].tolist()) for item in dict.fromkeys(cart))
    return set().union(*kept)
