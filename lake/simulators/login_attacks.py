"""Simulated attacks on accounts: credential stuffing, slow guessing, and takeovers with a password that was stolen.

Attackers go through households' machines for the most part and call themselves what browsers do. Stuffing shows in its
volume over a network or a browser's fingerprint at best, guessing in its patience with one account, and a takeover in
nothing but what is new about it: like a customer's own new device, or a trip.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lake.simulators.attackers import HOSTED, cases, proxies
from lake.simulators.entering import LoginAssumptions
from lake.simulators.internet import COUNTRIES, addresses
from lake.simulators.people import People
from lake.simulators.visiting import first_device, unseen

WAVE = 250
"""Mean attempts of one wave of stuffing: an assumption, as all below."""
WAVE_HOURS = (0.3, 8.0)
WAVE_ADDRESSES = (20, 400)
"""Fewest and most addresses that a wave rotates through."""
WAVE_DEVICES = (1, 200)
"""Fewest and most fingerprints that it shows."""
WAVE_LOCAL = 0.6
"""Share of waves that go through machines of customers' countries alone."""
UNKNOWN_ACCOUNTS = 0.7
"""Share of stolen e-mail addresses and passwords that are of no customer."""
STUFFING_SUCCEEDS = 0.02
"""Share of the customers' own that fit."""
GUESSES = 25
"""Mean attempts on one account of who guesses slowly."""
GUESSING_DAYS = (3.0, 15.0)
GUESSING_SUCCEEDS = 0.01
TAKEOVER_LOGINS = 2
"""Mean logins of one takeover."""
TAKEOVER_COUNTRY, TAKEOVER_DEVICE = 0.65, 0.2
"""Shares from the victim's country, and with the victim's own device (a session stolen)."""
TAKEOVER_MISTAKEN = 0.15


def attacks(a: LoginAssumptions, folk: People, good: int, rng: np.random.Generator) -> Iterator[dict[str, np.ndarray]]:
    """Attempts of every pattern, as `entering.habit` makes them, beside `good` good ones."""
    shares = ((_stuffing, a.stuffing_per_1000), (_guessing, a.guessing_per_1000), (_takeover, a.takeover_per_1000))
    for pattern, per_1000 in shares:
        n = rng.poisson(per_1000 * good / 1000)
        if n:
            yield _known(a, folk, pattern(folk, n, rng), rng)


def _known(
    a: LoginAssumptions, folk: People, made: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    n = len(made["at"])
    complaint = np.clip(rng.lognormal(np.log(a.reported_median_days), a.reported_spread, n), *a.reported_days)
    days = np.where(made["reason"] == 0, complaint, rng.uniform(*a.failed_days, n))
    known = np.where(rng.random(n) < a.unreported, np.nan, days)
    inside = made["at"] < folk.days
    return {name: values[inside] for name, values in {**made, "known_after": known}.items()}


def _stuffing(folk: People, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Waves of many accounts, each tried once with a password stolen elsewhere, from rotating addresses."""
    wave, waves = cases(n, WAVE, rng)
    pool = rng.integers(*WAVE_ADDRESSES, waves)[wave]
    shown = rng.integers(*WAVE_DEVICES, waves)[wave]
    address = wave * 7919 + rng.integers(0, pool)
    customer = np.where(rng.random(n) < UNKNOWN_ACCOUNTS, -1, rng.integers(len(folk), size=n))
    fits = (customer >= 0) & (rng.random(n) < STUFFING_SUCCEEDS)
    base = unseen(waves, rng)[wave]
    # Where an address is and whose follow from its number, so that it is the same each time that it is used.
    mixed = np.random.default_rng(int(rng.integers(1 << 32))).permutation(1 << 16)[address % (1 << 16)]
    local = (rng.random(waves) < WAVE_LOCAL)[wave]
    country = np.where(local, folk.country[mixed % len(folk)], mixed % len(COUNTRIES))
    hosted = mixed % 100 < HOSTED * 100
    return {
        "customer": customer,
        "at": rng.uniform(0, folk.days, waves)[wave] + rng.random(n) * rng.uniform(*WAVE_HOURS, waves)[wave] / 24,
        "reason": np.select([fits, customer < 0], [0, 2], 1),
        "ip": np.where(hosted, addresses("hosting", country, mixed), addresses("home", country, mixed)),
        "ip_country": country,
        "device": base + rng.integers(0, shown),
        "pattern": np.full(n, "stuffing"),
    }


def _guessing(folk: People, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One account, a guess every few hours for days, each from another address of the victim's country."""
    case, count = cases(n, GUESSES, rng)
    victim = rng.integers(len(folk), size=count)[case]
    country = folk.country[victim]
    return {
        "customer": victim,
        "at": rng.uniform(0, folk.days, count)[case] + rng.random(n) * rng.uniform(*GUESSING_DAYS, count)[case],
        "reason": np.where(rng.random(n) < GUESSING_SUCCEEDS, 0, 1),
        "ip": proxies(country, rng),
        "ip_country": country,
        "device": unseen(n, rng),
        "pattern": np.full(n, "guessing"),
    }


def _takeover(folk: People, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The right password, from a new device; again within hours, mostly from the same address."""
    case, count = cases(n, TAKEOVER_LOGINS, rng)
    victim = rng.integers(len(folk), size=count)[case]
    near = rng.random(count)[case] < TAKEOVER_COUNTRY
    country = np.where(near, folk.country[victim], rng.integers(len(COUNTRIES), size=count)[case])
    stolen = rng.random(count)[case] < TAKEOVER_DEVICE
    at = rng.uniform(0, folk.days, count)[case] + rng.exponential(0.2, n)
    return {
        "customer": victim,
        "at": at,
        "reason": (rng.random(n) < TAKEOVER_MISTAKEN).astype(int),
        "ip": proxies(country, rng),
        "ip_country": country,
        "device": np.where(stolen, first_device(folk, victim, at), unseen(count, rng)[case]),
        "pattern": np.full(n, "takeover"),
    }
