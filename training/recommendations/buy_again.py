"""What a customer bought before a moment, product by product: how often, how lately, and when it is due again.

`interactions` is a table (customer_id, product_id, at, quantity), one row per line bought; `at` is a timestamp without
a zone. Nothing at or after `as_of` is read. A purchase is a customer's day with the product; days are counted back
from `as_of`, so that a shop's own midnight is theirs. Ages and gaps are in days. `decayed_<t>` is the sum of
exp(−age / t): personal frequency that forgets, hard to beat for baskets (Hu et al., SIGIR 2020; Li et al., TOIS 2023).
How long since the last purchase, against the customer's own rhythm and everybody's, is what tells a repeat from
a pause (Bhagat et al., KDD 2018).
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from datetime import datetime

import ibis
from ibis import _

DAY_SECONDS = 86400
WINDOWS = (14, 28, 56, 112)
DECAYS = (14, 45, 91, 182)
GAP_WEIGHT = 2.0
"""How many of a customer's own gaps everybody's usual gap of the product counts as."""

HISTORY = (
    "recency",
    "tenure",
    "purchases",
    "visits_since",
    *(f"purchases_{w}" for w in WINDOWS),
    *(f"decayed_{t}" for t in DECAYS),
    "gap_mean",
    "gap_median",
    "gap_deviation",
    "gap_last",
    "gap_visits",
    "units_last",
    "units_mean",
)
"""Columns of `history`."""


def purchases(interactions: ibis.Table, as_of: datetime) -> ibis.Table:
    """(customer_id, product_id, age, units, visit): one row per customer, product and day before `as_of`.

    `age` is in whole days; `visit` counts the customer's days with any purchase backwards, the last one is 0. Lines
    without a customer or with a quantity of zero or less are left out.
    """
    end = int((as_of - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001 (timestamps are without a zone)
    lines = interactions.filter(_.customer_id.notnull(), _.quantity > 0, _.at < as_of)
    aged = lines.mutate(age=(end - 1 - _.at.truncate("s").epoch_seconds()) // DAY_SECONDS)
    days = aged.group_by("customer_id", "product_id", "age").aggregate(units=_.quantity.sum().cast("float64"))
    return days.mutate(visit=ibis.dense_rank().over(ibis.window(group_by="customer_id", order_by="age")))


def recency_frequency(bought: ibis.Table, days: float = 91.0) -> ibis.Table:
    """(customer_id, product_id, score): sum of exp(−age / `days`) over the purchases; the floor of every ranker."""
    return bought.group_by("customer_id", "product_id").aggregate(score=(-_.age / days).exp().sum())


def history(bought: ibis.Table) -> ibis.Table:
    """One row per customer and product of `purchases`; columns `HISTORY`, gaps empty before the second purchase."""
    own = ibis.window(group_by=["customer_id", "product_id"], order_by=ibis.desc("age"))
    spaced = bought.mutate(
        gap=(_.age.lag().over(own) - _.age).cast("float64"),
        skipped=(_.visit.lag().over(own) - _.visit).cast("float64"),
    )
    return spaced.group_by("customer_id", "product_id").aggregate(
        recency=_.age.min(),
        tenure=_.age.max(),
        purchases=_.count(),
        visits_since=_.visit.min(),
        **{f"purchases_{w}": (_.age < w).cast("int64").sum() for w in WINDOWS},
        **{f"decayed_{t}": (-_.age / t).exp().sum() for t in DECAYS},
        gap_mean=_.gap.mean(),
        gap_median=_.gap.median(),
        gap_deviation=_.gap.std(how="sample"),
        gap_last=_.gap.argmin(_.age),
        gap_visits=_.skipped.mean(),
        units_last=_.units.argmin(_.age),
        units_mean=_.units.mean(),
    )


def usual_gaps(known: ibis.Table) -> ibis.Table:
    """(product_id, usual_gap): days, median over customers' mean gaps of `history`; only products bought again."""
    again = known.filter(_.gap_mean.notnull())
    return again.group_by("product_id").aggregate(usual_gap=_.gap_mean.median())


def due(frame: ibis.Table) -> ibis.Table:
    """`frame` with `expected_gap` and `overdue` = recency / expected gap: 1 when the next purchase is due.

    The expected gap is the customer's mean, drawn towards everybody's `usual_gap` as if it were `GAP_WEIGHT` more gaps;
    one of the two alone where the other is empty, empty where both are.
    """
    gaps = _.purchases - 1
    blended = (gaps * _.gap_mean + GAP_WEIGHT * _.usual_gap) / (gaps + GAP_WEIGHT)
    expected = frame.mutate(expected_gap=ibis.coalesce(blended, _.gap_mean, _.usual_gap))
    return expected.mutate(overdue=(_.recency + 1) / _.expected_gap)
