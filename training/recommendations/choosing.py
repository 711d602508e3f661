"""From products found to the places of an answer: filters, then what the merchant decides (`controls`)."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import sparse

from commerce.families.recommendations import request
from commerce.families.recommendations.answer import Origin
from commerce.families.recommendations.request import Asked
from training.recommendations.controls import EXPLORED_AMONG, Controls, Shown, choose
from training.recommendations.found import Found
from training.recommendations.sessions.rows import foremost
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
    fill: Callable[[], Found] | None,
    barred: AbstractSet[int],
    rng: np.random.Generator | None,
) -> list[Chosen]:
    """At most `limit` places. What is found comes before what only fills; what is buried comes last.

    `fill` is called where something of it can have a place.
    """
    controls = question.controls
    every = found
    pins = shop.catalogue.positions(controls.pin)
    if len(pins := pins[pins >= 0]):
        # Pins may be products that nothing found; where something did, it says why.
        every = Found.joined([found, Found.of(pins, np.full(len(pins), _LOWEST), "given")]).once()
    every = _open(shop, question, every, barred)
    last = _buried(shop, question, every)
    if fill is not None and (not _by_score(controls) or int((~last).sum()) < question.limit + EXPLORED_AMONG):
        every = Found.joined([every, _open(shop, question, _below(found, fill()), barred)]).once()
        last = _buried(shop, question, every)
    wanted = Controls(
        places=question.limit,
        pin=tuple(pins.tolist()),
        boost=_boosts(shop, question),
        margin_weight=controls.margin_weight,
        diversity=controls.diversity,
        caps={str(level): most for level, most in controls.caps.items()},
        explore=controls.explore,
    )
    shown = _choose(shop, every.where(~last), wanted, rng)
    if len(shown) < question.limit and last.any():
        rest = replace(wanted, places=question.limit - len(shown), explore=0.0)
        shown += _choose(shop, every.where(last), rest, None)
    return shown


def _choose(shop: Shop, among: Found, wanted: Controls, rng: np.random.Generator | None) -> list[Chosen]:
    if not len(among.items):
        return []
    if _by_score(wanted):
        among = _foremost(among, wanted)
    groups = {name: shop.catalogue.groups(name, among.items) for name in wanted.caps}
    shown = choose(
        among.items,
        among.scores,
        wanted,
        groups=groups,
        margin=shop.catalogue.margin(among.items) if wanted.margin_weight else None,
        vectors=_narrow(shop.vectors[among.items]) if wanted.diversity else None,
        rng=rng,
    )
    return [_chosen(among, one) for one in shown]


def _chosen(among: Found, one: Shown) -> Chosen:
    place = int(np.flatnonzero(among.items == one.item)[0])
    because, count = int(among.because[place]), int(among.count[place])
    return Chosen(one.item, one.score, among.origin(place), because, count, _CHOICES[one.why], one.propensity)


def _open(shop: Shop, question: Asked, found: Found, barred: AbstractSet[int]) -> Found:
    """What may be shown."""
    found = found.without(list(barred))
    return found.where(shop.catalogue.allowed(found.items, question.filters))


def _buried(shop: Shop, question: Asked, found: Found) -> np.ndarray:
    named = question.controls.bury
    return np.isin(found.items, shop.catalogue.positions(named)) if named else np.zeros(len(found.items), dtype=bool)


def _foremost(among: Found, wanted: Controls) -> Found:
    """Those that can have a place by their scores, and the pinned."""
    best = foremost(among.scores, min(wanted.places + wanted.explore_among, len(among.items)))
    pinned = np.flatnonzero(np.isin(among.items, wanted.pin)) if wanted.pin else best[:0]
    return among.where(np.union1d(best, pinned))


def _by_score(controls: Controls | request.Controls) -> bool:
    """Whether nothing but the score decides, so that what only fills comes after all that was found."""
    return not (controls.boost or controls.caps or controls.diversity or controls.margin_weight)


def _below(found: Found, fill: Found) -> Found:
    """`fill` with scores below those found, in its own order."""
    least = float(found.scores.min()) if len(found.items) else 1.0
    top = max(float(fill.scores.max(initial=0.0)), _LOWEST)
    return fill.scored(min(least, 1.0) * _LOWEST * fill.scores / top if len(found.items) else fill.scores)


def _boosts(shop: Shop, question: Asked) -> dict[int, float]:
    named = question.controls.boost
    places = shop.catalogue.positions(list(named))
    return {int(place): factor for place, factor in zip(places, named.values(), strict=True) if place >= 0}


def _narrow(vectors: sparse.csr_matrix) -> sparse.csr_matrix:
    """The same rows on the few columns that they use."""
    used, columns = np.unique(vectors.indices, return_inverse=True)
    shape = (vectors.get_shape()[0], max(len(used), 1))
    return sparse.csr_matrix((vectors.data, columns, vectors.indptr), shape=shape)
