"""When stock runs out if nothing more is ordered, how long it lasts, and what of it does not sell."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from training.stock.needs import Holdings, Leads, lost_by
from training.stock.paths import Paths

CHANCES = (0.05, 0.2, 0.5)
"""Chances of being out whose first dates are told."""
UNSOLD_CHANCE = 0.9


def by_period(paths: Paths, holdings: Holdings, leads: Leads) -> np.ndarray:
    """(series, steps) chance that some demand found nothing by the end of each period."""
    ends = [k * paths.days - paths.elapsed for k in range(1, paths.total.shape[2])]
    return np.stack([(lost_by(end, paths, holdings, leads) > 0).mean(axis=1) for end in ends], axis=1)


def first_dates(chances: np.ndarray, starts: tuple[date, ...], days: int, today: date) -> list[list[date | None]]:
    """Per series and each of `CHANCES` the first day on which the chance of being out passes it.

    Within a period it grows evenly. None where the day is beyond the forecast.
    """
    ends = [float((start - today).days + days) for start in starts]
    rows = np.column_stack([np.zeros(len(chances)), np.maximum.accumulate(chances, axis=1)])
    found: list[list[date | None]] = []
    for row in rows:
        passed = [int(np.argmax(row >= chance)) if row[-1] >= chance else -1 for chance in CHANCES]
        found.append([_date(row, k, chance, ends, today) for k, chance in zip(passed, CHANCES, strict=True)])
    return found


def _date(row: np.ndarray, step: int, chance: float, ends: list[float], today: date) -> date | None:
    if step < 0:
        return None
    begin = max(ends[step - 2], 0.0) if step > 1 else 0.0
    share = (chance - row[step - 1]) / (row[step] - row[step - 1])
    return today + timedelta(days=int(begin + share * (ends[step - 1] - begin)))


def days_of_cover(mean: np.ndarray, units: np.ndarray, days: float, elapsed: float) -> np.ndarray:
    """(series,) days until expected demand (series, steps) has used up the units; after the forecast at its mean.

    Infinite where nothing is expected to sell.
    """
    steps = mean.shape[1]
    total = np.column_stack([np.zeros(len(mean)), np.cumsum(mean, axis=1)])
    at = elapsed / days
    first = min(int(at), steps - 1)
    wanted = units + total[:, first] + (at - first) * mean[:, first]
    step = np.clip((total < wanted[:, None]).sum(axis=1) - 1, 0, steps)
    within = step < steps
    rate = np.where(
        within, np.take_along_axis(mean, np.minimum(step, steps - 1)[:, None], axis=1)[:, 0], mean.mean(axis=1)
    )
    over = wanted - np.take_along_axis(total, step[:, None], axis=1)[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        periods = step + np.where(over > 0, over / rate, 0.0)
    return np.maximum(periods * days - elapsed, 0.0)


def unsold(paths: Paths, holdings: Holdings, life: np.ndarray) -> np.ndarray:
    """(series,) units of the position that with a chance of 90 % do not sell within forecast and shelf life."""
    bought = paths.upto(np.minimum(life, paths.horizon)[:, None])
    return np.maximum(holdings.position - np.quantile(bought, UNSOLD_CHANCE, axis=1), 0.0)
