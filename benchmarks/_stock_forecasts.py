"""Forecasts for replays: the demand family fitted once before the first origin, asked at each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from benchmarks._demand_contest import Shop, taught_dates
from commerce.families.demand import DemandParameters
from commerce.families.demand.answer import LEVELS
from training import frames
from training.contract import AS_OF, ENTITY, LABEL
from training.demand import FAMILY_MODEL, nodes
from training.demand.features import LOCATION, STEP
from training.stock.dependence import Dependence, estimate


@dataclass(frozen=True)
class Forecasts:
    """`quantiles` is (origins, series, steps, levels) of the series of `keys`, at each of `origins`.

    `dependence` is that of errors out of sample: of training rows later than all that a model of its own was fitted to.
    """

    keys: pd.DataFrame
    origins: tuple[date, ...]
    quantiles: np.ndarray
    dependence: Dependence

    def at(self, day: date) -> tuple[np.ndarray, int]:
        """The latest forecast on a day, and the days since its first period began."""
        known = [k for k, origin in enumerate(self.origins) if origin <= day]
        return self.quantiles[known[-1]], (day - self.origins[known[-1]]).days


def forecasts(shop: Shop, origins: Sequence[date], parameters: DemandParameters, seed: int) -> Forecasts:
    """Of every series that has a forecast at each of the origins."""
    train = frames.history(FAMILY_MODEL, shop, taught_dates(shop, origins[0], parameters), parameters, seed)
    model = FAMILY_MODEL.fit(train, parameters, seed)
    keys = [ENTITY, LOCATION]
    found = []
    for origin in origins:
        frame = frames.known(FAMILY_MODEL, shop, origin, parameters)
        columns = pd.DataFrame(model.predict(frame)[:, 1:], columns=list(LEVELS))
        each = pd.concat([frame[[*keys, STEP]], columns], axis=1).iloc[np.flatnonzero(nodes.series(frame))]
        found.append(each.set_index([*keys, STEP]))
    common = found[0].index
    for other in found[1:]:
        common = common.intersection(other.index)
    common = common.sort_values()
    quantiles = np.stack([each.loc[common].to_numpy().reshape(-1, parameters.horizon, len(LEVELS)) for each in found])
    series = common.to_frame(index=False)[keys].drop_duplicates(ignore_index=True)
    return Forecasts(series, tuple(origins), quantiles, _dependence(train, parameters, seed))


def _dependence(train: pd.DataFrame, parameters: DemandParameters, seed: int) -> Dependence:
    train = train.iloc[np.flatnonzero(nodes.series(train))]
    days = sorted(set(train[AS_OF]))
    latest = [day for day in days if day > days[-1] - timedelta(days=parameters.horizon_days)]
    early = [day for day in days if day <= latest[0] - timedelta(days=parameters.horizon_days)]
    before, held = (train.iloc[np.flatnonzero(train[AS_OF].isin(some))] for some in (early, latest))
    held = held.sort_values([AS_OF, ENTITY, LOCATION, STEP], ignore_index=True)
    quantiles = FAMILY_MODEL.fit(before.reset_index(drop=True), parameters, seed).predict(held)[:, 1:]
    y = held[LABEL].to_numpy(dtype=np.float64).reshape(-1, parameters.horizon)
    return estimate(y, quantiles.reshape(*y.shape, len(LEVELS)), seed)
