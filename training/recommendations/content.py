"""Similar products by what they are, not by who bought them, so that a product that is new today has neighbours.

Words of the text and whole attributes are hashed into a sparse vector (feature hashing, Weinberger et al. 2009),
weighted by TF-IDF; likeness is the cosine. Hashing keeps no vocabulary: a product that nobody has seen in training gets
its vector at once, and the artifact is one array of weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import strip_accents_unicode
from sklearn.preprocessing import normalize

SIZE = 2**18
"""Length of a vector; with some ten thousand different words few share a place."""
ATTRIBUTE_WEIGHT = 2.0
"""Of a whole attribute beside a word: the same brand says more than the same word."""
_MOST_WORDS = 200
"""Of one product's text: a manual pasted into the description must not outweigh what the product is called."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a product: free text, and attributes by name (category, brand, colour; empty: unknown)."""

    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


class Content:
    """TF-IDF weights learned from a catalogue; `vectors` turns any products into comparable rows."""

    def __init__(self, size: int = SIZE) -> None:
        self.size = size

    def fit(self, products: Sequence[Described]) -> Self:
        """Learn how rare each word and attribute is among `products`."""
        holding = np.bincount(self._counts(products).indices, minlength=self.size)
        # Smoothed as if one more product held everything: a word that is new at serving time has a weight too.
        self.rarity_ = (np.log((1 + len(products)) / (1 + holding)) + 1).astype(np.float32)
        return self

    def vectors(self, products: Sequence[Described]) -> csr_matrix:
        """(products, size), rows of length 1; a product of which nothing is known is a row of zeros."""
        counts = self._counts(products)
        counts.data = 1 + np.log(counts.data)
        return csr_matrix(normalize(counts.multiply(self.rarity_[None, :]).tocsr()))

    def save(self, path: Path) -> None:
        """Write the weights as one `.npy`."""
        np.save(path, self.rarity_, allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote."""
        rarity = np.load(path, allow_pickle=False)
        loaded = cls(len(rarity))
        loaded.rarity_ = rarity
        return loaded

    def _counts(self, products: Sequence[Described]) -> csr_matrix:
        hasher = FeatureHasher(self.size, input_type="pair", alternate_sign=False)
        return csr_matrix(hasher.transform(_features(product) for product in products))


def similar(vectors: csr_matrix, to: csr_matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The `k` rows of `vectors` (n, d) most like the one row `to` (1, d): positions and cosines, the best first.

    Rows without anything in common are left out, so there may be fewer than `k`. Ties go to the first.
    """
    likeness = np.asarray((vectors @ to.T).todense()).ravel()
    order = np.argsort(-likeness, kind="stable")[:k]
    order = order[likeness[order] > 0]
    return order, likeness[order]


def _features(product: Described) -> Iterator[tuple[str, float]]:
    words = strip_accents_unicode(product.text.lower())
    parts = "".join(c if c.isalnum() else " " for c in words).split()
    yield from ((word, 1.0) for word in parts[:_MOST_WORDS])
    for name, value in product.attributes.items():
        if value.strip():
            # A separator that no word has: the brand "red" is not the word "red".
            yield f"{name}={value.strip().lower()}", ATTRIBUTE_WEIGHT
