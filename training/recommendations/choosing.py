"""From products found to the places of an answer: filters, then what the merchant decides (`controls`)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse

from commerce.families.recommendations.answer import Origin
from commerce.families.recommendations.request import Asked
from training.recommendations.controls import Controls, choose
from training.recommendations.found import Found
from training.recommendations.shop import Shop

_CHOICES: dict[str, Literal["ranked", "pinned", "explored"]] = {
    "model": "ranked",
    "pinned": "pinned",
    "explored": "explored",
}
_LOWEST = 1e-9
"""Scores of products that are only pinned, or only fill: below all that were found."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One place of an answer."""

    item: int
    score: float
    origin: Origin
    because: int
    count: int
    choice: Literal["ranked", "pinned", "explored"]
    propensity: float


def chosen(
    shop: Shop,
    question: Asked,
    found: Found,
    fill: Found | None,
    barred: AbstractSet[int],
    rng: np.random.Generator | None,
) -> list[Chosen]:
    """At most `limit` places. What is found comes before what only fills; what is buried comes last."""
    controls = question.controls
    places = shop.catalogue.positions(controls.pin)
    pins = Found.of(places[places >= 0], np.full(int((places >= 0).sum()), _LOWEST), "given")
    # Pins may be products that nothing found; where something did, it says why.
    every = Found.joined([found, pins, *([] if fill is None else [_below(found, fill)])])
    every = every.where(~np.isin(every.items, list(barred)))
    every = every.where(shop.catalogue.allowed(every.items, question.filters))
    last = np.isin(every.items, shop.catalogue.positions(controls.bury))
    wanted = Controls(
        places=question.limit,
        pin=tuple(pins.items.tolist()),
        boost=_boosts(shop, question),
        margin_weight=controls.margin_weight,
        diversity=controls.diversity,
        caps={str(level): most for level, most in controls.caps.items()},
        explore=controls.explore,
    )
    first = _choose(shop, every.where(~last), wanted, rng)
    if len(first) < question.limit and last.any():
        rest = replace(wanted, places=question.limit - len(first), explore=0.0)
        first += _choose(shop, every.where(last), rest, None)
    return first


def _choose(shop: Shop, among: Found, wanted: Controls, rng: np.random.Generator | None) -> list[Chosen]:
    if not len(among.items):
        return []
    groups = {name: shop.catalogue.groups(name, among.items) for name in wanted.caps}
    shown = choose(
        among.items,
        among.scores,
        wanted,
        groups=groups,
        margin=shop.catalogue.margin(among.items) if wanted.margin_weight else None,
        vectors=_dense(shop.vectors[among.items]) if wanted.diversity else None,
        rng=rng,
    )
    where = {int(item): place for place, item in enumerate(among.items)}
    return [
        Chosen(
            one.item,
            one.score,
            among.origins[where[one.item]],
            int(among.because[where[one.item]]),
            int(among.count[where[one.item]]),
            _CHOICES[one.why],
            one.propensity,
        )
        for one in shown
    ]


def _below(found: Found, fill: Found) -> Found:
    """`fill` with scores below those found, in its own order."""
    least = float(found.scores.min()) if len(found.items) else 1.0
    top = max(float(fill.scores.max(initial=0.0)), _LOWEST)
    return fill.scored(min(least, 1.0) * _LOWEST * fill.scores / top if len(found.items) else fill.scores)


def _boosts(shop: Shop, question: Asked) -> dict[int, float]:
    named = question.controls.boost
    places = shop.catalogue.positions(list(named))
    return {int(place): factor for place, factor in zip(places, named.values(), strict=True) if place >= 0}


def _dense(vectors: sparse.csr_matrix) -> np.ndarray:
    """Rows on the few columns that they use."""
    used, columns = np.unique(vectors.indices, return_inverse=True)
    shape = (vectors.get_shape()[0], max(len(used), 1))
    return sparse.csr_matrix((vectors.data, columns, vectors.indptr), shape=shape).toarray()
