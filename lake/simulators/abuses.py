"""Simulated payments in numbers: cards tested, and rings of accounts. What gives them away is what they share."""

from __future__ import annotations

import numpy as np

from lake.simulators.attackers import cases, elsewhere, proxies
from lake.simulators.internet import COUNTRIES, addresses, spread
from lake.simulators.paying import MINUTE, PayingHabits
from lake.simulators.thefts import ABROAD
from lake.simulators.visiting import unseen

BURST = 30
"""Mean cards tested in one go: an assumption, as all below."""
BURST_MINUTES = (4.0, 90.0)
"""Shortest and longest burst."""
ONE_DEVICE, ONE_ACCOUNT = 0.7, 0.5
"""Shares of a burst's payments from its first device, and in one account; the others come from its second device, and
each in an account of its own."""
TEST_AMOUNT, TEST_AMOUNT_SPREAD = -1.2, 0.5
"""Mean logarithm of the amounts against that of good customers, and its standard deviation."""
TEST_DECLINED = 0.6
RING = 7
"""Mean accounts of a ring."""
RING_DAYS = 21.0
"""From a ring's first payment to its last, for each payment of an account."""
RING_DEVICES, RING_ADDRESSES, RING_CARDS = 3, 3, 4
"""Which a ring's accounts share."""
RING_AMOUNT = 0.2
"""Mean logarithm of its amounts against that of good customers."""
RING_COUPON = 0.7
"""Share of its payments with the coupon for a first order."""
RING_MOBILE = 0.4
"""Share of a ring's payments through a carrier; the others come from one household's address."""


def tested(habits: PayingHabits, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Many cards tried with small amounts from one or two devices within minutes."""
    a, folk = habits.assumptions, habits.folk
    burst, bursts = cases(n, BURST, rng)
    one, other, account, drop = (unseen(bursts, rng)[burst] for _ in range(4))
    country = rng.choice(folk.country, bursts)[burst]
    seen_in = elsewhere(country, ABROAD, rng)
    return {
        "customer": np.where(rng.random(n) < ONE_ACCOUNT, account, unseen(n, rng)),
        "at": rng.uniform(0, folk.days, bursts)[burst]
        + rng.uniform(0, 1, n) * rng.uniform(*BURST_MINUTES, bursts)[burst] * MINUTE,
        "amount": np.exp(rng.normal(a.log_amount + TEST_AMOUNT, TEST_AMOUNT_SPREAD, n)),
        "card": unseen(n, rng),
        "card_country": rng.integers(len(COUNTRIES), size=n),
        "device": np.where(rng.random(n) < ONE_DEVICE, one, other),
        "ip": proxies(seen_in, rng),
        "ip_country": seen_in,
        "email": rng.choice(habits.email, n),
        "address": drop,
        "shipping_country": country,
        "coupon": np.zeros(n, int),
        "declined": rng.random(n) < TEST_DECLINED,
        "pattern": np.full(n, "card_testing"),
    }


def ring(habits: PayingHabits, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Accounts of one hand that share devices, addresses and cards, each with the coupon for a first order.

    They claim their money back later (`ordering`). Each alone looks like a newcomer, together they look like a large
    household.
    """
    a, folk = habits.assumptions, habits.folk
    hand, rings = cases(n, round(RING * a.ring_payments), rng)
    country = rng.choice(folk.country, rings)[hand]
    home = rng.integers(1 << 20, size=rings)[hand]
    mobile = rng.random(n) < RING_MOBILE
    carrier = rng.integers(folk.assumptions.carrier_addresses, size=n)
    ip = np.where(mobile, addresses("mobile", country, spread(carrier)), addresses("home", country, home))

    def shared(count: int) -> np.ndarray:
        return unseen(rings * count, rng).reshape(rings, count)[hand, rng.integers(count, size=n)]

    return {
        "customer": unseen(n, rng)[_accounts(hand, a.ring_payments)],
        "at": rng.uniform(0, folk.days, rings)[hand] + rng.uniform(0, RING_DAYS * a.ring_payments, n),
        "amount": np.exp(rng.normal(a.log_amount + RING_AMOUNT, a.log_amount_within, n)),
        "card": shared(RING_CARDS),
        "card_country": country,
        "device": shared(RING_DEVICES),
        "ip": ip,
        "ip_country": country,
        "email": rng.choice(habits.email, n),
        "address": shared(RING_ADDRESSES),
        "shipping_country": country,
        "coupon": np.where(rng.random(n) < RING_COUPON, 2, 0),
        "declined": rng.random(n) < a.declined,
        "pattern": np.full(n, "ring"),
    }


def _accounts(hand: np.ndarray, payments: float) -> np.ndarray:
    """Payment (n,) whose account makes each payment as well: of a ring's payments the first ones, in turns."""
    order = np.argsort(hand, kind="stable")
    size = np.bincount(hand)
    first = (np.cumsum(size) - size)[hand[order]]
    accounts = np.maximum(np.rint(size / payments), 1).astype(int)[hand[order]]
    found = np.empty(len(hand), int)
    found[order] = order[first + (np.arange(len(hand)) - first) % accounts]
    return found
