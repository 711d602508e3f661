"""Who of the journey's customers can be written to: rows of the customers table, made up."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa

from tests.journey import history

BOUNCES, COMPLAINS = ("0", "1", "2", "3"), ("4", "5", "6", "7")
UNCONSENTING = frozenset(str(n) for n in range(380, 400))


def of(customer: str) -> str:
    """The customer's address; some are of SES's mailbox simulator, where mail really bounces or is complained of."""
    for kind, customers in (("bounce", BOUNCES), ("complaint", COMPLAINS)):
        if customer in customers:
            return f"{kind}+{customer}@simulator.amazonses.com"
    return f"customer-{customer}@example.com"


def rows() -> pa.Table:
    """One row of every customer, from the day before their history begins."""
    since = history.FIRST - timedelta(days=1)
    return pa.Table.from_pylist(
        [
            {
                "customer_id": customer,
                "updated_at": since,
                "email": of(customer),
                "email_consent": customer not in UNCONSENTING,
                "time_zone": "Europe/Berlin",
                "traits": f'{{"first_name": "First{customer}"}}',
            }
            for customer in map(str, range(history.CUSTOMERS))
        ]
    )
