"""Simulated card payments of a shop: customers' habits (`paying`) and four kinds of fraud (`payment_frauds`)."""

from __future__ import annotations

from datetime import date
from statistics import NormalDist

import numpy as np
import pyarrow as pa

from lake.simulators.internet import country_codes
from lake.simulators.paying import EMAIL_DOMAINS, SALE, WELCOME, PayingHabits, PaymentAssumptions
from lake.simulators.payment_frauds import frauds
from lake.simulators.people import people
from lake.simulators.simulated import Simulated, finished, moments, money, names, tokens
from lake.simulators.visiting import unseen


def payments(assumptions: PaymentAssumptions, *, days: int, seed: int, start: date = date(2025, 1, 1)) -> Simulated:
    """Payments of `days` days and their labels, the same for the same assumptions and seed.

    Labels reach beyond the last day: who wants what a shop knew on a day leaves out those of later.
    """
    rng = np.random.default_rng(seed)
    folk = people(assumptions.people, days, rng)
    habits = PayingHabits(assumptions, folk, rng)
    good = habits.payments(rng)
    parts = [good, *frauds(assumptions, habits, len(good["at"]), rng)]
    return finished("payment", [_rows(p, assumptions, start, rng) for p in parts])


def _rows(made: dict[str, np.ndarray], a: PaymentAssumptions, start: date, rng: np.random.Generator) -> pa.Table:
    """Columns of `payments`, of what was made by number."""
    n = len(made["at"])
    # The dearer the order, the dearer its dearest product: products are numbered by price.
    noisy = (np.log(made["amount"]) - a.log_amount + rng.normal(0, 0.4, n)) / np.hypot(0.8, 0.4)
    ranks = np.floor(np.array([NormalDist().cdf(z) for z in noisy]) * a.products).astype("int64")
    told = ~np.isnan(made["known_after"])
    return pa.table(
        {
            "customer_id": tokens("customer-", made["customer"]),
            "order_id": tokens("order-", unseen(n, rng)),
            "occurred_at": moments(made["at"], start),
            "amount": money(made["amount"]),
            "currency": pa.repeat("EUR", n),
            "method": pa.repeat("card", n),
            "outcome": pa.array(np.where(made["declined"], "declined", "approved").astype(object), pa.string()),
            "card_fingerprint": tokens("card-", made["card"]),
            "card_country": country_codes(made["card_country"]),
            "device_id": tokens("device-", made["device"]),
            "ip": pa.array(made["ip"], pa.string()),
            "ip_country": country_codes(made["ip_country"]),
            "email_domain": pa.array(np.array(EMAIL_DOMAINS, object)[made["email"]], pa.string()),
            "shipping_address": tokens("address-", made["address"]),
            "shipping_country": country_codes(made["shipping_country"]),
            "product_id": names("sku-", np.minimum(ranks, a.products - 1)),
            "coupon": pa.array(np.array([None, SALE, WELCOME], object)[made["coupon"]], pa.string()),
            "pattern": pa.array(made["pattern"].astype(object), pa.string()),
            "known_after": pa.array(made["known_after"], pa.float64(), mask=~told),
            "source": pa.array(
                np.where(made["declined"], "provider", "chargeback").astype(object), pa.string(), mask=~told
            ),
        }
    )
