"""What came after the as-of date: the label, and the horizon it is asked for."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import ibis
from ibis import _

from training.churn.features import midnight, orders, purchases
from training.contract import ENTITY, LABEL, Source, TrainingError

HORIZON_QUANTILE = 0.9
HORIZON_LIMITS = (14, 180)
"""Days: below two weeks nobody can act in time; beyond half a year the answer comes too late to be learned from."""
HISTORY_SHARE = 4
"""The horizon takes at most one part in four of the history: outcomes to learn from and to judge by must fit in too."""


def returned(source: Source, as_of: date, horizon_days: int) -> ibis.Table:
    """(entity_id, label 0): customers who bought in the `horizon_days` from `as_of` on. All others churned."""
    after = orders(source, as_of + timedelta(days=horizon_days)).filter(_.ordered_at >= midnight(as_of))
    return after.select(**{ENTITY: _.customer_id}).distinct().mutate(**{LABEL: ibis.literal(0.0)})


def default_horizon(source: Source, as_of: date) -> int:
    """Days within which nine of ten repurchases of this shop came, in whole weeks.

    The 90 % quantile of the days between successive purchases of a customer, over the gaps that ended in the year
    before `as_of`, rounded up to a week, limited to `HORIZON_LIMITS` and to a quarter of the history: a customer who is
    silent for longer has left the pattern that nearly all returning customers kept.
    """
    own = ibis.window(group_by="customer_id", order_by="at")
    days = purchases(source, as_of)
    gaps = days.mutate(gap=(_.at - _.at.lag().over(own)) / 86400.0).filter(
        _.gap.notnull(), _.day >= as_of - timedelta(days=365)
    )
    quantile = _number(gaps.aggregate(q=_.gap.quantile(HORIZON_QUANTILE)))
    if quantile is None:
        raise TrainingError(
            f"no customer bought twice in the year before {as_of}: there are no repurchase intervals to take the "
            "churn horizon from; set the parameter horizon_days"
        )
    low, high = HORIZON_LIMITS
    history = (as_of - first_purchase(source, as_of)).days
    return int(max(min(math.ceil(quantile / 7) * 7, high, history // HISTORY_SHARE), low))


def first_purchase(source: Source, as_of: date) -> date:
    """Day of the shop's first order of a known customer; TrainingError when there is none before `as_of`."""
    first = orders(source, as_of).aggregate(first=_.ordered_at.min().truncate("s").epoch_seconds())
    seconds = _number(first)
    if seconds is None:
        raise TrainingError(f"there is no order of a known customer before {as_of}; load orders first")
    return datetime.fromtimestamp(seconds, UTC).date()


def _number(table: ibis.Table) -> float | None:
    """The one value of a table of one row and one column; None when it is empty."""
    value = table.to_pyarrow().column(0)[0].as_py()
    return None if value is None or math.isnan(value) else float(value)
