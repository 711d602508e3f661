"""Rows of one product or node and their predictions as a forecast that fits into one item of DynamoDB."""

from __future__ import annotations

import numpy as np
import pandas as pd

from commerce.families.demand import DemandForecast
from commerce.families.demand.answer import LocationForecast, Period, PlannedPromotion
from commerce.families.demand.parameters import DemandParameters
from commerce.scores import Reason
from training.contract import AS_OF, ENTITY
from training.demand import nodes
from training.demand.coherence import DECIMALS
from training.demand.features import LOCATION, STEP
from training.demand.periods import Periods
from training.demand.reasons import reasons, unknown
from training.demand.responses import FEATURES, Responses

MOST_BYTES = 380_000
"""An item of DynamoDB holds 400 KiB, its key and the answer's version among them."""
SAID_BYTES = 300
"""Room for the reason that says what is left out."""


def forecast(
    rows: pd.DataFrame, predicted: np.ndarray, parameters: DemandParameters, responses: Responses
) -> DemandForecast:
    """The forecast of the product whose `rows` are given, one per location and step, with `predicted` of `DemandModel`.

    Or that of a node; it answers to no plan, as the total of a product does not.
    Where all locations are too much for an item, those that sell most are kept, and a reason says how many are not.
    """
    periods = Periods.at(rows[AS_OF].iloc[0], parameters)
    places, numbers = np.unique(rows[LOCATION].to_numpy(dtype=str), return_inverse=True)
    steps = [int(step) for step in rows[STEP]]
    values = np.round(predicted, DECIMALS).tolist()
    found: list[list[Period]] = [[] for _ in places]
    planned = _planned(rows, numbers, periods)
    product = str(rows[ENTITY].iloc[0])
    series = nodes.series(rows)
    below = series if series.any() else ~series
    totals = set(rows[LOCATION].to_numpy(dtype=str)[~below])
    for place, step, (mean, *quantiles) in zip(numbers.tolist(), steps, values, strict=True):
        found[place].append(Period(starts_on=periods.starts_on(step), mean=mean, quantiles=quantiles))
    answer = DemandForecast(
        source="model",
        as_of=rows[AS_OF].iloc[0],
        reasons=[
            *reasons(rows.iloc[np.flatnonzero(below)], predicted[below, 0], periods),
            *unknown(rows, parameters.regressors),
        ],
        frequency=parameters.frequency,
        locations=[
            LocationForecast(
                location_id=place,
                total=place in totals,
                periods=of,
                planned=planned.get(number, []),
                ratios=responses.ratios.get((product, place), []),
            )
            for number, (place, of) in enumerate(zip(places.tolist(), found, strict=True))
        ],
        drivers=responses.drivers(product) if series.any() else None,
    )
    return answer if len(answer.model_dump_json()) <= MOST_BYTES else _largest(answer)


def _planned(rows: pd.DataFrame, numbers: np.ndarray, periods: Periods) -> dict[int, list[PlannedPromotion]]:
    """Promotions of the periods to come, by the number of the location."""
    found: dict[int, list[PlannedPromotion]] = {}
    shares = np.round(rows[list(FEATURES.values())].to_numpy(dtype=np.float64), DECIMALS)
    for i in np.flatnonzero(shares.any(axis=1)):
        how = dict(zip(FEATURES, shares[i].tolist(), strict=True))
        found.setdefault(int(numbers[i]), []).append(
            PlannedPromotion(starts_on=periods.starts_on(int(rows[STEP].iloc[i])), **how)
        )
    return found


def _largest(answer: DemandForecast) -> DemandForecast:
    """With as many locations as fit, their total and those that sell most, in their order."""
    sold = np.array(
        [float("inf") if place.total else sum(period.mean for period in place.periods) for place in answer.locations]
    )
    sizes = np.array([len(place.model_dump_json()) + 1 for place in answer.locations])
    room = MOST_BYTES - len(answer.model_copy(update={"locations": []}).model_dump_json()) - SAID_BYTES
    order = np.argsort(-sold, kind="stable")
    kept = np.sort(order[np.cumsum(sizes[order]) <= room])
    left = float(np.delete(sold, kept).sum())
    count = f"{len(sold) - len(kept)} of {int(np.isfinite(sold).sum())} locations"
    said = f"{count} are left out: those that sell least, {left:.1f} units together"
    return answer.model_copy(
        update={
            "locations": [answer.locations[i] for i in kept],
            "reasons": [*answer.reasons, Reason(text=said, contribution=-round(left, DECIMALS))],
        }
    )
