"""Letter addresses and consent of households. Complete Journey has neither, so they are made up and labelled so."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from lake import Lake
from lake.schema import from_records

TRAIT = "letter_address"
MADE_UP = "made up by shopkeeper demo"


def make_up(lake: Lake, as_of: date) -> int:
    """Give every household an address that nobody has and consent, from the day before `as_of` on; how many they are.

    What the shop knows of them otherwise stays as it is.
    """
    newest: dict[str, dict[str, Any]] = {}
    for row in sorted(lake.read("customers").to_pylist(), key=lambda row: row["updated_at"]):
        newest[row["customer_id"]] = row
    since = datetime.combine(as_of, time(), UTC) - timedelta(days=1)
    rows = [_with_contact(row, since) for row in newest.values()]
    lake.write("customers", from_records("customers", rows))
    return len(rows)


def address(customer_id: str) -> str:
    """The made-up address: below a name that is reserved for examples (RFC 2606)."""
    return f"household-{customer_id}@shop.example"


def customer(address: str) -> str:
    """Whose made-up address it is."""
    return address.removeprefix("household-").removesuffix("@shop.example")


def _with_contact(row: dict[str, Any], since: datetime) -> dict[str, Any]:
    traits = json.loads(row["traits"] or "{}") | {TRAIT: MADE_UP}
    return row | {
        "updated_at": since,
        "email": address(row["customer_id"]),
        "email_consent": True,
        "traits": json.dumps(traits),
    }
