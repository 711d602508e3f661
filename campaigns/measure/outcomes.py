"""What customers did: outcomes up to each look, and the behaviour before the start that explains them."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from campaigns.orders import Source, by_customer, completed, day_before, midnight
from commerce.campaigns.result import Metric

PRE_DAYS = 84
"""Days of behaviour before the start, at least: twelve weeks explained Complete Journey's spending best (README.md)."""


def bought(source: Source, start: datetime, end: datetime) -> ibis.Table:
    """(customer_id, count, spend) from `start` until `end`, as known at `end`: orders placed then and not undone by
    then, and what customers paid for them less what they had brought back by then. Moments as `orders.utc` gives them.
    """
    placed = completed(source, end, start)
    back = source.table("order_lines").filter(_.kind == "return", _.ordered_at < end)
    returned = back.group_by("order_id").aggregate(returned=_.total.cast("float64").sum())
    net = placed.left_join(returned, "order_id").mutate(net=_.value + _.returned.fill_null(0.0))
    return net.group_by("customer_id").aggregate(count=_.count(), spend=_.net.sum())


def outcomes(
    source: Source, customer_id: np.ndarray, start: datetime, ends: Sequence[datetime]
) -> dict[Metric, np.ndarray]:
    """(n, K) per metric: whether each customer ordered, and what they spent, from `start` up to each of `ends`."""
    looks = [aligned(bought(source, start, end), customer_id, "count", "spend") for end in ends]
    counts, spending = (np.stack([look[:, column] for look in looks], axis=1) for column in (0, 1))
    return {"conversion": (counts > 0).astype(float), "revenue": spending}


def covariates(source: Source, customer_id: np.ndarray, as_of: date, days: int) -> np.ndarray:
    """(n, 3), the most telling first: spending of `PRE_DAYS` (or `days`, where more), logarithm of 1 + the orders of
    the same time, and whether there was one in the last `days`, the length of the attribution window."""
    end = midnight(as_of)
    long = aligned(by_customer(source, end, day_before(as_of, max(PRE_DAYS, days))), customer_id, "count", "spend")
    short = aligned(by_customer(source, end, day_before(as_of, days)), customer_id, "count")
    return arrange(long[:, 1], long[:, 0], short[:, 0])


def arrange(spend: np.ndarray, orders: np.ndarray, orders_lately: np.ndarray) -> np.ndarray:
    """The columns of `covariates` from their parts."""
    return np.column_stack([spend, np.log1p(orders), orders_lately > 0]).astype(float)


def currencies(source: Source, start: datetime, end: datetime) -> list[str]:
    """Currencies of the orders placed from `start` until `end`."""
    placed = source.table("orders").filter(_.ordered_at >= start, _.ordered_at < end, _.currency.notnull())
    return sorted(placed.select("currency").distinct().to_pyarrow().column("currency").to_pylist())


def aligned(table: ibis.Table, customer_id: np.ndarray, *columns: str) -> np.ndarray:
    """(n, columns) the table's numbers in the order of `customer_id`; 0 for a customer it does not have."""
    found: pa.Table = table.select("customer_id", *columns).to_pyarrow()
    place = {customer: row for row, customer in enumerate(customer_id.tolist())}
    rows = np.array([place.get(customer, -1) for customer in found.column("customer_id").to_pylist()], dtype=int)
    values = np.zeros((len(customer_id), len(columns)))
    for column, name in enumerate(columns):
        numbers = found.column(name).to_numpy(zero_copy_only=False)
        values[rows[rows >= 0], column] = numbers[rows >= 0]
    return values
