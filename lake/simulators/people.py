"""Simulated customers: what is assumed of them, and what each one's own is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lake.simulators.internet import COUNTRIES


@dataclass(frozen=True)
class PeopleAssumptions:
    """Who the customers are. Every number is an assumption, none was measured in a shop."""

    customers: int = 4000
    home_countries: tuple[float, ...] = (0.70, 0.12, 0.08, 0.06, 0.04)
    """Shares of customers by country, the first ones of COUNTRIES."""
    newcomers: float = 0.3
    """Share whose first day lies within the time simulated: to a shop they look as new as a thief's account."""
    household_size: float = 1.6
    """Mean customers of one household: they share an address, an internet address and at times a device."""
    office_share: float = 0.25
    """Share of customers who also come from an office."""
    office_size: int = 30
    """Customers per office: they share an internet address."""
    from_office: float = 0.3
    """Share of an office worker's visits that come from there."""
    from_mobile: float = 0.3
    """Share of all visits through a mobile carrier."""
    carrier_addresses: int = 24
    """Addresses of all carriers of a country, behind which all their customers are."""
    lease_days: float = 20.0
    """After which a household's internet address changes."""
    shared_device: float = 0.1
    """Share of visits with the household's device."""
    second_device: float = 0.25
    """Share of visits with one's second device."""
    new_device: float = 0.25
    """Share of customers who replace their first device within the time simulated."""
    cleared_device: float = 0.04
    """Share of visits whose device is unknown for ever after: a private window, cleared cookies."""
    travellers: float = 0.2
    """Share of customers who make a trip abroad within the time simulated."""
    trip_days: tuple[float, float] = (3.0, 15.0)
    roaming: float = 0.4
    """Share of visits on a trip that come through the carrier at home; the others come from a hotel there."""
    peak_hour: float = 18.5
    """Mean of customers' favourite hours, UTC."""
    peak_spread: float = 4.0
    """Standard deviation of favourite hours between customers, in hours."""
    hour_spread: float = 3.0
    """Standard deviation of hours around one's own, in hours."""
    activity_shape: float = 0.8
    """Shape of the gamma distribution of how often customers come: small is unequal."""


@dataclass(frozen=True)
class People:
    """Customers (n,) by number. Times are days after the start."""

    assumptions: PeopleAssumptions
    days: float
    country: np.ndarray
    household: np.ndarray
    office: np.ndarray
    """-1: none."""
    hour: np.ndarray
    activity: np.ndarray
    """Relative, mean 1."""
    joined: np.ndarray
    replaced: np.ndarray
    """When the first device was; infinite: not."""
    trip_from: np.ndarray
    trip_to: np.ndarray
    trip_country: np.ndarray

    def __len__(self) -> int:
        return len(self.country)


def people(assumptions: PeopleAssumptions, days: float, rng: np.random.Generator) -> People:
    """Customers drawn by the assumptions."""
    a, n = assumptions, assumptions.customers
    households = max(1, round(n / a.household_size))
    household = rng.integers(households, size=n)
    lives = rng.choice(len(a.home_countries), households, p=a.home_countries)
    offices = max(1, round(n * a.office_share / a.office_size))
    trip_from = np.where(rng.random(n) < a.travellers, rng.uniform(0, days, n), np.inf)
    country = lives[household]
    return People(
        assumptions=a,
        days=days,
        country=country,
        household=household,
        office=np.where(rng.random(n) < a.office_share, rng.integers(offices, size=n), -1),
        hour=rng.normal(a.peak_hour, a.peak_spread, n),
        activity=rng.gamma(a.activity_shape, 1 / a.activity_shape, n),
        joined=np.where(rng.random(n) < a.newcomers, rng.uniform(0, days, n), 0.0),
        replaced=np.where(rng.random(n) < a.new_device, rng.uniform(0, days, n), np.inf),
        trip_from=trip_from,
        trip_to=trip_from + rng.uniform(*a.trip_days, n),
        trip_country=(country + rng.integers(1, len(COUNTRIES), n)) % len(COUNTRIES),
    )
