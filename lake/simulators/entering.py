"""Customers' habits of logging in, and what is assumed of logins."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lake.simulators.people import People, PeopleAssumptions
from lake.simulators.visiting import visits

SECOND = 1 / 86_400
"""In days."""
REASONS = (None, "wrong_password", "unknown_account", "locked")
"""Why an attempt failed, by number; 0: it succeeded."""


@dataclass(frozen=True)
class LoginAssumptions:
    """What logins are like. Every number is an assumption, none was measured in a shop."""

    people: PeopleAssumptions = field(default_factory=PeopleAssumptions)
    per_customer_per_day: float = 0.15
    mistaken: float = 0.08
    """Share of logins that begin with a wrong password."""
    mistakes: float = 0.55
    """Chance that a wrong password is followed by another one."""
    forgotten: float = 0.15
    """Share of those who, after their mistakes, do not get in that day."""
    mistyped: float = 0.02
    """Share of logins that begin with an account that does not exist."""
    seconds_between: tuple[float, float] = (4.0, 60.0)
    """From a mistake to the next try."""
    stuffing_per_1000: float = 25.0
    """Attempts of credential stuffing per 1,000 good logins; likewise below."""
    guessing_per_1000: float = 6.0
    takeover_per_1000: float = 2.0
    unreported: float = 0.1
    """Share of takeovers that nobody reports: no label ever comes. Likewise of single failed attempts of attacks."""
    failed_days: tuple[float, float] = (0.5, 5.0)
    """When a review finds an attack's failed attempts."""
    reported_median_days: float = 5.0
    reported_spread: float = 0.8
    """Standard deviation of the logarithm of the days until the account's owner complains."""
    reported_days: tuple[float, float] = (0.5, 21.0)


def habit(a: LoginAssumptions, folk: People, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Logins of customers (n,), with the mistakes before them."""
    seen = visits(folk, a.per_customer_per_day, rng)
    n = len(seen.customer)
    mistaken = rng.random(n) < a.mistaken
    # Tries before the last: a geometric number for those who do not know their password.
    wrong = np.where(mistaken, rng.geometric(1 - a.mistakes, n), 0)
    mistyped = rng.random(n) < a.mistyped
    before = wrong + mistyped
    visit = np.repeat(np.arange(n), before + 1)
    first = np.repeat(np.cumsum(before + 1) - before - 1, before + 1)
    number = np.arange(len(visit)) - first
    last = number == before[visit]
    given_up = mistaken & (rng.random(n) < a.forgotten)
    unknown = mistyped[visit] & (number == 0) & ~last
    wait = rng.uniform(*a.seconds_between, len(visit)) * SECOND
    waited = np.cumsum(wait) - np.cumsum(wait)[first]
    reason = np.select([unknown, ~last | given_up[visit]], [2, 1], 0)
    return {
        "customer": np.where(unknown, -1, seen.customer[visit]),
        "at": seen.at[visit] + waited,
        "reason": reason,
        "ip": seen.ip[visit],
        "ip_country": seen.ip_country[visit],
        "device": seen.device[visit],
        "pattern": np.full(len(visit), "habit"),
        "known_after": np.full(len(visit), np.nan),
    }
