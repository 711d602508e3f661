"""Payments of a small shop in which cards are tested in bursts, and what became known of them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lake.schema import from_records

DAYS, PER_DAY, BURSTS_PER_DAY, BURST = 40, 90, 1, 8
CUSTOMERS = 300
NEW = 0.4
"""Share of honest payments that are somebody's first, with a card and a device never seen."""
DELAY = timedelta(days=3)


def rows(end: datetime) -> tuple[Any, Any]:
    """(payments, labels) of the days before `end`, as Arrow tables."""
    rng, payments, labels = random.Random(5), [], []
    first = end - timedelta(days=DAYS)

    def pay(at: datetime, customer: int, card: str, device: str, amount: float, *, fraud: bool) -> None:
        id_ = f"paid-{len(payments)}"
        payments.append(
            {
                "payment_id": id_,
                "customer_id": str(customer),
                "occurred_at": at,
                "amount": Decimal(f"{amount:.2f}"),
                "currency": "EUR",
                "card_fingerprint": card,
                "device_id": device,
            }
        )
        labels.append(
            {
                "event_type": "payment",
                "event_id": id_,
                "labelled_at": at + DELAY,
                "fraud": fraud,
                "source": "chargeback",
            }
        )

    for day in range(DAYS):
        for _ in range(PER_DAY):
            at = first + timedelta(days=day, seconds=rng.random() * 86_000)
            customer = len(payments) + CUSTOMERS if rng.random() < NEW else rng.randrange(CUSTOMERS)
            pay(at, customer, f"card-{customer}", f"device-{customer}", rng.uniform(10, 120), fraud=False)
        for burst in range(BURSTS_PER_DAY):
            at = first + timedelta(days=day, seconds=rng.random() * 80_000)
            for _ in range(BURST):
                at += timedelta(seconds=rng.randrange(5, 40))
                stolen = f"stolen-{day}-{burst}"
                pay(at, rng.randrange(CUSTOMERS), stolen, stolen, rng.uniform(10, 120), fraud=True)
    return from_records("payments", payments), from_records("labels", labels)


def midnight(day: Any) -> datetime:
    """Beginning of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
