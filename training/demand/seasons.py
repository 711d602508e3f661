"""What was sold in a step's season before: the same weeks of the last year, and the same weekday."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
from ibis import _

from commerce.model import FeatureField
from training.demand import decay
from training.demand.periods import WEEK_DAYS, Periods
from training.demand.sales import SERIES, beside

WEEKDAY_SPEEDS = {"fast": 4.0, "slow": 13.0}
"""Half-lives in weeks."""
WEEKDAYS = tuple(f"weekday_{name}" for name in WEEKDAY_SPEEDS)

FIELDS: tuple[FeatureField, ...] = (
    FeatureField(name="year_ago", type="float64", doc="mean demand of the same weeks of the last year; empty if new"),
    *(
        FeatureField(
            name=f"weekday_{name}",
            type="float64",
            doc=f"mean demand of the weekday, exponentially weighted over {h:.0f} weeks; empty for weeks",
        )
        for name, h in WEEKDAY_SPEEDS.items()
    ),
)


def year_ago(sales: ibis.Table, lives: ibis.Table, by: tuple[str, ...], periods: Periods) -> ibis.Table:
    """(*by, step, year_ago): mean demand of each step's season a year before, empty where it was not lived through.

    `lives` has (*by, life), the periods since the first sale.
    """
    # Steps are numbers made by the engine: a table from here would need a Python on each of Spark's workers.
    year, around, horizon = periods.year, periods.around, periods.horizon
    near = sales.mutate(
        low=ibis.greatest(year - _.age - around, 1), high=ibis.least(year - _.age + around, horizon)
    ).filter(_.low <= _.high)
    matched = near.mutate(step=lambda t: ibis.range(t.low, t.high + 1).unnest())
    sums = matched.group_by(*by, step=_.step.cast("int64")).aggregate(sold=_.quantity.sum())
    asked = lives.select(*by, "life").mutate(step=ibis.range(1, horizon + 1).unnest()).mutate(step=_.step.cast("int64"))
    first, end = (ibis.greatest(year - _.step + more, 0) for more in (-around, around + 1))
    # NULLIF leaves the ratio empty where no such period is known.
    known = ibis.greatest(ibis.least(_.life, end.cast("float64")) - first, 0.0).nullif(0.0)
    found = beside(asked, sums, (*by, "step"))
    return found.select(*by, "step", year_ago=_.sold.fill_null(0.0) / known)


def weekday(sales: ibis.Table, lives: ibis.Table) -> ibis.Table:
    """(*SERIES, position, weekday_<speed>): daily demand of the weekday whose latest day has age `position`."""
    placed = sales.mutate(position=_.age % WEEK_DAYS, week=(_.age - _.age % WEEK_DAYS) / WEEK_DAYS)
    sums = placed.group_by(*SERIES, "position").aggregate(
        **{f"sum_{name}": (_.quantity * decay.weight(h, _.week)).sum() for name, h in WEEKDAY_SPEEDS.items()}
    )
    found = sums.inner_join(lives.select(*SERIES, "life"), list(SERIES))
    weeks = ((_.life - _.position) / WEEK_DAYS).ceil()
    return found.select(
        *SERIES,
        "position",
        **{f"weekday_{name}": _[f"sum_{name}"] / decay.total(h, weeks) for name, h in WEEKDAY_SPEEDS.items()},
    )
