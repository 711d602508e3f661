"""Simulated payments of thieves: with stolen cards, and with accounts taken over.

They take what good customers look like for cover: addresses of households' machines, usual amounts, the victim's
country. What gives them away is what is new together.
"""

from __future__ import annotations

import numpy as np

from lake.simulators.attackers import cases, elsewhere, proxies
from lake.simulators.internet import COUNTRIES
from lake.simulators.paying import PayingHabits
from lake.simulators.visiting import first_device, unseen

THIEF_PAYMENTS = 3
"""Mean payments of one thief or of whoever took an account over: an assumption, as all below."""
ABROAD = 0.25
"""Share of thieves' payments from another country than the card's owner's."""
SAME_ACCOUNT, SAME_DEVICE, SAME_ADDRESS = 0.5, 0.6, 0.5
"""Shares of a thief's payments with what the thief's others have; in the rest it is new each time."""
CARD_OF_COUNTRY = 0.8
"""Share of stolen cards that are from the country the parcel goes to; the others are from any."""
DARING = 0.7
"""By how much the logarithm of a thief's amounts is above that of good customers, or of the victim."""
THIEF_DECLINED, TAKEOVER_DECLINED = 0.25, 0.08
"""Shares of payments that the issuer declines."""
OWN_DEVICE, OWN_ADDRESS = 0.3, 0.3
"""Shares of takeovers from the victim's own device (a session stolen) and of those sent to the victim's address (to be
caught on the way)."""


def stolen(habits: PayingHabits, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Stolen cards of high value, parcels to addresses that the shop has not seen, often in a new account each."""
    a, folk = habits.assumptions, habits.folk
    thief, thieves = cases(n, THIEF_PAYMENTS, rng)
    country = rng.choice(folk.country, n)
    drop, device, account = (unseen(thieves, rng)[thief] for _ in range(3))
    seen_in = elsewhere(country, ABROAD, rng)
    return {
        "customer": np.where(rng.random(n) < SAME_ACCOUNT, account, unseen(n, rng)),
        "at": rng.uniform(0, folk.days, thieves)[thief] + rng.exponential(0.4, n),
        "amount": np.exp(rng.normal(a.log_amount + DARING, a.log_amount_within, n)),
        "card": unseen(n, rng),
        "card_country": np.where(rng.random(n) < CARD_OF_COUNTRY, country, rng.integers(len(COUNTRIES), size=n)),
        "device": np.where(rng.random(n) < SAME_DEVICE, device, unseen(n, rng)),
        "ip": proxies(seen_in, rng),
        "ip_country": seen_in,
        "email": rng.choice(habits.email, n),
        "address": np.where(rng.random(n) < SAME_ADDRESS, drop, unseen(n, rng)),
        "shipping_country": country,
        "coupon": (rng.random(n) < a.coupon).astype(int),
        "declined": rng.random(n) < THIEF_DECLINED,
        "pattern": np.full(n, "stolen_card"),
    }


def takeover(habits: PayingHabits, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A customer's account and stored card, used by somebody else within a day or two."""
    a, folk = habits.assumptions, habits.folk
    case, count = cases(n, THIEF_PAYMENTS, rng)
    victim = rng.choice(np.flatnonzero(folk.joined == 0), count)[case]
    own_device, own_address = (rng.random(count)[case] < share for share in (OWN_DEVICE, OWN_ADDRESS))
    device, drop = (unseen(count, rng)[case] for _ in range(2))
    seen_in = elsewhere(folk.country[victim], ABROAD, rng)
    at = rng.uniform(0, folk.days, count)[case] + rng.exponential(0.5, n)
    return {
        "customer": victim,
        "at": at,
        "amount": np.exp(rng.normal(habits.log_amount[victim] + DARING, a.log_amount_within)),
        "card": 2 * victim,
        "card_country": habits.card_country[victim],
        "device": np.where(own_device, first_device(folk, victim, at), device),
        "ip": proxies(seen_in, rng),
        "ip_country": seen_in,
        "email": habits.email[victim],
        "address": np.where(own_address, folk.household[victim], drop),
        "shipping_country": folk.country[victim],
        "coupon": (rng.random(n) < a.coupon).astype(int),
        "declined": rng.random(n) < TAKEOVER_DECLINED,
        "pattern": np.full(n, "takeover"),
    }
