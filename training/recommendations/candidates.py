"""The products worth ranking for each customer: their own, and new ones that customers like them buy.

Nothing here decides an order; a ranker does. It only has to hold what the customer will buy among few enough rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from commerce.families.recommendations.parameters import InMemory
from training.recommendations import retrieval
from training.recommendations.affinity import BLOCK
from training.recommendations.retrieval import Scorer

COLUMNS = ("customer_id", "product_id", "affinity", "new")


@dataclass(frozen=True)
class Limits:
    """`own`, `new`, `popular`: products per customer from each source; `method` finds new ones.

    `weight` is EASE's λ, `forget` and `recent` are in days.
    """

    own: int = 100
    new: int = 150
    popular: int = 50
    method: InMemory = "ease"
    weight: float = 300.0
    forget: float = 91.0
    recent: int = 28


@dataclass(frozen=True)
class Known:
    """What customers bought, as matrices: `decayed` (customers × products, sums of exp(−age / `forget`)) with its ids.

    `lately` and `buyers` count customers by product, of recent days and of all.
    """

    customers: np.ndarray
    products: np.ndarray
    decayed: sparse.csr_matrix
    lately: np.ndarray
    buyers: np.ndarray

    @staticmethod
    def of(bought: pd.DataFrame, limits: Limits) -> Known:
        """From `buy_again.purchases`, read before one moment."""
        customer, customers = pd.factorize(bought["customer_id"], sort=True)
        product, products = pd.factorize(bought["product_id"], sort=True)
        age = bought["age"].to_numpy(dtype=np.float64)
        shape = (len(customers), len(products))
        decayed = sparse.csr_matrix((np.exp(-age / limits.forget), (customer, product)), shape=shape)
        late = age < limits.recent
        recent = sparse.csr_matrix((np.ones(late.sum()), (customer[late], product[late])), shape=shape)
        buyers, lately = (np.bincount(matrix.indices, minlength=len(products)) for matrix in (decayed, recent))
        return Known(np.asarray(customers), np.asarray(products), decayed, lately, buyers)

    @property
    def weights(self) -> sparse.csr_matrix:
        """What retrieval learns from: square roots, so that one bulk buyer does not decide."""
        weights = self.decayed.copy()
        weights.data = np.sqrt(weights.data)
        return weights

    @property
    def trend(self) -> np.ndarray:
        """How a product's recent customers compare with all of them."""
        return np.sqrt((self.lately + 0.5) / (self.buyers + 5.0))


def candidates(
    bought: pd.DataFrame, limits: Limits, only: np.ndarray | None = None, known: Known | None = None
) -> pd.DataFrame:
    """Rows (customer_id, product_id, affinity, new) from `buy_again.purchases`, read before one moment.

    `new` is 1 where the customer never bought the product. Own products are those with the largest decayed counts, new
    ones those with the largest affinity, weighted by how the product's recent buyers compare with all its buyers, and
    the most popular of recent days. Takes what `retrieval.fit` needs and a few BLOCK × products arrays. `only` names
    the customers whose candidates are wanted (all by default); the others are learned from all the same.
    """
    if bought.empty:
        return pd.DataFrame({name: [] for name in COLUMNS})
    known = Known.of(bought, limits) if known is None else known
    popular = np.argsort(-known.lately - known.buyers / (known.buyers.max() + 1.0), kind="stable")
    scorer = retrieval.fit(limits.method, known.weights, limits.weight)
    asked = np.arange(len(known.customers)) if only is None else np.flatnonzero(np.isin(known.customers, only))
    blocks = [
        pd.DataFrame({"customer": rows[row], "product": column, "affinity": scores[row, column], "new": new})
        for rows, scores, own in blocks_of(scorer, known.decayed, asked)
        for row, column, new in (_chosen(scores, own, known.trend, popular, limits),)
    ]
    if not blocks:
        return pd.DataFrame({name: [] for name in COLUMNS})
    found = pd.concat(blocks, ignore_index=True)
    return pd.DataFrame(
        {
            "customer_id": known.customers[found["customer"].to_numpy()],
            "product_id": known.products[found["product"].to_numpy()],
            "affinity": found["affinity"].to_numpy(),
            "new": found["new"].to_numpy(),
        }
    )


def blocks_of(
    scorer: Scorer, decayed: sparse.csr_matrix, asked: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(rows, their scores, what they bought), dense, of the customers `asked`, a block at a time."""
    for start in range(0, len(asked), BLOCK):
        rows = asked[start : start + BLOCK]
        yield rows, scorer.scores(rows), decayed[rows].toarray()


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
