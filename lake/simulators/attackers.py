"""What attackers on payments and logins have in common: cases of several events, and whose machines they go through."""

from __future__ import annotations

import numpy as np

from lake.simulators.internet import COUNTRIES, addresses

HOSTED = 0.2
"""Share of attackers' addresses that are hosted machines'; the others are households': an assumption."""


def cases(n: int, size: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Case of each event (n,), `size` events on average, and how many cases there are."""
    count = max(1, round(n / size))
    return rng.integers(count, size=n), count


def proxies(country: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Addresses (n,) of machines in countries (n,), another one each time."""
    n = len(country)
    host = rng.integers(1 << 16, size=n)
    return np.where(rng.random(n) < HOSTED, addresses("hosting", country, host), addresses("home", country, host))


def elsewhere(country: np.ndarray, away: float, rng: np.random.Generator) -> np.ndarray:
    """Countries (n,), a share `away` of them replaced by any."""
    n = len(country)
    return np.where(rng.random(n) < away, rng.integers(len(COUNTRIES), size=n), country)
