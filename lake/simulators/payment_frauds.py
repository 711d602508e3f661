"""Simulated fraud among payments: stolen cards, accounts taken over, cards tested, rings of accounts.

Each pattern takes what good customers look like for cover: addresses of households' machines, usual amounts, the
victim's country. What gives it away is its past: what is new together, and what is shared that should not be.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lake.simulators.internet import COUNTRIES, addresses, spread
from lake.simulators.paying import MINUTE, PayingHabits, PaymentAssumptions, chargeback_days
from lake.simulators.people import first_device, unseen

THIEF_PAYMENTS = 3
"""Mean payments of one thief or of whoever took an account over: an assumption, as all below."""
AT_HOME = (0.6, 0.15, 0.25)
"""Shares of attackers' payments through a household's machine in the card's country, a hosted one there, and from
another country."""
DARING = 0.7
"""By how much the logarithm of a thief's amounts is above that of good customers."""
BURST = 30
"""Mean cards tested in one go."""
BURST_MINUTES = (4.0, 90.0)
TEST_DECLINED, THIEF_DECLINED, TAKEOVER_DECLINED = 0.6, 0.25, 0.08
RING = 7
"""Mean accounts of a ring."""
RING_DAYS = 21.0
OWN_DEVICE, OWN_ADDRESS = 0.3, 0.3
"""Shares of takeovers from the victim's own device (a session stolen) and of those sent to the victim's address (to be
caught on the way)."""


def frauds(
    a: PaymentAssumptions, habits: PayingHabits, good: int, rng: np.random.Generator
) -> Iterator[dict[str, np.ndarray]]:
    """Payments of every pattern, as `PayingHabits.payments` makes them, beside `good` good ones."""
    thousands = good / 1000
    patterns = ((_stolen, a.stolen_per_1000), (_takeover, a.takeover_per_1000), (_testing, a.testing_per_1000))
    for pattern, per_1000 in (*patterns, (_ring, a.ring_per_1000)):
        n = rng.poisson(per_1000 * thousands)
        if n:
            yield _known(a, pattern(habits, n, rng), rng)


def _known(a: PaymentAssumptions, made: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    n = len(made["at"])
    told = rng.random(n) < np.where(made["declined"], a.declined_known, 1 - a.unreported)
    days = np.where(made["declined"], rng.uniform(*a.declined_days, n), chargeback_days(a, n, rng))
    inside = made["at"] < made.pop("end")
    return {name: values[inside] for name, values in {**made, "known_after": np.where(told, days, np.nan)}.items()}


def _groups(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Group of each (n,), groups of `size` on average."""
    return np.sort(rng.integers(max(1, round(n / size)), size=n))


def _stolen(habits: PayingHabits, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Stolen cards of high value, parcels to addresses that the shop has not seen, often in a new account each."""
    a, folk = habits.assumptions, habits.folk
    thief = _groups(n, THIEF_PAYMENTS, rng)
    thieves = thief.max() + 1
    country = rng.choice(folk.country, n)
    drop, device, account = (unseen(thieves, rng)[thief] for _ in range(3))
    ip, ip_country = _from(country, rng)
    return {
        "customer": np.where(rng.random(n) < 0.5, account, unseen(n, rng)),
        "at": rng.uniform(0, folk.days, thieves)[thief] + rng.exponential(0.4, n),
        "amount": np.exp(rng.normal(a.log_amount + DARING, a.log_amount_within + 0.1, n)),
        "card": unseen(n, rng),
        "card_country": np.where(rng.random(n) < 0.8, country, rng.integers(len(COUNTRIES), size=n)),
        "device": np.where(rng.random(n) < 0.6, device, unseen(n, rng)),
        "ip": ip,
        "ip_country": ip_country,
        "email": rng.choice(habits.email, n),
        "address": np.where(rng.random(n) < 0.5, drop, unseen(n, rng)),
        "shipping_country": country,
        "coupon": (rng.random(n) < a.coupon).astype(int),
        "declined": rng.random(n) < THIEF_DECLINED,
        "pattern": np.full(n, "stolen_card"),
        "end": np.full(n, folk.days),
    }


def _takeover(habits: PayingHabits, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A customer's account and stored card, used by somebody else within a day or two."""
    a, folk = habits.assumptions, habits.folk
    case = _groups(n, THIEF_PAYMENTS, rng)
    cases = case.max() + 1
    victim = rng.choice(np.flatnonzero(folk.joined == 0), cases)[case]
    own_device, own_address = (rng.random(cases)[case] < share for share in (OWN_DEVICE, OWN_ADDRESS))
    device, drop = (unseen(cases, rng)[case] for _ in range(2))
    ip, ip_country = _from(folk.country[victim], rng)
    at = rng.uniform(0, folk.days, cases)[case] + rng.exponential(0.5, n)
    return {
        "customer": victim,
        "at": at,
        "amount": np.exp(rng.normal(habits.log_amount[victim] + DARING, a.log_amount_within)),
        "card": 2 * victim,
        "card_country": habits.card_country[victim],
        "device": np.where(own_device, first_device(folk, victim, at), device),
        "ip": ip,
        "ip_country": ip_country,
        "email": habits.email[victim],
        "address": np.where(own_address, folk.household[victim], drop),
        "shipping_country": folk.country[victim],
        "coupon": (rng.random(n) < a.coupon).astype(int),
        "declined": rng.random(n) < TAKEOVER_DECLINED,
        "pattern": np.full(n, "takeover"),
        "end": np.full(n, folk.days),
    }


def _testing(habits: PayingHabits, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Many cards tried with small amounts from one or two devices within minutes."""
    a, folk = habits.assumptions, habits.folk
    burst = _groups(n, BURST, rng)
    bursts = burst.max() + 1
    one, other, account, drop = (unseen(bursts, rng)[burst] for _ in range(4))
    country = rng.choice(folk.country, bursts)[burst]
    ip, ip_country = _from(country, rng)
    return {
        "customer": np.where(rng.random(n) < 0.5, account, unseen(n, rng)),
        "at": rng.uniform(0, folk.days, bursts)[burst]
        + rng.uniform(0, 1, n) * rng.uniform(*BURST_MINUTES, bursts)[burst] * MINUTE,
        "amount": np.exp(rng.normal(a.log_amount - 1.2, 0.5, n)),
        "card": unseen(n, rng),
        "card_country": rng.integers(len(COUNTRIES), size=n),
        "device": np.where(rng.random(n) < 0.7, one, other),
        "ip": ip,
        "ip_country": ip_country,
        "email": rng.choice(habits.email, n),
        "address": drop,
        "shipping_country": country,
        "coupon": np.zeros(n, int),
        "declined": rng.random(n) < TEST_DECLINED,
        "pattern": np.full(n, "card_testing"),
        "end": np.full(n, folk.days),
    }


def _ring(habits: PayingHabits, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Accounts of one hand that share devices, addresses and cards, each with the coupon for a first order.

    They claim their money back later. Each alone looks like a newcomer, together they look like a large household.
    """
    a, folk = habits.assumptions, habits.folk
    ring = _groups(n, RING, rng)
    rings = ring.max() + 1
    country = rng.choice(folk.country, rings)[ring]
    home = rng.integers(1 << 20, size=rings)[ring]
    mobile = rng.random(n) < 0.4
    carrier = rng.integers(folk.assumptions.carrier_addresses, size=n)
    ip = np.where(mobile, addresses("mobile", country, spread(carrier)), addresses("home", country, home))

    def shared(count: int) -> np.ndarray:
        return unseen(rings * count, rng).reshape(rings, count)[ring, rng.integers(count, size=n)]

    return {
        "customer": unseen(n, rng),
        "at": rng.uniform(0, folk.days, rings)[ring] + rng.uniform(0, RING_DAYS, n),
        "amount": np.exp(rng.normal(a.log_amount + 0.2, a.log_amount_within, n)),
        "card": shared(4),
        "card_country": country,
        "device": shared(3),
        "ip": ip,
        "ip_country": country,
        "email": rng.choice(habits.email, n),
        "address": shared(3),
        "shipping_country": country,
        "coupon": np.where(rng.random(n) < 0.7, 2, 0),
        "declined": rng.random(n) < a.declined,
        "pattern": np.full(n, "ring"),
        "end": np.full(n, folk.days),
    }


def _from(country: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Internet addresses and their countries, of attackers on cards of countries (n,)."""
    n = len(country)
    how = rng.choice(3, n, p=AT_HOME)
    where = np.where(how == 2, rng.integers(len(COUNTRIES), size=n), country)
    host = rng.integers(1 << 16, size=n)
    return np.where(how == 1, addresses("hosting", where, host), addresses("home", where, host)), where
