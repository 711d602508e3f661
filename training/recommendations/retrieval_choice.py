"""Which way of finding new products suits this shop: each is asked, as of a past day, for what was bought after it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from commerce.families.recommendations.parameters import InMemory
from training.recommendations import retrieval
from training.recommendations.candidates import Known, Limits, blocks_of
from training.recommendations.ranking_metrics import recall, top_k

MOST_CUSTOMERS = 1000


def compare(bought: pd.DataFrame, later: pd.DataFrame, limits: Limits, seed: int) -> dict[InMemory, np.ndarray]:
    """By way, each customer's share of new products that are among the `limits.new` found; empty where none can say.

    `bought` is `buy_again.purchases` before the day, `later` the pairs bought after it. Products nobody bought before
    count as missed by none: no way could find them.
    """
    if bought.empty:
        return {}
    known = Known.of(bought, limits)
    rows, relevant = _new(known, later)
    if len(rows) == 0:
        return {}
    chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:MOST_CUSTOMERS])
    rows, relevant = rows[chosen], [relevant[i] for i in chosen]
    found: dict[InMemory, np.ndarray] = {}
    for method in retrieval.possible(known.weights):
        shares, done = [], 0
        scorer = retrieval.fit(method, known.weights, limits.weight)
        for some, scores, own in blocks_of(scorer, known.decayed, rows):
            ranked = top_k(np.where(own > 0, -np.inf, scores * known.trend), limits.new)
            shares.append(recall(ranked, relevant[done : done + len(some)]))
            done += len(some)
        found[method] = np.concatenate(shares)
    return found


def best(compared: dict[InMemory, np.ndarray]) -> InMemory:
    """The first of the ways that nothing after it beats by more than a standard error of the paired difference.

    The one-standard-error rule (Breiman et al. 1984): a lead that is noise does not choose. Item-kNN where nothing
    could be compared.
    """
    chosen: InMemory | None = None
    for method, shares in compared.items():
        if chosen is None:
            chosen = method
            continue
        lead = shares - compared[chosen]
        if lead.mean() > lead.std() / np.sqrt(len(lead)):
            chosen = method
    return chosen or "cosine"


def _new(known: Known, later: pd.DataFrame) -> tuple[np.ndarray, list[np.ndarray]]:
    """Rows of customers who bought something new later, and the columns of what they bought."""
    row = pd.Index(known.customers).get_indexer(pd.Index(later["customer_id"]))
    column = pd.Index(known.products).get_indexer(pd.Index(later["product_id"]))
    there = (row >= 0) & (column >= 0)
    row, column = row[there], column[there]
    fresh = np.asarray(known.decayed[row, column]).ravel() == 0
    row, column = row[fresh], column[fresh]
    order = np.argsort(row, kind="stable")
    rows, starts = np.unique(row[order], return_index=True)
    return rows, np.split(column[order], starts[1:]) if len(rows) else []
