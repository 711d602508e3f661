"""Coupons that several accounts of one group used, and how likely that is by chance."""

# Ibis types an expression by its value at run time, which a type checker cannot see.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import ibis
import numpy as np
import pyarrow as pa
from scipy.stats import binom

from training.accounts.history import ACCOUNT
from training.contract import Source

SCHEMA = pa.schema(
    [
        pa.field("group_number", pa.int64()),
        pa.field("coupon", pa.string()),
        pa.field("coupon_accounts", pa.float64()),
        pa.field("coupon_chance", pa.float64()),
    ]
)
"""Of each group the coupon whose use is least likely: its name, accounts that used it, and how likely it is that so
many of a group's accounts use it by chance, each with the share of all the shop's buyers that do."""
LEAST_LIKELY = 1e-12


def used(source: Source, payments: ibis.Table, as_of: date, days: int) -> ibis.Table:
    """`customer_id`, `coupon`: which account used which coupon, in a payment that was not declined or in an order."""
    end = datetime.combine(as_of, time())
    orders = source.table("orders")
    orders = orders.filter((orders["ordered_at"] < end) & (orders["ordered_at"] >= end - timedelta(days=days)))
    rows = ibis.union(
        payments.filter(~payments["declined"]).select(ACCOUNT, "coupon"), orders.select(ACCOUNT, "coupon")
    )
    return rows.filter(rows[ACCOUNT].notnull() & rows["coupon"].notnull()).distinct()


def by_group(used: ibis.Table, members: ibis.Table, buyers: ibis.Table) -> pa.Table:
    """`SCHEMA` of the groups in which two accounts or more used one coupon.

    `members` has `customer_id` and `group_number` of the accounts of groups, `buyers` the `customer_id` of every
    account that bought.
    """
    inside = used.inner_join(members, ACCOUNT)
    found = inside.group_by("group_number", "coupon").aggregate(k=inside.count())
    found = found.filter(found["k"] > 1)
    bought = members.semi_join(buyers, ACCOUNT)
    sizes = bought.group_by("group_number").aggregate(n=bought.count())
    whole = used.group_by("coupon").aggregate(users=used.count())
    joined = found.inner_join(sizes, "group_number").inner_join(whole, "coupon")
    rows = joined.select("group_number", "coupon", "k", "n", "users").to_pyarrow()
    everybody = int(buyers.count().to_pyarrow().as_py())
    return _least_likely(rows, everybody)


def _least_likely(rows: pa.Table, everybody: int) -> pa.Table:
    if not rows.num_rows:
        return SCHEMA.empty_table()
    rows = rows.sort_by([("group_number", "ascending"), ("coupon", "ascending")])
    group, k, n, users = (rows[name].to_numpy() for name in ("group_number", "k", "n", "users"))
    chance = np.maximum(binom.sf(k - 1, np.maximum(n, k), np.minimum(users / everybody, 1.0)), LEAST_LIKELY)
    order = np.lexsort((chance, group))
    best = order[np.unique(group[order], return_index=True)[1]]
    chosen = rows.take(best)
    columns = {
        "group_number": chosen["group_number"],
        "coupon": chosen["coupon"],
        "coupon_accounts": chosen["k"].cast(pa.float64()),
        "coupon_chance": pa.array(chance[best]),
    }
    return pa.table(columns).cast(SCHEMA)
