"""Simulated visits of customers: when they come, from where and with which device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lake.simulators.internet import addresses, spread
from lake.simulators.people import People


@dataclass(frozen=True)
class Visits:
    """Times at which customers are there (n,), in days after the start, and what they come with."""

    customer: np.ndarray
    at: np.ndarray
    ip: np.ndarray
    ip_country: np.ndarray
    device: np.ndarray
    """Number of the device."""


def unseen(n: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers (n,) of devices, cards or addresses that nobody had before."""
    return rng.integers(1 << 32, 1 << 52, n)


def visits(folk: People, per_day: float, rng: np.random.Generator) -> Visits:
    """Visits of customers by habit, on average `per_day` each while they are customers."""
    expected = folk.activity * per_day * (folk.days - folk.joined)
    customer = np.repeat(np.arange(len(folk)), rng.poisson(expected))
    day = np.floor(rng.uniform(folk.joined[customer], folk.days))
    hour = rng.normal(folk.hour[customer], folk.assumptions.hour_spread) % 24
    at = day + hour / 24
    inside = (at >= folk.joined[customer]) & (at < folk.days)
    customer, at = customer[inside], at[inside]
    ip, ip_country = whereabouts(folk, customer, at, rng)
    return Visits(customer, at, ip, ip_country, devices(folk, customer, at, rng))


def whereabouts(
    folk: People, customer: np.ndarray, at: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Internet addresses (n,) and their countries by index: at home, in the office, on the way or on a trip."""
    a, n = folk.assumptions, len(customer)
    home, household = folk.country[customer], folk.household[customer]
    ip = addresses("home", home, spread(household * 64 + np.floor(at / a.lease_days).astype("int64")))
    country = home.copy()
    office = (folk.office[customer] >= 0) & (rng.random(n) < a.from_office)
    ip[office] = addresses("office", home[office], spread(folk.office[customer][office]))
    away = (at >= folk.trip_from[customer]) & (at < folk.trip_to[customer])
    hotel = away & (rng.random(n) >= a.roaming)
    country[hotel] = folk.trip_country[customer][hotel]
    ip[hotel] = addresses("office", country[hotel], spread(1000 + customer[hotel] % 200))
    mobile = ~hotel & (away | (rng.random(n) < a.from_mobile))
    ip[mobile] = addresses("mobile", home[mobile], spread(rng.integers(a.carrier_addresses, size=mobile.sum())))
    return ip, country


def devices(folk: People, customer: np.ndarray, at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Numbers of devices (n,): one's first or its successor, one's second, the household's, or one never seen again."""
    a, n = folk.assumptions, len(customer)
    own = first_device(folk, customer, at)
    drawn = rng.random(n)
    bounds = np.cumsum([a.shared_device, a.second_device, a.cleared_device])
    base = 3 * len(folk)
    return np.select(
        [drawn < bounds[0], drawn < bounds[1], drawn < bounds[2]],
        [base + folk.household[customer], customer * 3 + 2, 2 * base + unseen(n, rng)],
        own,
    )


def first_device(folk: People, customer: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Numbers of customers' first devices (n,), as they are at those times."""
    return customer * 3 + (at >= folk.replaced[customer])
