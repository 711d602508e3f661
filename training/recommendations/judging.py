"""How good rankings of a hold-out's candidates are: NDCG of each customer, of all products and of new ones alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from training.contract import ENTITY, LABEL

PLACES = 10
METRICS = (f"ndcg_at_{PLACES}", f"new_ndcg_at_{PLACES}")
COLD_VISITS, COLD_DAYS = 3, 56
MISSED = "affinity"
"""Empty in rows of products that were bought and were no candidate: they count in the best possible ranking."""


def per_customer(holdout: pd.DataFrame, scores: np.ndarray) -> np.ndarray:
    """(customers, 2): NDCG@10 of all products and of new ones, NaN where a customer bought none; customers sorted.

    `scores` has one number per row of `holdout`; rows that were no candidate are never shown. The best ranking has
    min(10, products bought) right places.
    """
    customer, customers = pd.factorize(holdout[ENTITY], sort=True)
    label = holdout[LABEL].to_numpy(dtype=float)
    shown = ~holdout[MISSED].isna().to_numpy()
    fresh = holdout["new"].to_numpy() == 1
    return np.column_stack(
        [
            _ndcg(customer, len(customers), label, scores, shown, np.ones(len(holdout), dtype=bool)),
            _ndcg(customer, len(customers), label, scores, shown, fresh),
        ]
    )


def means(values: np.ndarray) -> dict[str, float]:
    """Metrics by name of `per_customer`; those that no customer has are left out."""
    columns = {name: values[:, i][~np.isnan(values[:, i])] for i, name in enumerate(METRICS)}
    return {name: float(column.mean()) for name, column in columns.items() if len(column)}


def slices(holdout: pd.DataFrame) -> Mapping[str, np.ndarray]:
    """`cold_customers`: rows of customers with at most `COLD_VISITS` visits. `cold_products`: rows of products first
    sold within `COLD_DAYS`."""
    visits = holdout.groupby(ENTITY)["visits"].transform("max").to_numpy(dtype=float)
    return {
        "cold_customers": visits <= COLD_VISITS,
        "cold_products": holdout["first_sold"].to_numpy(dtype=float) <= COLD_DAYS,
    }


def floors(holdout: pd.DataFrame) -> Mapping[str, np.ndarray]:
    """Scores of trivial methods on the same candidates, by name.

    `popularity`: customers who bought it, recent ones first. `own_frequency`: how often and lately the customer bought
    it, forgetting by exp(−age / 91 days), ties and new products by popularity. `affinity`: the retrieval's own score.
    """
    popular = holdout["buyers_28"].fillna(0).to_numpy(dtype=float)
    popular = popular + holdout["buyers"].fillna(0).to_numpy(dtype=float) * 1e-6
    own = holdout["decayed_91"].fillna(0).to_numpy(dtype=float)
    affinity = holdout["affinity"].fillna(0).to_numpy(dtype=float)
    return {"popularity": popular, "own_frequency": own + popular * 1e-9, "affinity": affinity}


def _ndcg(
    customer: np.ndarray, n: int, label: np.ndarray, scores: np.ndarray, shown: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    relevant = np.bincount(customer[asked], label[asked], minlength=n).astype(int)
    rows = np.flatnonzero(asked & shown)
    order = rows[np.lexsort((-scores[rows], customer[rows]))]
    who = customer[order]
    place = np.arange(len(order)) - np.searchsorted(who, who)
    discounts = 1 / np.log2(np.arange(PLACES) + 2)
    first = place < PLACES
    gain = np.bincount(who[first], label[order][first] * discounts[place[first]], minlength=n)
    best = np.concatenate([[np.nan], np.cumsum(discounts)])
    return gain / best[np.minimum(relevant, PLACES)]
