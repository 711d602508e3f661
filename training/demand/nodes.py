"""Nodes above the series as series of their own: the shop, its stores, departments and categories, products in all.

A node is the sum of the series that are forecast (`features`), so that a forecast of it can be coherent with theirs:
its past is theirs, and so is its outcome. What was not forecast at an origin is in neither.
"""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from commerce.families.demand.nodes import CATALOGUE, KINDS, PREFIX, SHOP, prefix
from commerce.families.demand.nodes import SERIES as LOWEST
from commerce.model import FeatureField
from commerce.scores import LONGEST_ID
from training.contract import ENTITY, TrainingError
from training.demand.hierarchy import LEVELS
from training.demand.origins import ORIGIN
from training.demand.sales import PLACE, SERIES

MEMBERS = "members"
FIELDS: tuple[FeatureField, ...] = (
    FeatureField(name=MEMBERS, type="float64", doc="series that a node is the sum of; 0 of a series"),
    *(FeatureField(name=f"{name}_number", type="float64", doc=f"which {name} of the frame") for name in CATALOGUE),
)
"""No features of the model: which rows add up to which."""
_LEAST = 2
"""Members: a node of one series is that series."""


def of(series: ibis.Table, most: int | None = None) -> ibis.Table:
    """(*SERIES, *LEVELS, members) of the nodes above `series`, which are placed (`hierarchy.placed`).

    With `most` about so many an origin: by `KINDS`, of products at random.
    """
    above = _above(_with_total(series), KINDS)
    own = {
        "shop": ibis.literal(""),
        "location": ibis.ifelse(_is("location"), above["location"], ibis.null("string")),
        **{level: ibis.ifelse(_is(level) | _is("product"), above[level], ibis.null("string")) for level in CATALOGUE},
    }
    each = above.select(*SERIES, "kind", **{level: own[level] for level in LEVELS}).group_by(*SERIES, "kind")
    found = each.aggregate(**{level: _[level].min() for level in LEVELS}, members=_.count())
    found = found.filter(_.members >= _LEAST)
    if most is not None:
        drawn = _.product_id.concat("|", _.origin.cast("string")).hexdigest("md5")
        place = ibis.row_number().over(ibis.window(group_by=ORIGIN, order_by=["kind", "drawn", *PLACE]))
        found = found.mutate(drawn=drawn).mutate(drawn=place).filter(_.drawn < most)
    return found.select(*SERIES, *LEVELS, members=_.members.cast("float64"))


def summed(rows: ibis.Table, series: ibis.Table, by: str, *values: str) -> ibis.Table:
    """(*SERIES, by, *values) by node: sums of `rows` (*SERIES, by, *values) of the `series` below it, were it one."""
    told = _with_total(series).select(*SERIES, *CATALOGUE, "total")
    placed = rows.inner_join(told, list(SERIES))

    def added(table: ibis.Table, *keys: str) -> ibis.Table:
        return table.group_by(*keys, by).aggregate(**{value: table[value].sum() for value in values})

    lowest = added(placed, ORIGIN, "location_id", *CATALOGUE).mutate(product_id=ibis.literal(SHOP), total=False)
    # One branch for all levels but the products: Spark writes down the plan of each, with all that it is made of.
    above = added(_above(lowest, [kind for kind in KINDS if kind != "product"]), *SERIES)
    return above.union(added(_above(placed, ["product"]), *SERIES).select(*above.columns))


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame (`SERIES`, `LEVELS`, members, …) with `FIELDS`. TrainingError where a product is named as a node is."""
    members = frame[MEMBERS].fillna(0.0)
    names = frame["product_id"].astype(str)
    if taken := names[(members == 0) & names.str.startswith(PREFIX)].unique().tolist():
        raise TrainingError(f"product ids must not begin with {PREFIX!r}, as {taken[0]!r} does: name it otherwise")
    return frame.assign(**{MEMBERS: members}, **{f"{level}_number": _numbers(frame[level]) for level in CATALOGUE})


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
    for level in CATALOGUE:
        found[names.str.startswith(prefix(level)).to_numpy()] = level
    found[series(frame)] = LOWEST
    return found


def _above(table: ibis.Table, kinds: Sequence[str]) -> ibis.Table:
    """The rows once for each `kind`, a number, of node that they belong to, under its name and at its location."""
    numbers = ibis.array([ibis.literal(KINDS.index(kind), "int64") for kind in kinds])
    each = table.mutate(kind=numbers.unnest())
    # A name that is too long to be asked for has no node.
    named = {
        level: (each[level] != "") & (each[level].length() <= LONGEST_ID - len(prefix(level))) for level in CATALOGUE
    }
    there = _is("shop") | (_is("location") & (_.location_id != EVERYWHERE)) | (_is("product") & _.total)
    for level in CATALOGUE:
        there = there | (_is(level) & named[level])
    name = ibis.cases(
        *((_is(level), ibis.literal(prefix(level)).concat(each[level])) for level in CATALOGUE),
        (_is("product"), each["product_id"]),
        else_=ibis.literal(SHOP),
    )
    return each.filter(there).mutate(
        product_id=name, location_id=ibis.ifelse(_is("location"), _.location_id, ibis.literal(EVERYWHERE))
    )


def _is(kind: str) -> ibis.Value:
    return _.kind == KINDS.index(kind)


def _with_total(series: ibis.Table) -> ibis.Table:
    """With `total`: whether the product may have one. Else a series of its own, without a store, is in its place."""
    window = ibis.window(group_by=[ORIGIN, "product_id"])
    return series.mutate(total=~(_.location_id == EVERYWHERE).any().over(window))


def _numbers(values: pd.Series) -> np.ndarray:
    """The same number for the same value; NaN where there is none."""
    codes = pd.factorize(values.where(values != ""), sort=True)[0]
    return np.where(codes < 0, np.nan, codes.astype(np.float64))
