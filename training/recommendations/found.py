"""Products found for a question, each with its score, where it comes from, and because of which other product."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from commerce.families.recommendations.answer import Origin

NOTHING = -1


@dataclass(frozen=True, slots=True)
class Found:
    """Arrays of one length. `because` is a product's position or −1, `count` the baskets or visits that say so."""

    items: np.ndarray
    scores: np.ndarray
    origins: np.ndarray
    because: np.ndarray
    count: np.ndarray

    @staticmethod
    def of(
        items: np.ndarray,
        scores: np.ndarray,
        origin: Origin,
        because: np.ndarray | int = NOTHING,
        count: np.ndarray | int = 0,
    ) -> Found:
        """All from one origin."""
        shape = len(items)
        return Found(
            np.asarray(items, dtype=np.int64),
            np.asarray(scores, dtype=float),
            np.full(shape, origin, dtype=object),
            np.broadcast_to(np.asarray(because, dtype=np.int64), shape),
            np.broadcast_to(np.asarray(count, dtype=np.int64), shape),
        )

    @staticmethod
    def joined(parts: Iterable[Found]) -> Found:
        """Each product once, as the first part that has it."""
        parts = [part for part in parts if len(part.items)]
        if not parts:
            return Found.of(np.zeros(0, dtype=np.int64), np.zeros(0), "popular")
        items, scores, origins, because, count = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("items", "scores", "origins", "because", "count")
        )
        _, first = np.unique(items, return_index=True)
        kept = np.sort(first)
        return Found(items[kept], scores[kept], origins[kept], because[kept], count[kept])

    def where(self, mask: np.ndarray) -> Found:
        """Those of the mask."""
        return Found(self.items[mask], self.scores[mask], self.origins[mask], self.because[mask], self.count[mask])

    def scored(self, scores: np.ndarray) -> Found:
        """The same with other scores."""
        return Found(self.items, np.asarray(scores, dtype=float), self.origins, self.because, self.count)
