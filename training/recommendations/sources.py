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
FOLLOWING = 0.5
"""Weight of what follows one product beside what visits like the whole one held."""
AGAIN = 0.3
"""Weight of the session's own products; it and the above were chosen on Diginetica's last training week."""
MOST_ALIKE = 200
_PART = 256
"""Best sellers that are looked at first; each further part is larger by four."""


def together(pairs: Together, item: int, origin: Origin) -> Found:
    """What goes with a product, the strongest first."""
    others, strength, both = pairs.row(item)
    return Found.of(others, strength, origin, item, both)


def alike(shop: Shop, item: int) -> Found:
    """Products like this one by what they are: cosine of their words and attributes."""
    likeness = np.zeros(len(shop.catalogue), dtype=np.float32)
    postings = shop.postings
    for word, weight in zip(*_row(shop.vectors, item), strict=True):
        row = slice(*postings.indptr[word : word + 2])
        likeness[postings.indices[row]] += weight * postings.data[row]
    likeness[item] = 0
    some = np.flatnonzero(likeness > 0)
    if len(some) > MOST_ALIKE:
        some = some[np.argpartition(-likeness[some], MOST_ALIKE)[:MOST_ALIKE]]
    order = some[np.lexsort((some, -likeness[some]))]
    return Found.of(order, likeness[order], "content", item)


def session(shop: Shop, actions: Sequence[tuple[Kind, int]], *, again: bool = False) -> Found:
    """What visitors did next after actions like these, newest last, in the order of positions.

    Of what was looked at: what past visits like this one held, and what is looked at after it; of what went into the
    cart or was ordered: what was bought with it. Each source is brought to at most 1, so that none drowns the others.
    What is in the session already is left out, unless `again`, when it counts `AGAIN` for its newest action.
    """
    latest = list(actions)[-SESSION_LENGTH:]
    parts = [*_visits(shop, latest)]
    for back, (kind, item) in enumerate(reversed(latest)):
        decay = float(np.exp(-back / SESSION_DECAY))
        if weight := KIND_WEIGHTS[kind] * decay:
            parts += [(others, weight * values, item) for others, values in _after(shop, kind, item)]
            if again:
                parts.append((np.array([item]), np.array([AGAIN * decay]), item))
    if not parts:
        return Found.joined([])
    items = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[1] for part in parts])
    whose = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    distinct, place = np.unique(items, return_inverse=True)
    totals = np.bincount(place, values)
    # The action that says most for a product is the one that it is explained by: it is written last.
    order = np.argsort(values, kind="stable")
    because = np.zeros(len(distinct), dtype=np.int64)
    because[place[order]] = whose[order]
    found = Found.of(distinct, totals, "session", because)
    return found if again else found.without([item for _, item in latest])


def completing(shop: Shop, cart: Sequence[int]) -> Found:
    """What completes a cart (see `bundles`)."""
    found = bundles.complete(cart, shop.bought, shop.viewed)
    arrays = (np.array([getattr(one, name) for one in found]) for name in ("item", "strength", "because", "baskets"))
    items, strength, because, baskets = arrays
    return Found.of(items, strength, "together", because, baskets)


def selling(shop: Shop, filters: Filters, wanted: int, *, trending: bool = False) -> Found:
    """At least `wanted` products that sell (or sell more than usual) and that the filters let pass, if there are."""
    best, worth = (shop.rising, shop.trending) if trending else (shop.selling, shop.popular)
    kept: list[np.ndarray] = []
    count = 0
    for places in _parts(best):
        allowed = places[shop.catalogue.allowed(places, filters)]
        kept.append(allowed)
        count += len(allowed)
        if count >= wanted:
            break
    items = np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
    return Found.of(items, worth[items], "trending" if trending else "popular")


def ordered(found: Found) -> Found:
    """The best first."""
    order = np.lexsort((found.items, -found.scores))
    return found.where(order)


def _visits(shop: Shop, latest: Sequence[tuple[Kind, int]]) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """What past visits like this one held, explained by its last product."""
    seen = [item for kind, item in latest if KIND_WEIGHTS[kind]]
    if shop.visits is None or not seen:
        return
    items, scores = shop.visits.following(np.array(seen))
    yield items, _unit(scores), seen[-1]


def _after(shop: Shop, kind: Kind, item: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    if kind == "viewed":
        others, values = _row(shop.follows, item)
        yield others, FOLLOWING * _unit(values)
    if kind != "viewed" or not shop.follows.nnz:
        others, strength, _ = shop.bought.row(item)
        yield others, _unit(strength)


def _row(matrix: sparse.csr_matrix, item: int) -> tuple[np.ndarray, np.ndarray]:
    row = slice(*matrix.indptr[item : item + 2])
    return matrix.indices[row], matrix.data[row]


def _unit(values: np.ndarray) -> np.ndarray:
    return values / values.max() if len(values) and values.max() > 0 else values


def _parts(best: np.ndarray) -> Iterator[np.ndarray]:
    start, size = 0, _PART
    while start < len(best):
        yield best[start : start + size]
        start, size = start + size, size * 4
