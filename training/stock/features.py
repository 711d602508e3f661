"""The rows that stock is decided from: a period's forecast beside what is on hand and the terms of getting more."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd

from commerce.families.stock.parameters import StockParameters
from commerce.model import FeatureField
from training.contract import ENTITY, Source, TrainingError
from training.stock import forecasts, position
from training.stock.leadtimes import LEVELS, LeadTimes, learn

LOCATION, STEP = "location_id", "step"
KEYS = (ENTITY, LOCATION, STEP)
NUMBERS: tuple[FeatureField, ...] = (
    FeatureField(name="days", type="float64", doc="of a period"),
    FeatureField(name="mean", type="float64", doc="demand forecast, units"),
    *(FeatureField(name=name, type="float64", doc="quantile of it, units") for name in forecasts.QUANTILES),
    FeatureField(name="spread", type="float64", doc="standard deviation of demand lately; empty ahead"),
    FeatureField(name="on_hand", type="float64", doc="units"),
    FeatureField(name="on_order", type="float64", doc="units"),
    FeatureField(name="due_in_days", type="float64", doc="until what is on order arrives, where it was promised"),
    FeatureField(name="lead_days", type="float64", doc="that an order of the past takes when it is replayed"),
    FeatureField(name="unit_cost", type="float64", doc="money"),
    FeatureField(name="price", type="float64", doc="money"),
    FeatureField(name="pack_size", type="float64", doc="units"),
    FeatureField(name="min_order", type="float64", doc="units"),
    FeatureField(name="shelf_life_days", type="float64", doc="from arrival"),
)
TEXTS: tuple[FeatureField, ...] = (
    FeatureField(name="starts_on", type="date", doc="first day of the period"),
    FeatureField(name="supplier", type="string", doc="who delivers"),
    FeatureField(name="currency", type="string", doc="ISO 4217 of the money"),
)
FIELDS = (*TEXTS, *NUMBERS)
TERMS = ("supplier", "unit_cost", "price", "pack_size", "min_order", "shelf_life_days", "currency")
_SEED = 0


def now(source: Source, as_of: date) -> ibis.Table:
    """`KEYS` and `FIELDS` of every series that has a published forecast and a count of stock.

    TrainingError where there is none: the words for places differ then, or nothing was counted.
    """
    ahead = forecasts.ahead(source, as_of)
    found = ahead.merge(position.position(source, as_of), on=list(forecasts.SERIES))
    if found.empty:
        places = ", ".join(sorted(ahead[LOCATION].unique())[:5])
        raise TrainingError(
            f"no product has both a forecast and a stock count at the same location (forecasts: {places}, …): load "
            "stock with the locations of the order lines' stores"
        )
    return _table(found, source, as_of)


def past(source: Source, as_of: date, parameters: StockParameters) -> ibis.Table:
    """The same at a date of the past, by plain forecasts.

    What was on the shelf then would decide more than any policy: a usual stock stands for it, what is sold until an
    order of the next review arrives. `lead_days` is drawn from the lead times known then.
    """
    rows = forecasts.plain(source, as_of)
    lead_times = lead_times_at(source, as_of, parameters)
    lasts = float(np.mean(lead_times.everyone)) + parameters.review_days
    daily = rows.assign(on_hand=lasts * rows["mean"] / rows["days"])
    shelf = daily.groupby(list(forecasts.SERIES), as_index=False).agg({"on_hand": "mean"})
    usual = rows.merge(shelf, on=list(forecasts.SERIES)).assign(on_order=0.0, due_in_days=np.nan)
    return _table(usual, source, as_of, lead_times)


def lead_times_at(source: Source, as_of: date, parameters: StockParameters) -> LeadTimes:
    """Learned from what had arrived before `as_of`; the shop's own setting as long as nothing has."""
    return learned(position.deliveries(source, as_of), as_of, parameters)


def learned(deliveries: pd.DataFrame, as_of: date, parameters: StockParameters) -> LeadTimes:
    """See `leadtimes.learn`."""
    if deliveries.empty:
        return LeadTimes.stated(parameters.lead_time_days, parameters.lead_time_spread_days)
    return learn(deliveries, as_of)


def _table(rows: pd.DataFrame, source: Source, as_of: date, lead_times: LeadTimes | None = None) -> ibis.Table:
    frame = rows.merge(position.terms(source, as_of), on="product_id", how="left")
    if lead_times is not None and len(frame):
        frame = _with_leads(frame, lead_times)
    frame = frame.rename(columns={"product_id": ENTITY})
    numbers = frame.reindex(columns=[f.name for f in NUMBERS]).astype("float64")
    texts = frame.reindex(columns=[f.name for f in TEXTS]).astype({"supplier": "string", "currency": "string"})
    return ibis.memtable(pd.concat([frame[list(KEYS)].astype({STEP: "int64"}), texts, numbers], axis=1))


def _with_leads(frame: pd.DataFrame, lead_times: LeadTimes) -> pd.DataFrame:
    series = frame.drop_duplicates(list(forecasts.SERIES)).reindex(columns=[*forecasts.SERIES, "supplier"])
    draws = np.random.default_rng(_SEED).random(len(series))
    known = [lead_times.by_supplier.get(str(name), lead_times.everyone) for name in series["supplier"]]
    drawn = [round(float(np.interp(u, LEVELS, quantiles))) for u, quantiles in zip(draws, known, strict=True)]
    return frame.merge(series.drop(columns="supplier").assign(lead_days=drawn), on=list(forecasts.SERIES))
