"""Which products customers like this one buy: EASE, in whichever space is smaller.

EASE (Steck, WWW 2019) is linear regression of each product on all others, with a zero diagonal. With X customers ×
products, P = (XᵀX + λI)⁻¹ and B = I − P / diag(P), a customer's scores are their row of XB. Where customers are fewer
than products the Woodbury identity gives the same scores from an inverse in the customers' space:
XP = (XXᵀ + λI)⁻¹X and diag(P) = (1 − diag(XᵀK⁻¹X)) / λ with K = XXᵀ + λI.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

BLOCK = 256
"""Customers scored at a time: bounds the dense scores to BLOCK × products."""


@dataclass(frozen=True)
class Affinity:
    """`inverse` is customers × customers where `dual`, else B, products × products; `diagonal` is P's, per product."""

    known: sparse.csr_matrix
    inverse: np.ndarray
    diagonal: np.ndarray
    dual: bool

    @staticmethod
    def fit(known: sparse.csr_matrix, weight: float, *, dual: bool | None = None) -> Affinity:
        """From what each customer is known to have bought (customers × products); `weight` is λ > 0.

        Takes the smaller space's side squared × 8 bytes twice. `dual` forces the space.
        """
        if weight <= 0:
            raise ValueError(f"the weight is {weight}; it has to be above 0")
        customers, products = known.get_shape()
        dual = customers <= products if dual is None else dual
        gram = (known @ known.T if dual else known.T @ known).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += weight
        inverse = np.linalg.inv(gram).astype(np.float32)
        if dual:
            explained = np.zeros(products)
            for start in range(0, customers, BLOCK):
                rows = slice(start, start + BLOCK)
                explained += np.asarray(known[rows].multiply(inverse[rows] @ known).sum(axis=0)).ravel()
            return Affinity(known, inverse, np.maximum(1.0 - explained, 1e-6) / weight, dual)
        diagonal = np.diag(inverse).copy()
        between = -inverse / diagonal
        between[np.diag_indices_from(between)] = 0.0
        return Affinity(known, between, diagonal, dual)

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Some customers × products, float32."""
        if self.dual:
            return (self.known[rows].toarray() - (self.inverse[rows] @ self.known) / self.diagonal).astype(np.float32)
        return np.asarray(self.known[rows] @ self.inverse, dtype=np.float32)
