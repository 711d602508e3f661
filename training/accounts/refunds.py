"""Orders and what of them was refunded, and how much of that is usual in this shop."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false
# pyright: reportCallIssue=false, reportReturnType=false

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import ibis

from training.accounts.history import ACCOUNT
from training.contract import Source

COLUMNS: tuple[str, ...] = ("orders", "refunded", "ordered_value", "refunded_value")
"""Orders, those of which anything was refunded, and their values."""
WEAKEST, USUAL_STRENGTH, STRONGEST = 2.0, 10.0, 1000.0
"""Orders that the shop's rate weighs as much as: at least, where one order each tells nothing of it, and at most."""


def orders(source: Source, as_of: date, days: int) -> ibis.Table:
    """`customer_id` and `COLUMNS` of the orders of the `days` before `as_of`.

    Refunded is an order of which something came back before `as_of`, or whose status said so by then. One that was
    cancelled by then is no order.
    """
    end = datetime.combine(as_of, time())
    placed = source.table("orders")
    placed = placed.filter(
        placed[ACCOUNT].notnull() & (placed["ordered_at"] < end) & (placed["ordered_at"] >= end - timedelta(days=days))
    )
    since = placed["status_at"].coalesce(placed["ordered_at"])
    placed = placed.filter(~((placed["status"] == "cancelled") & (since < end)))
    lines = source.table("order_lines")
    lines = lines.filter((lines["kind"] == "return") & (lines["ordered_at"] < end))
    back = lines.group_by("order_id").aggregate(back=-lines["total"].cast("float64").sum())
    found = placed.left_join(back, "order_id").drop("order_id_right")
    value = found["total"].cast("float64").fill_null(0.0)
    whole = (found["status"] == "refunded") & (found["status_at"].coalesce(found["ordered_at"]) < end)
    refunded = found["back"].coalesce(ibis.cases((whole, value), else_=ibis.null("float64")))
    rows = found.select(ACCOUNT, value=value, back=refunded)
    summed = rows.group_by(ACCOUNT).aggregate(
        orders=rows.count(),
        refunded=rows["back"].count(),
        ordered_value=rows["value"].sum(),
        refunded_value=rows["back"].sum().fill_null(0.0),
    )
    return summed.select(ACCOUNT, **{name: summed[name].cast("float64") for name in COLUMNS})


@dataclass(frozen=True, slots=True)
class Usual:
    """The shop's share of orders refunded, and how many orders of an account it weighs as much as."""

    rate: float
    strength: float

    def shrunk(self, refunded: ibis.Value, orders: ibis.Value) -> ibis.Value:
        """The share of an account, or a group: near the shop's where there are few orders."""
        return (refunded + self.rate * self.strength) / (orders + self.strength)


def usual(by_account: ibis.Table) -> Usual:
    """From the columns that `orders` gives, by the moments of a beta-binomial distribution.

    J. C. Kleinman, *Proportions with extraneous variance*, 1973.
    """
    by_account = by_account.filter(by_account["orders"] > 0)
    n, r = by_account["orders"], by_account["refunded"]
    sums = by_account.aggregate(
        accounts=by_account.count(), n=n.sum(), nn=(n * n).sum(), r=r.sum(), rr_n=(r * r / n).sum()
    )
    found = {name: float(value or 0.0) for name, value in sums.to_pyarrow().to_pylist()[0].items()}
    return moments(**found)


def moments(accounts: float, n: float, nn: float, r: float, rr_n: float) -> Usual:
    """`Usual` from the number of accounts, their orders, the squares of these, their refunds, and refunds² / orders."""
    if not n or not r or r == n:
        return Usual(r / n if n else 0.0, USUAL_STRENGTH)
    rate = r / n
    scatter = (rr_n - rate * r) / (rate * (1.0 - rate))
    room = n - nn / n - (accounts - 1.0)
    if room <= 0.0:
        return Usual(rate, USUAL_STRENGTH)
    alike = min(max((scatter - (accounts - 1.0)) / room, 1.0 / (1.0 + STRONGEST)), 1.0 / (1.0 + WEAKEST))
    return Usual(rate, (1.0 - alike) / alike if math.isfinite(alike) else USUAL_STRENGTH)
