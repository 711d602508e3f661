"""Where products come from: what goes with others, what is alike, what follows in a session, what sells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from commerce.actions import Kind
from commerce.families.recommendations.answer import Origin
from commerce.families.recommendations.request import Filters
from training.recommendations import bundles
from training.recommendations.found import Found
from training.recommendations.shop import Shop
from training.recommendations.together import Together

SESSION_DECAY = 1.5
"""An action counts exp(−steps back / this)."""
SESSION_LENGTH = 10
KIND_WEIGHTS: dict[Kind, float] = {"viewed": 1.0, "added": 2.0, "ordered": 1.0, "removed": 0.0}
MOST_ALIKE = 200
MOST_SCANNED = 20_000
"""Of the best sellers, searched for those that filters let pass."""


def together(pairs: Together, item: int, origin: Origin) -> Found:
    """What goes with a product, the strongest first."""
    others, strength, both = pairs.row(item)
    return Found.of(others, strength, origin, item, both)


def alike(shop: Shop, item: int) -> Found:
    """Products like this one by what they are: cosine of their words and attributes."""
    query = shop.vectors[item]
    likeness = np.zeros(len(shop.catalogue), dtype=np.float32)
    postings = shop.postings
    for word, weight in zip(query.indices, query.data, strict=True):
        row = slice(*postings.indptr[word : word + 2])
        likeness[postings.indices[row]] += weight * postings.data[row]
    likeness[item] = 0
    some = np.flatnonzero(likeness > 0)
    if len(some) > MOST_ALIKE:
        some = some[np.argpartition(-likeness[some], MOST_ALIKE)[:MOST_ALIKE]]
    order = some[np.lexsort((some, -likeness[some]))]
    return Found.of(order, likeness[order], "content", item)


def session(shop: Shop, actions: Sequence[tuple[Kind, int]]) -> Found:
    """What visitors did next after actions like these, newest last; what is in the session already is left out.

    Of what was looked at: what was looked at after it, and together with it; of what went into the cart or was
    ordered: what was bought with it. Each source is brought to at most 1 per action, so that none drowns the others.
    """
    latest = list(actions)[-SESSION_LENGTH:]
    parts: list[tuple[np.ndarray, np.ndarray, int]] = []
    for back, (kind, item) in enumerate(reversed(latest)):
        weight = KIND_WEIGHTS[kind] * float(np.exp(-back / SESSION_DECAY))
        if weight:
            parts += [(others, weight * _unit(values), item) for others, values in _after(shop, kind, item)]
    if not parts:
        return Found.joined([])
    items = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[1] for part in parts])
    whose = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    distinct, place = np.unique(items, return_inverse=True)
    totals = np.bincount(place, values)
    # The action that says most for a product is the one that it is explained by.
    order = np.lexsort((values, place))
    because = np.zeros(len(distinct), dtype=np.int64)
    because[place[order]] = whose[order]
    found = Found.of(distinct, totals, "session", because)
    return ordered(found.where(~np.isin(distinct, [item for _, item in latest])))


def completing(shop: Shop, cart: Sequence[int]) -> Found:
    """What completes a cart (see `bundles`)."""
    found = bundles.complete(cart, shop.bought, shop.viewed)
    arrays = (np.array([getattr(one, name) for one in found]) for name in ("item", "strength", "because", "baskets"))
    items, strength, because, baskets = arrays
    return Found.of(items, strength, "together", because, baskets)


def selling(shop: Shop, filters: Filters, wanted: int, *, trending: bool = False) -> Found:
    """At least `wanted` products that sell (or sell more than usual) and that the filters let pass, if there are."""
    worth, origin = (shop.trending, "trending") if trending else (shop.popular, "popular")
    kept: list[np.ndarray] = []
    count = 0
    for places in _best(worth):
        allowed = places[shop.catalogue.allowed(places, filters)]
        kept.append(allowed)
        count += len(allowed)
        if count >= wanted:
            break
    items = np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
    return Found.of(items, worth[items], origin)


def ordered(found: Found) -> Found:
    """The best first."""
    order = np.lexsort((found.items, -found.scores))
    return Found(
        found.items[order], found.scores[order], found.origins[order], found.because[order], found.count[order]
    )


def _after(shop: Shop, kind: Kind, item: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    if kind == "viewed":
        yield _row(shop.follows, item)
        others, strength, _ = shop.viewed.row(item)
        yield others, strength
    if kind != "viewed" or not shop.follows.nnz:
        others, strength, _ = shop.bought.row(item)
        yield others, strength


def _row(matrix: sparse.csr_matrix, item: int) -> tuple[np.ndarray, np.ndarray]:
    row = slice(*matrix.indptr[item : item + 2])
    return matrix.indices[row], matrix.data[row]


def _unit(values: np.ndarray) -> np.ndarray:
    return values / values.max() if len(values) and values.max() > 0 else values


def _best(worth: np.ndarray) -> Iterator[np.ndarray]:
    """Positions with a worth above 0, the best first, in growing parts."""
    some = np.flatnonzero(worth > 0)
    if len(some) > MOST_SCANNED:
        some = some[np.argpartition(-worth[some], MOST_SCANNED)[:MOST_SCANNED]]
    order = some[np.lexsort((some, -worth[some]))]
    start, size = 0, 256
    while start < len(order):
        yield order[start : start + size]
        start, size = start + size, size * 4
