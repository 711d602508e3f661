"""A neighbourhood of the *Fraud Detection Handbook*'s card payments, as if one of its weeks had just ended.

Its authors simulated them (see `lake.loaders.fraud_handbook`): customers pay at terminals near them, some terminals
and some customers are compromised for weeks. What is kept together is who pays at the same terminals.
"""

from __future__ import annotations

import os
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

from cli.demo.payments import HABIT, HISTORY_DAYS, WEEK_DAYS, Payment, Shop
from lake.loaders.fraud_handbook import LABEL_DELAY_DAYS
from lake.partitions import connect

FILE = "fraud_handbook.parquet"
CENTRE, END = 131, date(2018, 9, 3)
"""The customer around whom the neighbourhood lies, and the day after the week. Of the first 150 customers and four such
days the one with the fewest payments among those that have thirty frauds in the week, and thirty in the one that models
are judged on: of a usual week, with 0.8 % fraud, there would be little to look at."""
CURRENCY = "USD"
PATTERNS = {1: "high_amount", 2: "compromised_terminal", 3: "compromised_customer"}
"""The Handbook's scenarios."""
RULES = Path(__file__).parents[1] / "examples" / "terminal-rules.toml"
_CHOSEN = """
WITH latest AS (
    SELECT * FROM file WHERE TX_DATETIME >= $first AND TX_DATETIME < $end
), near AS (
    SELECT DISTINCT CUSTOMER_ID FROM latest
    WHERE TERMINAL_ID IN (SELECT TERMINAL_ID FROM latest WHERE CUSTOMER_ID = $centre)
)
SELECT CAST(TRANSACTION_ID AS VARCHAR) AS id, timezone('UTC', TX_DATETIME) AS at,
    CAST(CUSTOMER_ID AS VARCHAR) AS customer, CAST(TERMINAL_ID AS VARCHAR) AS terminal,
    round(TX_AMOUNT, 2) AS amount, TX_FRAUD_SCENARIO AS scenario
FROM latest WHERE CUSTOMER_ID IN (SELECT CUSTOMER_ID FROM near) ORDER BY 2, 1
"""


def path() -> Path | None:
    """The Handbook's payments below `SHOPKEEPER_DATA`, else beside the checkout; None where they are not there."""
    folder = os.environ.get("SHOPKEEPER_DATA") or Path(__file__).parents[3] / "shared" / "data"
    found = Path(folder) / FILE
    return found if found.is_file() else None


def shop(file: Path, today: date) -> Shop:
    """Payments until the midnight at which `today` begins, UTC: the Handbook's until `END`, moved by whole days."""
    days = HISTORY_DAYS + WEEK_DAYS
    first = END - timedelta(days=days)
    with connect() as source:
        source.from_parquet(str(file)).create_view("file")
        rows = source.sql(_CHOSEN, params={"first": first, "end": END, "centre": CENTRE}).to_arrow_table().to_pylist()
    moved = today - END
    every = [_payment(row, moved) for row in rows]
    as_of = today - timedelta(days=WEEK_DAYS)
    customers = len({payment.customer_id for payment in every})
    return Shop(
        as_of=as_of,
        history=[payment for payment in every if payment.at.date() < as_of],
        week=[payment for payment in every if payment.at.date() >= as_of],
        currency=CURRENCY,
        rules=RULES,
        words=(
            f"{len(every):,} card payments of {customers:,} customers who pay at the same terminals in {days} days "
            "(Fraud Detection Handbook, Le Borgne and others, CC BY-SA); terminals and customers compromised, and "
            f"amounts out of the ordinary; each fraud is known after {LABEL_DELAY_DAYS} days"
        ),
    )


def _payment(row: dict[str, Any], moved: timedelta) -> Payment:
    at = row["at"].astimezone(UTC) + moved
    pattern = PATTERNS.get(row["scenario"], HABIT)
    return Payment(
        id=row["id"],
        at=at,
        customer_id=row["customer"],
        fields={"amount": row["amount"], "currency": CURRENCY, "method": "card", "device_id": row["terminal"]},
        declined=False,
        pattern=pattern,
        known_at=None if pattern == HABIT else at + timedelta(days=LABEL_DELAY_DAYS),
        source="" if pattern == HABIT else "handbook",
    )
