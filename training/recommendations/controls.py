"""What the merchant decides over the model: from scored candidates to the products that are shown, in order.

Filters come first (what may not be shown takes no place), then pins, then a greedy choice by score with boosts, weight
of margin, diversity and caps. A share of the places may explore; each shown product has the probability with which it
came to its place, so that what is learned from exposures can be corrected for how they were chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import sparse

from training.recommendations.sessions.rows import foremost

Why = Literal["pinned", "model", "explored"]
EXPLORED_AMONG = 50


@dataclass(frozen=True, slots=True)
class Controls:
    """How to choose. Items are positions in the catalogue; groups (category, brand) are small whole numbers by item."""

    places: int = 10
    exclude: frozenset[int] = frozenset()
    pin: tuple[int, ...] = ()
    """Shown first, in this order, whatever their scores; filters still hold."""
    boost: Mapping[int, float] = field(default_factory=dict)
    """Factor on an item's score: above 1 boosts, below 1 buries."""
    margin_weight: float = 0.0
    """In [0, 1]: 0 ranks by the model's score alone, 1 by margin alone."""
    diversity: float = 0.0
    """In [0, 1]: how much an item loses for resembling those chosen (maximal marginal relevance)."""
    caps: Mapping[str, int] = field(default_factory=dict)
    """Most items of one group, by the name of the grouping."""
    explore: float = 0.0
    """In [0, 1]: share of the places, pins apart, that is drawn from `explore_among` by chance."""
    explore_among: int = EXPLORED_AMONG
    """How many of the best remaining candidates an exploring place draws from."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One place of an answer."""

    item: int
    score: float
    why: Why
    propensity: float
    """Probability that this place went to this item, given those before it."""


def choose(
    items: np.ndarray,
    scores: np.ndarray,
    controls: Controls,
    *,
    groups: Mapping[str, np.ndarray] | None = None,
    margin: np.ndarray | None = None,
    vectors: np.ndarray | sparse.csr_matrix | None = None,
    rng: np.random.Generator | None = None,
) -> list[Shown]:
    """At most `places` of `items` (n,), each at most once, the best first.

    `scores` (n,) may have any scale. By item of `items`: `groups` (n,) per grouping of `caps`, `margin` (n,) in money,
    `vectors` (n, d) of length 1 for `diversity`. Exploration needs `rng`. Ties go to the item that comes first. What
    a cap or filter leaves out is not replaced: fewer places than asked for are an honest answer.
    """
    value = _value(scores, items, controls, margin)
    allowed = ~np.isin(items, list(controls.exclude)) if controls.exclude else np.ones(len(items), dtype=bool)
    full = _Caps(controls.caps, groups or {})
    likeness = np.zeros(len(items))
    shown: list[Shown] = []

    def take(position: int, why: Why, propensity: float) -> None:
        shown.append(Shown(int(items[position]), float(scores[position]), why, propensity))
        allowed[position] = False
        full.count(position)
        if vectors is not None:
            np.maximum(likeness, _alike(vectors, position), out=likeness)

    for item in controls.pin:
        position = next(iter(np.flatnonzero(items == item).tolist()), None)
        if position is not None and allowed[position] and full.has_room(position) and len(shown) < controls.places:
            take(position, "pinned", 1.0)
    while len(shown) < controls.places:
        open_ = allowed & full.room()
        if not open_.any():
            break
        worth = np.where(open_, (1 - controls.diversity) * value - controls.diversity * likeness, -np.inf)
        best = int(np.argmax(worth))
        if rng is None or not controls.explore:
            take(best, "model", 1.0)
            continue
        among = foremost(worth, min(controls.explore_among, int(open_.sum())))
        exploring = rng.random() < controls.explore
        position = int(rng.choice(among)) if exploring else best
        propensity = controls.explore / len(among) + (1 - controls.explore) * (position == best)
        take(position, "explored" if exploring else "model", propensity)
    return shown


class _Caps:
    """How many of each group were shown."""

    def __init__(self, caps: Mapping[str, int], groups: Mapping[str, np.ndarray]) -> None:
        missing = sorted(caps.keys() - groups.keys())
        if missing:
            raise ValueError(f"a cap on {', '.join(missing)}, of which the products have no such attribute")
        self.limits = {name: (cap, groups[name]) for name, cap in caps.items()}
        self.counts: dict[str, Counter[int]] = {name: Counter() for name in caps}

    def has_room(self, position: int) -> bool:
        return all(self.counts[name][int(group[position])] < cap for name, (cap, group) in self.limits.items())

    def room(self) -> np.ndarray | Literal[True]:
        """By item, whether each of its groups has room."""
        room: np.ndarray | Literal[True] = True
        for name, (cap, group) in self.limits.items():
            full = [value for value, count in self.counts[name].items() if count >= cap]
            room = room & ~np.isin(group, full)
        return room

    def count(self, position: int) -> None:
        for name, (_, group) in self.limits.items():
            self.counts[name][int(group[position])] += 1


def _value(scores: np.ndarray, items: Sequence[int] | np.ndarray, controls: Controls, margin: np.ndarray | None):
    """What is ranked by, (n,) in [0, boost]: scores and margins each brought to [0, 1], weighted, then boosted."""
    value = _unit(scores)
    if controls.margin_weight and margin is not None:
        value = (1 - controls.margin_weight) * value + controls.margin_weight * _unit(margin)
    if controls.boost:
        factors = np.ones(len(value))
        for item, factor in controls.boost.items():
            factors[np.asarray(items) == item] = factor
        value = value * factors
    return value


def _unit(values: np.ndarray) -> np.ndarray:
    """Brought to [0, 1] in order; all alike are 1."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    return (values - low) / (high - low) if high > low else np.ones(len(values))


def _alike(vectors: np.ndarray | sparse.csr_matrix, position: int) -> np.ndarray:
    """Cosine of each vector to the one at `position`."""
    if isinstance(vectors, np.ndarray):
        return vectors @ vectors[position]
    row = slice(*vectors.indptr[position : position + 2])
    one = np.zeros(vectors.get_shape()[1], dtype=vectors.dtype)
    one[vectors.indices[row]] = vectors.data[row]
    return vectors @ one
