"""What was sold in a step's season before: the same weeks of the last year, and the same weekday."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import numpy as np
import pandas as pd
from ibis import _

from commerce.model import FeatureField
from training.demand import decay, holiday
from training.demand.origins import ORIGIN
from training.demand.periods import WEEK_DAYS, Periods
from training.demand.sales import SERIES, beside

WEEKDAY_SPEEDS = {"latest": 1.5, "fast": 4.0, "slow": 13.0, "year": 39.0}
"""Half-lives in weeks."""
WEEKDAY_LAGS = tuple(f"weekday_lag_{k}" for k in range(1, holiday.WEEKDAY_LAGS + 1))
WEEKDAYS = (*(f"weekday_{name}" for name in WEEKDAY_SPEEDS), *WEEKDAY_LAGS)

FIELDS: tuple[FeatureField, ...] = (
    FeatureField(name="year_ago", type="float64", doc="mean demand of the same weeks of the last year; empty if new"),
    *(
        FeatureField(
            name=f"weekday_{name}",
            type="float64",
            doc=f"mean demand of the ordinary days of the weekday, half-life {h} weeks; empty for weeks",
        )
        for name, h in WEEKDAY_SPEEDS.items()
    ),
    *(
        FeatureField(name=name, type="float64", doc=f"demand on the weekday's {k}. latest day; empty for weeks")
        for k, name in enumerate(WEEKDAY_LAGS, 1)
    ),
)


def lived_before(name: str) -> int:
    """Weeks before its latest day that one of `WEEKDAYS` looks at."""
    return WEEKDAY_LAGS.index(name) if name in WEEKDAY_LAGS else 0


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


def weekday(
    sales: ibis.Table, lives: ibis.Table, unusual: Mapping[str, Sequence[int]], ages: Mapping[int, Sequence[int]]
) -> pd.DataFrame:
    """(*SERIES, position, *WEEKDAYS, sold on days of each kind of `unusual`).

    One row per series and weekday on which it sold, whose latest day has age `position`. `unusual` has numbers of days
    by kind, which say nothing of the weekday and are left out of its means; `ages` theirs by origin, rising, of those
    that are not too long ago to count.
    """
    within = _.age < holiday.REMEMBERED_DAYS
    number = _.origin - 1 - _.age
    of = {kind: within & number.isin(list(days)) if days else ibis.literal(False) for kind, days in unusual.items()}
    apart = [day for days in unusual.values() for day in days]
    ordinary = ~(within & number.isin(apart)) if apart else ibis.literal(True)
    placed = sales.mutate(position=_.age % WEEK_DAYS, week=(_.age - _.age % WEEK_DAYS) / WEEK_DAYS)
    sums = placed.group_by(*SERIES, "position").aggregate(
        **{
            f"weekday_{name}": ibis.ifelse(ordinary, _.quantity * decay.weight(h, _.week), 0.0).sum()
            for name, h in WEEKDAY_SPEEDS.items()
        },
        **{name: ibis.ifelse(_.week == k, _.quantity, 0.0).sum() for k, name in enumerate(WEEKDAY_LAGS)},
        **{kind: ibis.ifelse(there, _.quantity, 0.0).sum() for kind, there in of.items()},
    )
    found = sums.inner_join(lives.select(*SERIES, "life"), list(SERIES)).to_pandas()
    life, position = (found[name].to_numpy(dtype=np.float64) for name in ("life", "position"))
    origin = found[ORIGIN].to_numpy()
    weights = {name: np.zeros(len(found)) for name in WEEKDAY_SPEEDS}
    for at, left_out in ages.items():
        here = np.flatnonzero(origin == at)
        for name, half_life in WEEKDAY_SPEEDS.items():
            weights[name][here] = _weights(half_life, life[here], position[here], left_out)
    for name, known in weights.items():
        found[f"weekday_{name}"] /= np.where(known > 0, known, np.nan)
    return found.drop(columns="life")


def _weights(half_life: float, life: np.ndarray, position: np.ndarray, apart: Sequence[int]) -> np.ndarray:
    """(rows,) weights of the weekday's ordinary days since the first sale."""
    weeks = np.ceil((life - position) / WEEK_DAYS)
    every = (1 - 2 ** (-weeks / half_life)) / (1 - 2 ** (-1 / half_life))
    ages = np.array(apart, dtype=np.float64)
    left_out = 2 ** (-(ages // WEEK_DAYS) / half_life)
    for place in range(WEEK_DAYS):
        own = ages % WEEK_DAYS == place
        summed = np.r_[0.0, np.cumsum(left_out[own])]
        here = position == place
        every[here] -= summed[np.searchsorted(ages[own], life[here], side="left")]
    # Of a sum of weights less the same weights nothing may be left but rounding.
    return np.where(every > 1e-9, every, 0.0)
