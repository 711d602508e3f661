"""Spare parts that are seldom asked for: 2,509 complete series of 51 months, the last 12 from one origin, no refit.

RMSSE: per series the root of the mean squared error of the 12 months over the mean squared first difference of the 39
months known (Makridakis, Spiliotis and Assimakopoulos, *The M5 accuracy competition*, 2022, here with the zeros before
the first sale), mean over series; the 16 that never change in those months have no scale and are left out. So reckoned,
always zero has 0.721 and the mean of the last 12 months 0.712.

The family has no months: each is given to it as a week, so that what it takes for a year is 52 months, which no series
has. It learns from origins whose 12 months were over. A mean of roots is least for forecasts below the expected demand,
as the error of the few large orders hardly counts: the bias is stated beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from benchmarks._demand_contest import DRAWS, Contest, Shop, contest
from benchmarks._demand_peers import local_models
from benchmarks.harness import Result, data_file, hashes
from commerce.families.demand import DemandParameters
from commerce.families.demand.answer import EVERYWHERE
from training.contract import AS_OF, ENTITY
from training.demand.features import LOCATION, STEP

KNOWN, HORIZON = 39, 12
"""Months."""
FIRST = date(2015, 1, 5)
"""A Monday that stands for the first month."""
PEERS = {
    "IMAPA": {},
    "ADIDA": {},
    "CrostonSBA": {},
    "CrostonOptimized": {},
    "AutoETS": {"season_length": 1},
}


def measure(seed: int) -> Result:
    """RMSSE and bias of the mean with the peers', and the coverage of our intervals."""
    path = data_file("carparts.parquet")
    months = pd.read_parquet(path)
    months = months.loc[:, months.notna().all()]
    months.columns = months.columns.astype(str)
    units = months.to_numpy(dtype=np.float64)
    parameters = DemandParameters(frequency="week", horizon=HORIZON, by_location=False)
    found = contest(_shop(months), [_monday(KNOWN)], parameters, {}, seed)
    paths = {name: _paths(found, name, list(months.columns)) for name in found.predictions}
    paths["zero"] = np.zeros((HORIZON, units.shape[1]))
    paths["moving_average_12"] = np.tile(units[KNOWN - 12 : KNOWN].mean(axis=0), (HORIZON, 1))
    peers, spent = _peers(months)
    errors = {name: scaled_errors(units, each) for name, each in (paths | peers).items()}
    bias = {name: float(each.sum() / units[KNOWN:].sum() - 1) for name, each in (paths | peers).items()}
    figures: dict[str, float | int | None] = {
        "carparts.rmsse": float(errors["ours"].mean()),
        "carparts.bias": bias["ours"],
        "carparts.coverage_error": found.measured("ours")["coverage_error"],
    }
    floors = {
        name: {"carparts.rmsse": float(each.mean()), "carparts.bias": bias[name]}
        for name, each in errors.items()
        if name != "ours"
    }
    notes = [f"carparts: {note}" for note in found.notes]
    notes.append(
        f"carparts: {len(found.asked) // HORIZON:,} series have a forecast, the others are foreseen to sell nothing"
    )
    notes.append(f"carparts: statsforecast's models took {spent:.0f} s on one core")
    return Result(figures, floors, hashes(path), [*notes, _differences(errors, seed)])


def scaled_errors(units: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """(series with a scale,) RMSSE of `forecast` (horizon, series), given all months' units (months, series)."""
    scale = (np.diff(units[:KNOWN], axis=0) ** 2).mean(axis=0)
    error = ((units[KNOWN:] - forecast) ** 2).mean(axis=0)
    return np.sqrt(error[scale > 0] / scale[scale > 0])


def _differences(errors: Mapping[str, np.ndarray], seed: int) -> str:
    """By how much each is above ours, with its 95 % interval, series resampled."""
    ours = errors["ours"]
    drawn = np.random.default_rng(seed).integers(0, len(ours), (DRAWS, len(ours)))
    spans = {
        name: np.quantile((each - ours)[drawn].mean(axis=1), [0.025, 0.975])
        for name, each in errors.items()
        if name != "ours"
    }
    told = ", ".join(f"{name} {low:+.3f} to {high:+.3f}" for name, (low, high) in spans.items())
    return f"carparts: RMSSE above ours, 95 % intervals over {len(ours):,} series: {told}"


def _shop(months: pd.DataFrame) -> Shop:
    """One line per part and month with demand, on the Monday that stands for the month."""
    when, part = np.nonzero(months.to_numpy() > 0)
    names = months.columns.to_numpy()[part]
    lines = pd.DataFrame(
        {
            "order_id": when.astype(str),
            "line_id": names,
            "product_id": names,
            "ordered_at": pd.Timestamp(FIRST) + pd.to_timedelta(7 * when + 0.5, unit="D"),
            "kind": "sale",
            "quantity": months.to_numpy(dtype=np.float64)[when, part],
            "total": np.nan,
        }
    )
    return Shop({"order_lines": ibis.memtable(lines).mutate(store_id=ibis.null("string"))})


def _monday(month: int) -> date:
    return FIRST + timedelta(days=7 * month)


def _paths(found: Contest, name: str, parts: list[str]) -> np.ndarray:
    """(horizon, series) expected demand; 0 where the contender was not asked."""
    asked = found.asked
    mean = pd.DataFrame({"part": asked[ENTITY], "step": asked[STEP], "mean": found.predictions[name][:, 0]})
    wide = mean.pivot(index="step", columns="part", values="mean")
    return wide.reindex(columns=parts).fillna(0.0).to_numpy()


def _peers(months: pd.DataFrame) -> tuple[dict[str, np.ndarray], float]:
    """(horizon, series) by peer, and the seconds they took."""
    known = months.iloc[:KNOWN]
    history = pd.DataFrame(
        {
            ENTITY: np.repeat(months.columns.to_numpy(), KNOWN),
            "period": np.tile(np.arange(KNOWN), len(months.columns)),
            "y": known.to_numpy(dtype=np.float64).T.ravel(),
        }
    ).assign(**{LOCATION: EVERYWHERE, AS_OF: _monday(KNOWN)})
    asked = history.drop_duplicates(ENTITY)[[ENTITY, LOCATION, AS_OF]].merge(
        pd.DataFrame({STEP: np.arange(1, HORIZON + 1)}), how="cross"
    )
    predictions, seconds = local_models(asked, history, PEERS, levels=())
    return {name: found[:, 0].reshape(-1, HORIZON).T for name, found in predictions.items()}, seconds
