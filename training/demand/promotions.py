"""Promotions: of the periods to come, which are planned and so known ahead, and what earlier ones did to demand.

The table says what is promoted, not since when that is known: a promotion counts as known at every origin, as plans
are.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from commerce.model import FeatureField
from training.contract import Source
from training.demand import decay
from training.demand.decay import SPEEDS
from training.demand.origins import ORIGIN, SECONDS, Origins
from training.demand.sales import SERIES, beside, location, midnight

REMEMBERED_DAYS = 364
"""Days before the origin whose promotions are looked at."""
LATELY = 8
"""Periods of `promoted_lately`."""
_SPEED = "slow"
_HOW = ("share", "display", "mailer", "discount")

PLANNED: tuple[FeatureField, ...] = (
    FeatureField(name="promoted", type="float64", doc="share of the period's days with a promotion"),
    FeatureField(name="displayed", type="float64", doc="likewise with a display"),
    FeatureField(name="mailed", type="float64", doc="likewise in a mailer"),
    FeatureField(name="discount", type="float64", doc="largest planned discount, share of the price"),
)
PAST: tuple[FeatureField, ...] = (
    FeatureField(name="promoted_lately", type="float64", doc=f"share of the last {LATELY} periods promoted"),
    FeatureField(
        name="mean_promoted", type="float64", doc="demand of promoted periods, exponentially weighted, or empty"
    ),
    FeatureField(name="mean_plain", type="float64", doc="demand of the others, likewise"),
)


def promoted(source: Source, origins: Origins, series: ibis.Table, by_location: bool) -> ibis.Table:
    """(*SERIES, age, share, display, mailer, discount): promoted periods of the year before and the horizon ahead.

    The age of step 1 is −1. For the whole shop, shares and discounts are means over its stores.
    """
    days, shift, remembered = origins.days, origins.last.shift, REMEMBERED_DAYS // origins.days
    first, last = origins.first.first - remembered, origins.last.first + origins.horizon - 1
    rows = source.table("promotions").semi_join(series, "product_id")
    begins = rows.mutate(begins=_day(_.starts_on), ends=_day(ibis.coalesce(_.ends_on, _.starts_on)))
    within = begins.mutate(
        low=ibis.greatest((_.begins + shift) // days, first), high=ibis.least((_.ends + shift) // days, last)
    ).filter(_.low <= _.high)
    each = within.mutate(period=lambda t: ibis.range(t.low, t.high + 1).unnest()).mutate(starts=_.period * days - shift)
    shared = each.mutate(
        share=(ibis.least(_.ends, _.starts + days - 1) - ibis.greatest(_.begins, _.starts) + 1) / float(days)
    )
    stores = shared.group_by("product_id", "store_id", period=_.period.cast("int64")).aggregate(
        share=_.share.max(),
        display=ibis.ifelse(_.display.notnull(), _.share, 0.0).max(),
        mailer=ibis.ifelse(_.mailer.notnull(), _.share, 0.0).max(),
        discount=_.discount.fill_null(0.0).max(),
    )
    seen = origins.crossed(stores).mutate(age=_.origin - 1 - _.period).drop("period")
    near = seen.filter(_.age < remembered, _.age >= -origins.horizon)
    return _at_locations(near, series) if by_location else _over_stores(near, source, origins)


def planned(promotions: ibis.Table) -> ibis.Table:
    """(*SERIES, step, *PLANNED) of the periods to come."""
    return promotions.filter(_.age < 0).select(
        *SERIES, step=-_.age, promoted=_.share, displayed=_.display, mailed=_.mailer, discount=_.discount
    )


def past(promotions: ibis.Table, sales: ibis.Table, series: ibis.Table, frequency: str) -> ibis.Table:
    """(*SERIES, *PAST) of every series that has a life (`history.series`)."""
    half_life = SPEEDS[frequency][_SPEED]
    lived = promotions.filter(_.age >= 0).inner_join(series.select(*SERIES, "life"), list(SERIES))
    weighed = lived.filter(_.age < _.life).mutate(weight=_.share * decay.weight(half_life))
    periods = weighed.group_by(*SERIES).aggregate(
        weights=_.weight.sum(), lately=ibis.ifelse(_.age < LATELY, _.share, 0.0).sum()
    )
    met = weighed.inner_join(sales.select(*SERIES, "age", "quantity"), [*SERIES, "age"])
    sold = met.group_by(*SERIES).aggregate(promoted=(_.quantity * _.weight).sum())
    everything = sales.group_by(*SERIES).aggregate(weighted=(_.quantity * decay.weight(half_life)).sum())
    found = beside(series.select(*SERIES, "life"), everything, SERIES)
    found = beside(beside(found, periods, SERIES), sold, SERIES)
    filled = found.mutate(weights=_.weights.fill_null(0.0), promoted=_.promoted.fill_null(0.0))
    plain = decay.total(half_life, _.life) - _.weights
    return filled.select(
        *SERIES,
        promoted_lately=_.lately.fill_null(0.0) / ibis.least(_.life, float(LATELY)),
        mean_promoted=_.promoted / _.weights.nullif(0.0),
        # Weights are sums in another order than their closed form: what is all but nothing is nothing.
        mean_plain=ibis.ifelse(plain > 1e-6, (_.weighted - _.promoted) / plain, ibis.null("float64")),
    )


def _day(value: ibis.Value) -> ibis.Value:
    """Days since 1970."""
    return value.cast("timestamp").epoch_seconds() // SECONDS


def _at_locations(stores: ibis.Table, series: ibis.Table) -> ibis.Table:
    """A store's promotions at its location, those of everywhere at all locations, the strongest of each."""
    own = stores.filter(_.store_id != EVERYWHERE).rename(location_id="store_id")
    there = own.semi_join(series, list(SERIES))
    common = stores.filter(_.store_id == EVERYWHERE).drop("store_id")
    everywhere = common.inner_join(series.select(*SERIES), [ORIGIN, "product_id"])
    columns = (*SERIES, "age", *_HOW)
    both = there.select(*columns).union(everywhere.select(*columns))
    return both.group_by(*SERIES, "age").aggregate(**{name: _[name].max() for name in _HOW})


def _over_stores(stores: ibis.Table, source: Source, origins: Origins) -> ibis.Table:
    """Means over the stores that the shop had before the origin."""
    lines = source.table("order_lines").filter(_.ordered_at < midnight(origins.last.origin))
    opened = lines.group_by(store=location(_.store_id, by_location=True)).aggregate(ordered_at=_.ordered_at.min())
    count = origins.known(opened, "ordered_at").group_by(ORIGIN).aggregate(stores=_.count())
    split = stores.mutate(common=(_.store_id == EVERYWHERE))
    summed = split.group_by(ORIGIN, "product_id", "age").aggregate(
        **{f"common_{name}": ibis.ifelse(_.common, _[name], 0.0).max() for name in _HOW},
        **{f"own_{name}": ibis.ifelse(_.common, 0.0, _[name]).sum() for name in _HOW},
    )
    return summed.inner_join(count, ORIGIN).select(
        ORIGIN,
        "product_id",
        location_id=ibis.literal(EVERYWHERE),
        age=_.age,
        **{name: ibis.greatest(_[f"common_{name}"], ibis.least(_[f"own_{name}"] / _.stores, 1.0)) for name in _HOW},
    )
