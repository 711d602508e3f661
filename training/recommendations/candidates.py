"""The products worth ranking for each customer: their own, and new ones that customers like them buy.

Nothing here decides an order; a ranker does. It only has to hold what the customer will buy among few enough rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from training.recommendations.affinity import BLOCK, Affinity

COLUMNS = ("customer_id", "product_id", "affinity", "new")


@dataclass(frozen=True)
class Limits:
    """`own`, `new`, `popular`: products per customer from each source; `weight` is EASE's λ, `forget` in days."""

    own: int = 100
    new: int = 150
    popular: int = 50
    weight: float = 300.0
    forget: float = 91.0
    recent: int = 28


def candidates(bought: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Rows (customer_id, product_id, affinity, new) from `buy_again.purchases`, read before one moment.

    `new` is 1 where the customer never bought the product. Own products are those with the largest decayed counts, new
    ones those with the largest affinity, weighted by how the product's recent buyers compare with all its buyers, and
    the most popular of recent days. Takes what `Affinity.fit` says and a few BLOCK × products arrays.
    """
    if bought.empty:
        return pd.DataFrame({name: [] for name in COLUMNS})
    customer, customers = pd.factorize(bought["customer_id"], sort=True)
    product, products = pd.factorize(bought["product_id"], sort=True)
    age = bought["age"].to_numpy(dtype=np.float64)
    shape = (len(customers), len(products))
    decayed = sparse.csr_matrix((np.exp(-age / limits.forget), (customer, product)), shape=shape)
    late = age < limits.recent
    recent = sparse.csr_matrix((np.ones(late.sum()), (customer[late], product[late])), shape=shape)
    buyers, lately = (np.bincount(matrix.indices, minlength=len(products)) for matrix in (decayed, recent))
    popular = np.argsort(-lately - buyers / (buyers.max() + 1.0), kind="stable")
    trend = np.sqrt((lately + 0.5) / (buyers + 5.0))
    known = decayed.copy()
    known.data = np.sqrt(known.data)
    affinity = Affinity.fit(known, limits.weight)
    blocks = [
        pd.DataFrame({"customer": start + row, "product": column, "affinity": scores[row, column], "new": new})
        for start, scores, own in _blocks(affinity, decayed)
        for row, column, new in (_chosen(scores, own, trend, popular, limits),)
    ]
    found = pd.concat(blocks, ignore_index=True)
    return pd.DataFrame(
        {
            "customer_id": customers[found["customer"].to_numpy()],
            "product_id": products[found["product"].to_numpy()],
            "affinity": found["affinity"],
            "new": found["new"],
        }
    )


def _blocks(affinity: Affinity, decayed: sparse.csr_matrix) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    for start in range(0, decayed.get_shape()[0], BLOCK):
        rows = slice(start, start + BLOCK)
        yield start, affinity.scores(rows), decayed[rows].toarray()


def _chosen(
    scores: np.ndarray, own: np.ndarray, trend: np.ndarray, popular: np.ndarray, limits: Limits
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and newness of a block's candidates, by row and column."""
    bought = own > 0
    chosen = _top(own, limits.own) & bought
    chosen |= _top(np.where(bought, -np.inf, scores * trend), limits.new) & ~bought
    rank = np.cumsum(~bought[:, popular], axis=1)
    few = np.zeros_like(bought)
    few[:, popular] = rank <= limits.popular
    chosen |= few & ~bought
    row, column = np.nonzero(chosen)
    return row, column, (~bought[row, column]).astype(np.int8)


def _top(values: np.ndarray, count: int) -> np.ndarray:
    """Mask of each row's largest values."""
    if count >= values.shape[1]:
        return np.ones(values.shape, dtype=bool)
    mask = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(mask, np.argpartition(-values, count, axis=1)[:, :count], True, axis=1)
    return mask
