"""The family's own code and its floors at several origins of a shop: fitted once before the first of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from benchmarks.harness import peak_mb
from commerce.families.demand import DemandParameters
from commerce.families.demand.answer import LEVELS
from lake.schema import from_records, ibis_schema
from training import frames
from training.contract import ENTITY, LABEL
from training.demand import FAMILY_MODEL, nodes
from training.demand.features import LOCATION
from training.demand.judging import measured

DRAWS = 1000

Floor = Callable[[pd.DataFrame, pd.DataFrame], np.ndarray]
"""(training rows, rows asked) → (rows, 1 + levels)."""


@dataclass(frozen=True)
class Shop:
    """A shop's tables by name; those it lacks are empty."""

    tables: Mapping[str, ibis.Table]

    def table(self, name: str) -> ibis.Table:
        """The table called `name`."""
        if name in self.tables:
            return self.tables[name]
        return ibis.memtable(from_records(name, [])).cast(ibis_schema(name))


@dataclass(frozen=True)
class Contest:
    """Rows asked, their outcome, and what each contender predicted of them: (rows, 1 + levels).

    Of series; what stands above them, and ours of it, is `above`.
    """

    asked: pd.DataFrame
    predictions: Mapping[str, np.ndarray]
    notes: list[str] = field(default_factory=list)
    above: tuple[pd.DataFrame, np.ndarray] = field(default_factory=lambda: (pd.DataFrame(), np.zeros((0, 0))))

    def pinball(self, levels: Sequence[float], seed: int) -> dict[str, tuple[float, float, float]]:
        """Mean loss in units over `levels` by contender, with its 95 % interval, series resampled."""
        series = self.asked.groupby([ENTITY, LOCATION], sort=True).ngroup().to_numpy()
        count = np.bincount(series)
        drawn = np.random.default_rng(seed).integers(0, len(count), (DRAWS, len(count)))
        y, columns = self.asked[LABEL].to_numpy(float), [1 + LEVELS.index(level) for level in levels]
        found = {}
        for name, predicted in self.predictions.items():
            error = y[:, None] - predicted[:, columns]
            loss = np.maximum(np.array(levels) * error, (np.array(levels) - 1) * error).mean(axis=1)
            summed = np.bincount(series, loss)
            low, high = np.quantile(summed[drawn].sum(axis=1) / count[drawn].sum(axis=1), [0.025, 0.975])
            found[name] = (float(loss.mean()), float(low), float(high))
        return found

    def measured(self, name: str) -> dict[str, float]:
        """The family's own metrics of a contender."""
        return measured(self.asked, self.predictions[name])


def contest(
    shop: Shop, origins: Sequence[date], parameters: DemandParameters, floors: Mapping[str, Floor], seed: int
) -> Contest:
    """Ours and the floors, learned from what was known on the first origin, asked at each of them."""
    started = time.perf_counter()
    train = frames.history(FAMILY_MODEL, shop, taught_dates(shop, origins[0], parameters), parameters, seed)
    asked = pd.concat([frames.labelled(FAMILY_MODEL, shop, day, parameters) for day in origins], ignore_index=True)
    prepared = time.perf_counter()
    model = FAMILY_MODEL.fit(train, parameters, seed)
    fitted = time.perf_counter()
    whole, series = model.predict(asked), nodes.series(asked)
    above = asked.iloc[np.flatnonzero(~series)].reset_index(drop=True), whole[~series]
    asked = asked.iloc[np.flatnonzero(series)].reset_index(drop=True)
    train = train.iloc[np.flatnonzero(nodes.series(train))].reset_index(drop=True)
    predictions = {"ours": whole[series], **FAMILY_MODEL.floors(train, asked, parameters, seed)}
    predictions |= {name: floor(train, asked) for name, floor in floors.items()}
    note = (
        f"{len(train):,} rows of series to learn from, {len(asked):,} asked; prepared in {prepared - started:.0f} s, "
        f"fitted in {fitted - prepared:.0f} s; peak memory so far {peak_mb():,.0f} MiB"
    )
    return Contest(asked, predictions, [note], above)


def taught_dates(shop: Shop, origin: date, parameters: DemandParameters) -> tuple[date, ...]:
    """Training dates of the run whose first hold-out is the origin: all of their outcomes are known then."""
    run_day = origin + timedelta(days=parameters.horizon_days)
    earlier = origin - FAMILY_MODEL.dates(shop, run_day, parameters).holdouts[0]
    cut = FAMILY_MODEL.dates(shop, run_day + earlier, parameters)
    if cut.holdouts[0] != origin:
        raise ValueError(f"no run begins its backtest on {origin}, but on {cut.holdouts[0]}")
    return cut.train
