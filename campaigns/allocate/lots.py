"""The drawing: within a stratum customers stand in the order of a hash, and are cut into arms at exact counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np


def totals(customers: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Customers by arm: `shares`, which add up to 1, of `customers`, rounded by the largest remainder."""
    counts = _rounded(np.array([customers * share for share in shares.values()]), customers)
    return dict(zip(shares, map(int, counts), strict=True))


def draw(customer_ids: Sequence[str], strata: np.ndarray, wanted: Mapping[str, int], seed: int) -> np.ndarray:
    """(n,) index of each customer's arm in `wanted`, whose counts add up to the number of customers.

    Every stratum gives each arm its share, up to rounding, and the arms' counts are exact. Who is drawn follows from
    `seed` and the ids alone, not from their order.
    """
    sizes = np.bincount(strata)
    order = _shuffled(customer_ids, strata, seed)
    arms = np.empty(len(strata), dtype=np.int16)
    starts = np.cumsum(sizes) - sizes
    for arm, counts in enumerate(_by_stratum(sizes, list(wanted.values()))):
        for start, count in zip(starts, counts, strict=True):
            arms[order[start : start + count]] = arm
        starts = starts + counts
    return arms


def _shuffled(customer_ids: Sequence[str], strata: np.ndarray, seed: int) -> np.ndarray:
    """Indices by stratum, within it by the first 128 bits of SHA-256 of seed and id."""
    digests = b"".join(hashlib.sha256(f"{seed}|{customer}".encode()).digest()[:16] for customer in customer_ids)
    lots = np.frombuffer(digests, dtype=">u8").reshape(-1, 2)
    return np.lexsort((lots[:, 1], lots[:, 0], strata))


def _by_stratum(sizes: np.ndarray, wanted: list[int]) -> list[np.ndarray]:
    """Per arm, how many each stratum gives: each arm takes its share of what the arms before it have left."""
    left, found = sizes.astype(int), []
    for count in wanted:
        total = left.sum()
        given = _rounded(left * (count / total), count) if total else np.zeros_like(left)
        found.append(given)
        left = left - given
    return found


def _rounded(quotas: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers that add up to `total`, as `quotas` do: rounded down, then one more where most was cut off."""
    # Quotas that should be whole may miss it by the last bit of a float.
    counts = np.floor(quotas + 1e-9).astype(int)
    first = np.argsort(-(quotas - counts), kind="stable")[: total - counts.sum()]
    counts[first] += 1
    return counts
