"""How long suppliers take, as a distribution learned from deliveries.

Each supplier's distribution is shrunk towards that of all: one that delivered little is taken for a usual one. Three
forms are fitted, the deliveries' own quantiles, a lognormal and a gamma distribution; the loss on the latest
deliveries, of which none was fitted to, chooses the form and how strongly to shrink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from training.contract import TrainingError
from training.stock.leadforms import FORMS, LEVELS, Fit, gamma

SHRINKS = (2.0, 8.0, 32.0, 128.0)
"""Deliveries of a usual supplier that each one's own are weighed against."""
HELD_PARTS, PARTS = 3, 6
"""Of so many parts of the orders in the order of their dates, the last few are each held out in turn."""
LEAST_HELD = 10
"""Deliveries of a part below which nothing is chosen by them: the deliveries' own quantiles then."""
USUAL_DAYS, USUAL_SPREAD = 7.0, 3.0
"""Mean and standard deviation where no delivery is known."""
_MATURE = 0.95


@dataclass(frozen=True)
class LeadTimes:
    """Quantiles in days at `LEVELS`: by supplier, and of `everyone` for a supplier that is not among them."""

    everyone: np.ndarray
    by_supplier: Mapping[str, np.ndarray]
    form: str
    late_share: float | None = None
    """Share of deliveries after the promised day, of those that had one."""
    notes: tuple[str, ...] = ()

    @staticmethod
    def stated(mean: float = USUAL_DAYS, spread: float = USUAL_SPREAD) -> LeadTimes:
        """A gamma distribution of this mean and standard deviation in days for every supplier."""
        return LeadTimes(gamma(mean, spread**2), {}, "stated")

    def days(self, suppliers: Sequence[str | None] | np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """(series, paths) whole days: of each supplier the quantiles at the draws (paths,)."""
        table = {name: self._at(quantiles, uniforms) for name, quantiles in self.by_supplier.items()}
        usual = self._at(self.everyone, uniforms)
        return (
            np.stack([table.get(str(name), usual) for name in suppliers])
            if len(suppliers)
            else np.zeros((0, len(uniforms)))
        )

    @staticmethod
    def _at(quantiles: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        return np.round(np.interp(uniforms, LEVELS, quantiles))


def learn(deliveries: pd.DataFrame, today: date) -> LeadTimes:
    """Of `supplier, ordered_on, arrived_on` and, where known, `promised_on`; what was not known `today` is not used.

    Of orders placed lately only the quick ones have arrived: those younger than nineteen in twenty deliveries took are
    left out. So are deliveries that arrived before they were ordered, with a note. TrainingError for missing columns.
    """
    if missing := {"supplier", "ordered_on", "arrived_on"} - set(deliveries.columns):
        raise TrainingError(f"deliveries lack {', '.join(sorted(missing))}; give a row per delivery with these dates")
    now = pd.Timestamp(today)
    ordered, arrived = (pd.to_datetime(deliveries[name]) for name in ("ordered_on", "arrived_on"))
    took = (arrived - ordered).dt.days.to_numpy(dtype=np.float64)
    there = (arrived < now).to_numpy()
    wrong = int(np.sum(there & (took < 0)))
    notes = (f"deliveries that arrived before they were ordered are left out: {wrong}",) if wrong else ()
    right = np.flatnonzero(there & (took >= 0))
    if not len(right):
        return LeadTimes(LeadTimes.stated().everyone, {}, "stated", None, notes)
    known = deliveries.assign(ordered_on=ordered, arrived_on=arrived, days=took).iloc[right]
    oldest_open = now - pd.Timedelta(days=float(np.quantile(took[right], _MATURE)))
    mature = np.flatnonzero(known["ordered_on"] <= oldest_open)
    used = (known.iloc[mature] if len(mature) else known).sort_values(by="ordered_on", kind="stable")
    form, shrink = _chosen(used)
    everyone, by_supplier = _fitted(used, FORMS[form], shrink)
    return LeadTimes(everyone, by_supplier, form, _late_share(known), notes)


def pinball(days: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """(deliveries,) mean loss over `LEVELS` of quantiles (deliveries, levels), half the CRPS, in days."""
    error = days[:, None] - quantiles
    return np.maximum(LEVELS * error, (LEVELS - 1) * error).mean(axis=1)


def _chosen(used: pd.DataFrame) -> tuple[str, float]:
    """Form and shrinkage with the least loss on orders later than all they were fitted to, over several times."""
    if len(used) < LEAST_HELD * PARTS:
        return "empirical", SHRINKS[1]
    losses = dict.fromkeys(((form, shrink) for form in FORMS for shrink in SHRINKS), 0.0)
    for part in range(PARTS - HELD_PARTS, PARTS):
        held = used.iloc[len(used) * part // PARTS : len(used) * (part + 1) // PARTS]
        before = used.iloc[np.flatnonzero(used["arrived_on"] < held["ordered_on"].iloc[0])]
        if before.empty:
            continue
        for form, shrink in losses:
            everyone, by_supplier = _fitted(before, FORMS[form], shrink)
            predicted = np.stack([by_supplier.get(str(name), everyone) for name in held["supplier"]])
            losses[form, shrink] += float(pinball(held["days"].to_numpy(dtype=np.float64), predicted).sum())
    return min(losses, key=lambda choice: losses[choice])


def _fitted(used: pd.DataFrame, fit: Fit, shrink: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    every = used["days"].to_numpy(dtype=np.float64)
    groups = used.groupby(used["supplier"].astype(str))["days"]
    return fit(every, every, shrink), {
        str(name): fit(of.to_numpy(dtype=np.float64), every, shrink) for name, of in groups
    }


def _late_share(arrived: pd.DataFrame) -> float | None:
    if "promised_on" not in arrived:
        return None
    promised = pd.to_datetime(arrived["promised_on"])
    due = np.flatnonzero(promised.notna())
    late = (arrived["arrived_on"] > promised).to_numpy()[due]
    return float(np.mean(late)) if len(due) else None
