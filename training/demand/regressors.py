"""What else moves demand, by the shop's own table: its value in each step, as far as that was known at the origin."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# (Ibis types its deferred expressions `_.column` as something other than the values its methods ask for.)
from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd
from ibis import _

from commerce.families.demand.answer import EVERYWHERE
from commerce.families.demand.parameters import MOST_REGRESSORS
from commerce.model import FeatureField
from training.contract import Source
from training.demand.periods import EPOCH, Periods
from training.demand.sales import SECONDS, midnight

LATELY_DAYS = 28
SLOTS = tuple(f"regressor_{k}" for k in range(1, MOST_REGRESSORS + 1))
"""One per name that the shop's settings list, in their order: the columns of a model are fixed, the names are not."""
FIELDS: tuple[FeatureField, ...] = (
    *(FeatureField(name=slot, type="float64", doc="mean value in the period, where known ahead") for slot in SLOTS),
    *(
        FeatureField(name=f"{slot}_lately", type="float64", doc=f"mean value of the last {LATELY_DAYS} days")
        for slot in SLOTS
    ),
)


def known(source: Source, periods: Periods, names: Sequence[str], locations: Sequence[str]) -> pd.DataFrame:
    """(location_id, step, *FIELDS) of every location and step; empty where nothing was known at the origin.

    A location without values of its own takes those of everywhere; the whole shop the mean over the locations.
    """
    empty = pd.DataFrame({"location_id": list(locations)}).merge(
        pd.DataFrame({"step": np.arange(1, periods.horizon + 1)}), how="cross"
    )
    empty = empty.assign(**{field.name: np.nan for field in FIELDS})
    if not names:
        return empty
    found = _daily(source, periods, names)
    for slot, name in zip(SLOTS, names, strict=False):
        own = found[found["regressor"] == name]
        ahead = own[own["day"] >= 0].assign(step=lambda t: t["day"] // periods.days + 1)
        each = ahead.groupby(["location_id", "step"])["value"].mean()
        before = own[own["day"] < 0].groupby("location_id")["value"].mean()
        empty[slot] = _of(each, empty, ["location_id", "step"])
        empty[f"{slot}_lately"] = _of(before, empty, ["location_id"])
    return empty


def _daily(source: Source, periods: Periods, names: Sequence[str]) -> pd.DataFrame:
    """(regressor, location_id, day, value): the newest value known of each day, counted from the origin."""
    rows = source.table("regressors").filter(
        _.regressor.isin(list(names)),
        _.known_at < midnight(periods.origin),
        _.day >= periods.origin - timedelta(days=LATELY_DAYS),
        _.day < periods.end,
    )
    newest = rows.group_by("regressor", "location_id", "day").aggregate(value=_.value.argmax(_.known_at))
    first = (periods.origin - EPOCH).days
    counted = newest.mutate(day=_.day.cast("timestamp").epoch_seconds() // SECONDS - first)
    return counted.to_pandas().astype({"day": "int64"})


def _of(values: pd.Series, rows: pd.DataFrame, on: list[str]) -> np.ndarray:
    """The value of each row: its location's, else everywhere's; of the whole shop, else the mean of the locations."""
    column = values.rename("value").reset_index()
    own = rows[on].merge(column, on=on, how="left")["value"].to_numpy()
    rest = [name for name in on if name != "location_id"]
    common = column[column["location_id"] == EVERYWHERE]
    mean = column[column["location_id"] != EVERYWHERE]
    for other, asked in ((common, np.full(len(rows), True)), (mean, (rows["location_id"] == EVERYWHERE).to_numpy())):
        shared = other.groupby(rest)["value"].mean() if rest else other["value"].mean()
        if rest:
            there = rows[rest].merge(shared.rename("value").reset_index(), on=rest, how="left")["value"].to_numpy()
        else:
            there = np.full(len(rows), shared)
        own = np.where(np.isnan(own) & asked, there, own)
    return own
