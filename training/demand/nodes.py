"""Nodes above the series as series of their own: the shop, its regions and stores, departments, categories, products.

A node is the sum of the series that are forecast (`features`), so that a forecast of it can be coherent with theirs:
its past is theirs, and so is its outcome. What was not forecast at an origin is in neither.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from commerce.families.demand.nodes import CATALOGUE, KINDS, NAMED, PREFIX, SHOP, prefix
from commerce.families.demand.nodes import SERIES as LOWEST
from commerce.model import FeatureField
from commerce.scores import LONGEST_ID
from training.contract import ENTITY, TrainingError
from training.demand.hierarchy import LEVELS
from training.demand.history import WAITED
from training.demand.origins import ORIGIN, Origins
from training.demand.sales import PLACE, SERIES

MEMBERS = "members"
FIELDS: tuple[FeatureField, ...] = (
    FeatureField(name=MEMBERS, type="float64", doc="series that a node is the sum of; 0 of a series"),
    *(FeatureField(name=f"{name}_number", type="float64", doc=f"which {name} of the frame") for name in NAMED),
)
"""No features of the model: which rows add up to which. Without regions there is no number of one."""
_LEAST = 2
"""Members: a node of one series is that series."""


def level_columns(series: ibis.Table) -> tuple[str, ...]:
    """Columns that say what `series`, which are placed (`hierarchy.placed`), and the nodes above them belong to."""
    return (*LEVELS, *(name for name in _names(series) if name not in LEVELS))


def of(series: ibis.Table, most: int | None = None) -> ibis.Table:
    """(*SERIES, *level_columns, WAITED, members) of the nodes above `series` (`unsold.among`).

    With `most` about so many an origin: by `KINDS`, of products at random.
    """
    told, belonging = level_columns(series), []
    for number, kind in enumerate(_kinds(series)):
        of_kind = _named(_with_total(series, series) if kind == "product" else series, kind)
        kept = ("shop", *CATALOGUE) if kind == "product" else ("shop", kind)
        own = {level: of_kind[level] if level in kept else ibis.null("string") for level in told}
        belonging.append(of_kind.select(*SERIES, WAITED, **own, kind=ibis.literal(number)))
    each = ibis.union(*belonging).group_by(*SERIES, "kind")
    found = each.aggregate(**{level: _[level].min() for level in told}, **{WAITED: _[WAITED].max()}, members=_.count())
    found = found.filter(_.members >= _LEAST)
    if most is not None:
        drawn = _.product_id.concat("|", _.origin.cast("string")).hexdigest("md5")
        place = ibis.row_number().over(ibis.window(group_by=ORIGIN, order_by=["kind", "drawn", *PLACE]))
        found = found.mutate(drawn=drawn).mutate(drawn=place).filter(_.drawn < most)
    return found.select(*SERIES, *told, WAITED, members=_.members.cast("float64"))


def summed(periods: ibis.Table, series: ibis.Table, above: ibis.Table, origins: Origins, *values: str) -> ibis.Table:
    """(*SERIES, period, *values) of the nodes `above`: sums of `periods` (`by_period`) of the `series` below them.

    A period after the origin is there as well. Summed before it is told once for each origin, by the spans of origins
    at which the same series are forecast.
    """
    span, names = ("since", "until"), list(PLACE)
    placed = periods.inner_join(_spans(series, origins), names)

    def added(table: ibis.Table, *keys: str) -> ibis.Table:
        return table.group_by(*keys, "period").aggregate(**{value: table[value].sum() for value in values})

    lowest = added(placed, "location_id", *_names(series), *span)
    parts = [_named(placed if kind == "product" else lowest, kind) for kind in _kinds(series)]
    every = ibis.union(*(part.select(*PLACE, *span, "period", *values) for part in parts))
    asked = every.semi_join(above.select(*PLACE).distinct(), names)
    within = origins.crossed(added(asked, *PLACE, *span)).filter(_.origin >= _.since, _.origin < _.until)
    return added(within.semi_join(above, list(SERIES)), *SERIES)


def _spans(series: ibis.Table, origins: Origins) -> ibis.Table:
    """(*PLACE, *_names, since, until): spans of neighbouring origins, the last before `until`, of the `series`."""
    same = (*PLACE, *_names(series))
    place = ibis.cases(*((_.origin == n, ibis.literal(k, "int64")) for k, n in enumerate(origins.numbers)), else_=-1)
    numbered = series.select(ORIGIN, *same).mutate(place=place)
    # Of neighbours the place rises as the row's number does.
    apart = _.place - ibis.row_number().over(ibis.window(group_by=same, order_by="place"))
    runs = numbered.mutate(apart=apart).group_by(*same, "apart")
    return runs.aggregate(since=_.origin.min(), until=_.origin.max() + 1).drop("apart")


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame (`SERIES`, `level_columns`, members, …) with `FIELDS`.

    TrainingError where a product is named as a node is.
    """
    members = frame[MEMBERS].fillna(0.0)
    names = frame["product_id"].astype(str)
    if taken := names[(members == 0) & names.str.startswith(PREFIX)].unique().tolist():
        raise TrainingError(f"product ids must not begin with {PREFIX!r}, as {taken[0]!r} does: name it otherwise")
    numbers = {f"{name}_number": _numbers(frame[name]) for name in NAMED if name in frame}
    return frame.assign(**{MEMBERS: members}, **numbers)


def series(frame: pd.DataFrame) -> np.ndarray:
    """(rows,) mask of the rows of series; all of them where the frame was made without nodes."""
    if MEMBERS not in frame:
        return np.ones(len(frame), dtype=bool)
    return frame[MEMBERS].to_numpy(dtype=np.float64) == 0


def kinds(frame: pd.DataFrame) -> np.ndarray:
    """(rows,) which of `KINDS` each row of a model's frame is of; `LOWEST` of those below."""
    names, places = frame[ENTITY].astype(str), frame["location_id"].astype(str)
    found = np.full(len(frame), "product", dtype=object)
    shop = (names == SHOP).to_numpy()
    found[shop] = np.where(places[shop] == EVERYWHERE, "shop", "location")
    for level in NAMED:
        found[names.str.startswith(prefix(level)).to_numpy()] = level
    found[series(frame)] = LOWEST
    return found


def _names(series: ibis.Table) -> tuple[str, ...]:
    """Those of `NAMED` that are told of the series."""
    return tuple(name for name in NAMED if name in series.columns)


def _kinds(series: ibis.Table) -> tuple[str, ...]:
    """Those of `KINDS` that can stand above the series."""
    return tuple(kind for kind in KINDS if kind not in NAMED or kind in series.columns)


def _named(table: ibis.Table, kind: str) -> ibis.Table:
    """The rows under the name and at the location of the node of that kind that they belong to, those that do."""
    everywhere = ibis.literal(EVERYWHERE)
    if kind == "shop":
        return table.mutate(product_id=ibis.literal(SHOP), location_id=everywhere)
    if kind == "location":
        return table.filter(_.location_id != EVERYWHERE).mutate(product_id=ibis.literal(SHOP))
    if kind == "product":
        return table.mutate(location_id=everywhere)
    # A name that is too long to be asked for has no node.
    named = table.filter(_[kind] != "", _[kind].length() <= LONGEST_ID - len(prefix(kind)))
    named = named.mutate(location_id=everywhere)
    return named.mutate(product_id=ibis.literal(prefix(kind)).concat(named[kind]))


def _with_total(rows: ibis.Table, series: ibis.Table) -> ibis.Table:
    """Without products of which a series has no store: it is where their total would be."""
    return rows.anti_join(series.filter(_.location_id == EVERYWHERE), [ORIGIN, "product_id"])


def _numbers(values: pd.Series) -> np.ndarray:
    """The same number for the same value; NaN where there is none."""
    codes = pd.factorize(values.where(values != ""), sort=True)[0]
    return np.where(codes < 0, np.nan, codes.astype(np.float64))
