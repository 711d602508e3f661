"""Customers' habits of paying, and what is assumed of payments."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lake.simulators.internet import COUNTRIES
from lake.simulators.people import People, PeopleAssumptions
from lake.simulators.visiting import unseen, visits

MINUTE = 1 / 1440
"""In days."""


@dataclass(frozen=True)
class PaymentAssumptions:
    """What payments are like. Every number is an assumption, none was measured in a shop."""

    people: PeopleAssumptions = field(default_factory=PeopleAssumptions)
    per_customer_per_day: float = 0.06
    products: int = 400
    log_amount: float = 3.7
    """Mean over customers of the natural logarithm of what they pay, euros."""
    log_amount_between: float = 0.5
    """Standard deviation of that between customers."""
    log_amount_within: float = 0.6
    """Standard deviation between payments of one customer."""
    declined: float = 0.04
    """Share of good payments that the issuer declines."""
    retried: float = 0.6
    """Share of those that are tried again within `retry_minutes`, half of them with another card."""
    retry_minutes: float = 8.0
    second_card: float = 0.15
    """Share of payments with one's second card."""
    foreign_card: float = 0.04
    """Share of customers whose cards are from another country."""
    gift: float = 0.08
    """Share of parcels sent to an address that is new to the shop."""
    to_office: float = 0.3
    """Share of office workers' parcels that go to the office."""
    coupon: float = 0.06
    """Share of payments with the coupon of a sale."""
    welcome: float = 0.5
    """Share of newcomers who use the coupon for a first order."""
    friendly: float = 0.0004
    """Share of good payments that are charged back all the same: labels say fraud."""
    stolen_per_1000: float = 2.5
    """Thieves' payments per 1,000 good ones; likewise below."""
    takeover_per_1000: float = 2.0
    testing_per_1000: float = 4.0
    ring_per_1000: float = 2.5
    ring_payments: float = 1.0
    """Mean payments of an account of a ring."""
    unreported: float = 0.1
    """Share of fraud that nobody reports: no label ever comes."""
    declined_known: float = 0.7
    """Share of declined fraud of which the provider tells the shop, within `declined_days`."""
    declined_days: tuple[float, float] = (0.5, 5.0)
    chargeback_median_days: float = 12.0
    chargeback_spread: float = 0.6
    """Standard deviation of the logarithm of the days until a chargeback."""
    chargeback_days: tuple[float, float] = (3.0, 40.0)
    """Earliest and latest chargeback."""


EMAIL_DOMAINS = ("webmail.example", "post.example", "letters.example", "mailbox.example", "inbox.example")
_EMAIL_SHARES = (0.45, 0.25, 0.15, 0.1, 0.05)
SALE, WELCOME = "SALE", "WELCOME"


class PayingHabits:
    """What is each customer's own (n,): usual amount, cards, address, e-mail domain."""

    def __init__(self, assumptions: PaymentAssumptions, folk: People, rng: np.random.Generator) -> None:
        a, n = assumptions, len(folk)
        self.assumptions = a
        self.folk = folk
        self.log_amount = rng.normal(a.log_amount, a.log_amount_between, n)
        self.email = rng.choice(len(EMAIL_DOMAINS), n, p=_EMAIL_SHARES)
        foreign = rng.random(n) < a.foreign_card
        self.card_country = np.where(foreign, rng.integers(len(COUNTRIES), size=n), folk.country)

    def payments(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Good payments by habit, with those that are tried again after the issuer declined."""
        a, folk = self.assumptions, self.folk
        seen = visits(folk, a.per_customer_per_day, rng)
        who, n = seen.customer, len(seen.customer)
        office = (folk.office[who] >= 0) & (rng.random(n) < a.to_office)
        gift = rng.random(n) < a.gift
        first = np.zeros(n, bool)
        order = np.lexsort((seen.at, who))
        first[order[np.unique(who[order], return_index=True)[1]]] = True
        welcome = first & (folk.joined[who] > 0) & (rng.random(n) < a.welcome)
        made = {
            "customer": who,
            "at": seen.at,
            "amount": np.exp(rng.normal(self.log_amount[who], a.log_amount_within)),
            "card": 2 * who + (rng.random(n) < a.second_card),
            "card_country": self.card_country[who],
            "device": seen.device,
            "ip": seen.ip,
            "ip_country": seen.ip_country,
            "email": self.email[who],
            "address": np.select([gift, office], [unseen(n, rng), self.office_address(who)], folk.household[who]),
            "shipping_country": folk.country[who],
            "coupon": np.select([welcome, rng.random(n) < a.coupon], [2, 1], 0),
            "declined": rng.random(n) < a.declined,
            "pattern": np.full(n, "habit"),
            "known_after": np.where(rng.random(n) < a.friendly, chargeback_days(a, n, rng), np.nan),
        }
        again = made["declined"] & (rng.random(n) < a.retried)
        retry = {name: values[again] for name, values in made.items()}
        other = rng.random(again.sum()) < 0.5
        retry["at"] = retry["at"] + rng.uniform(MINUTE / 2, a.retry_minutes * MINUTE, again.sum())
        retry["card"] = np.where(other, retry["card"] ^ 1, retry["card"])
        retry["declined"] = rng.random(again.sum()) < a.declined
        return {name: np.concatenate([values, retry[name]]) for name, values in made.items()}

    def office_address(self, who: np.ndarray) -> np.ndarray:
        """Numbers of the addresses (n,) of customers' offices, beside those of households."""
        return len(self.folk) + self.folk.office[who]


def chargeback_days(a: PaymentAssumptions, n: int, rng: np.random.Generator) -> np.ndarray:
    """Days (n,) from a payment to its chargeback."""
    return np.clip(rng.lognormal(np.log(a.chargeback_median_days), a.chargeback_spread, n), *a.chargeback_days)
