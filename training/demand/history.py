"""What a series sold before the origin: how much lately, how regularly, and since when."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
import pandas as pd
from ibis import _

from commerce.families.demand.parameters import DAYS
from commerce.model import FeatureField
from training.demand import decay
from training.demand.decay import SPEEDS
from training.demand.sales import SERIES, beside

LAGS = 8
NEW_DAYS = 91
RECENT = (16, 32, 64)
SHARES = (13, 52)
WAITED = "waited"
"""Column of what is forecast: periods since a product was listed that was never sold; empty of others."""
SPREAD_SPEED = "slow"
"""Of the weights that the spread is measured with."""

FIELDS: tuple[FeatureField, ...] = (
    FeatureField(
        name="life",
        type="float64",
        doc="periods since the one of the first sale, which is one of them; 0 if never sold",
    ),
    FeatureField(
        name="lived", type="float64", doc=f"likewise, at most those of {NEW_DAYS} days: later it would tell the date"
    ),
    FeatureField(name="last", type="float64", doc="periods without a sale since the last one, or since it was listed"),
    FeatureField(name="new", type="float64", doc=f"1 where the first sale is less than {NEW_DAYS} days back, else 0"),
    *(
        FeatureField(name=f"mean_{name}", type="float64", doc=f"demand per period, exponentially weighted, {name}")
        for name in SPEEDS["week"]
    ),
    FeatureField(name="spread", type="float64", doc="standard deviation of the demand per period, weighted likewise"),
    *(FeatureField(name=f"lag_{k}", type="float64", doc=f"demand {k} periods ago") for k in range(1, LAGS + 1)),
    *(FeatureField(name=f"recent_{w}", type="float64", doc=f"mean demand of the last {w} periods") for w in RECENT),
    *(
        FeatureField(name=f"share_{w}", type="float64", doc=f"share of the last {w} periods with demand")
        for w in SHARES
    ),
    FeatureField(name="size", type="float64", doc="mean demand of periods with demand"),
    FeatureField(name="size_variation", type="float64", doc="its variance over its squared mean"),
)
_NOTHING = (
    "life",
    "lived",
    *(f"mean_{name}" for name in SPEEDS["week"]),
    *(f"lag_{k}" for k in range(1, LAGS + 1)),
    *(f"recent_{w}" for w in RECENT),
)
"""What is 0 of a series that never sold."""


def series(sales: ibis.Table, out: ibis.Table, frequency: str) -> ibis.Table:
    """One row per series of `sales` (see `sales.sold`) with `FIELDS`; `out` is of `stockouts.out`."""
    speeds = SPEEDS[frequency]
    counted = sales.group_by(*SERIES).aggregate(
        life=(_.age.max() + 1).cast("float64"),
        last=_.age.min().cast("float64"),
        size=_.quantity.mean(),
        size_square=(_.quantity * _.quantity).mean(),
        square=(_.quantity * _.quantity * decay.weight(speeds[SPREAD_SPEED])).sum(),
        **{f"weighted_{name}": (_.quantity * decay.weight(h)).sum() for name, h in speeds.items()},
        **{f"lag_{k}": ibis.ifelse(_.age == k - 1, _.quantity, 0.0).sum() for k in range(1, LAGS + 1)},
        **{f"within_{w}": ibis.ifelse(_.age < w, _.quantity, 0.0).sum() for w in RECENT},
        **{f"times_{w}": (_.age < w).cast("float64").sum() for w in SHARES},
    )
    found = beside(counted, _lost(counted, out, speeds), SERIES)
    means = {
        f"mean_{name}": decay.mean(_[f"weighted_{name}"], decay.total(h, _.life), _[f"lost_{name}"].fill_null(0.0))
        for name, h in speeds.items()
    }
    square = decay.mean(_.square, decay.total(speeds[SPREAD_SPEED], _.life), _[f"lost_{SPREAD_SPEED}"].fill_null(0.0))
    described = found.mutate(**means).mutate(
        spread=ibis.greatest(square - _[f"mean_{SPREAD_SPEED}"] * _[f"mean_{SPREAD_SPEED}"], 0.0).sqrt(),
        lived=ibis.least(_.life, float(NEW_DAYS // DAYS[frequency])),
        new=(_.life * DAYS[frequency] < NEW_DAYS).cast("float64"),
        size_variation=ibis.greatest(_.size_square / (_.size * _.size) - 1, 0.0),
        **{f"recent_{w}": _[f"within_{w}"] / ibis.least(_.life, float(w)) for w in RECENT},
        **{f"share_{w}": _[f"times_{w}"] / ibis.least(_.life, float(w)) for w in SHARES},
    )
    return described.select(*SERIES, *(f.name for f in FIELDS))


def filled(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame (`FIELDS`, `WAITED`, …) without empty lives: what never sold has no row in `series`.

    It sold nothing since it was listed; how regularly it sells, and how much at once, is unknown.
    """
    unsold = frame["life"].isna()
    nothing = dict.fromkeys(_NOTHING, 0.0) | {"new": 1.0, "last": frame[WAITED].astype("float64")}
    told = {name: frame[name].mask(unsold, value) for name, value in nothing.items()}
    return frame.assign(**told).drop(columns=WAITED)


def _lost(counted: ibis.Table, out: ibis.Table, speeds: dict[str, float]) -> ibis.Table:
    """(*SERIES, lost_<speed>): weights of the days without stock since the first sale."""
    within = out.inner_join(counted.select(*SERIES, "life"), list(SERIES)).filter(_.age < _.life, _.age >= 0)
    return within.group_by(*SERIES).aggregate(
        **{f"lost_{name}": (_.share * decay.weight(h)).sum() for name, h in speeds.items()}
    )
