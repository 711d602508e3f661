"""Simulated replies where a shop would find real ones: orders in the lake, opens and clicks as events of the mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa
from ibis import _

from cli.demo.response import Reply
from cli.mailbox import Mail, Reaction
from lake import Lake
from lake.schema import from_records

CHANNEL = "simulated"
PAST_DAYS = 365
_READS_AFTER = timedelta(seconds=8)
"""Sooner after delivery an open counts as a machine's."""
_CLICKS_AFTER = timedelta(seconds=2)


@dataclass(frozen=True)
class Past:
    """Households' own orders of the year before the window, and who really ordered in it."""

    baskets: dict[str, list[str]]
    amounts: dict[str, float]
    ordered_in_window: set[str]


def past(lake: Lake, customers: Sequence[str], starts: date, days: int) -> Past:
    """What is needed of the households `customers` for a window of `days` from `starts` on."""
    orders = lake.table("orders", since=starts - timedelta(days=PAST_DAYS), until=starts + timedelta(days=days - 1))
    known = orders.filter(_.customer_id.isin(list(customers)), _.status == "completed")
    begins = ibis.timestamp(starts.isoformat())
    columns = known.select("order_id", "customer_id", amount=_.total.cast("float64"), later=_.ordered_at >= begins)
    found = Past({customer: [] for customer in customers}, {}, set())
    for row in columns.order_by("order_id").to_pyarrow().to_pylist():
        if row["later"]:
            found.ordered_in_window.add(row["customer_id"])
        elif row["amount"] > 0:
            found.baskets[row["customer_id"]].append(row["order_id"])
            found.amounts[row["order_id"]] = row["amount"]
    return found


def write_orders(lake: Lake, campaign_id: str, given: Sequence[Reply], starts: date) -> int:
    """Write the extra orders with their lines, on top of the real ones; how many they are."""
    extra = {reply.basket: reply for reply in given if reply.basket is not None}
    if not extra:
        return 0
    orders, lines = (_of_baskets(lake, name, list(extra), starts) for name in ("orders", "order_lines"))
    again = {basket: _again(campaign_id, reply) for basket, reply in extra.items()}
    for row in (*orders, *lines):
        row.update(again[row["order_id"]])
    for row in orders:
        row.update(channel=CHANNEL, status_at=None, coupon=None)
    lake.write("orders", from_records("orders", orders), look_back=timedelta(0))
    lake.write("order_lines", from_records("order_lines", lines), look_back=timedelta(0))
    return len(orders)


def reactions(given: Sequence[Reply], mails: Mapping[str, Mail], link: str) -> list[Reaction]:
    """Opens and clicks of the mails, by household."""
    found = []
    for reply in given:
        mail = mails[reply.customer_id]
        read = mail.at + _READS_AFTER
        if reply.opened:
            found.append(Reaction(mail.id, "open", read))
        if reply.clicked:
            found.append(Reaction(mail.id, "click", read + _CLICKS_AFTER, link))
    return found


def _of_baskets(lake: Lake, name: str, baskets: Sequence[str], starts: date) -> list[dict[str, Any]]:
    table = lake.table(name, since=starts - timedelta(days=PAST_DAYS), until=starts - timedelta(days=1))
    rows: pa.Table = table.filter(_.order_id.isin(list(baskets))).to_pyarrow()
    return rows.to_pylist()


def _again(campaign_id: str, reply: Reply) -> dict[str, Any]:
    return {"order_id": f"{CHANNEL}-{campaign_id}-{reply.customer_id}", "ordered_at": reply.at}
