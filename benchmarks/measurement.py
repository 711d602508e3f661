"""Does the measurement of campaigns say what is true? Simulated campaigns on Complete Journey's households.

Each campaign starts on a random day of the year, with real households, their real spending in the window and before,
and an allocation by the campaigns' own code. Without effect, an effect must be found in 5 % of campaigns, at one look
and at four together. With an effect that is known (extra orders with amounts of real orders), 95 % of the intervals
must hold it. Designs: one letter to 90 %; two letters of unlike effect to 53 % and 27 %; and, as a limit, 300 customers
with 30 held out, and shops where 1 % of the customers order.

Floors: Welch's t test of plain means (SciPy's `ttest_ind`), and looking four times without correction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from benchmarks._measurement_campaigns import Design, Simulated, simulate
from benchmarks._measurement_shop import read
from benchmarks.harness import Result, hashes
from campaigns.measure.effects import ALL, judged, measure
from campaigns.measure.estimate import estimate
from commerce.campaigns.campaign import HOLDOUT
from commerce.campaigns.result import Metric

CAMPAIGNS = 2000
ONE = Design("one_letter", {HOLDOUT: 0.1, "a": 0.9}, {"a": 1.0}, window=14, looks=4, audience=0.9)
TWO = Design(
    "two_letters",
    {HOLDOUT: 0.2, "a": 0.8 * 2 / 3, "b": 0.8 / 3},
    {"a": 1.0, "b": 2.0},
    window=28,
    looks=4,
    audience=0.9,
)
SMALL = Design("small", {HOLDOUT: 0.1, "a": 0.9}, {"a": 1.0}, window=14, looks=1, audience=300)
RARE = Design("rare", {HOLDOUT: 0.1, "a": 0.9}, {"a": 1.0}, window=14, looks=1, audience=0.9, buying=0.01)
NONE = "none"
EFFECTS = {NONE: 0.0, "effect_5": 0.05, "effect_15": 0.15}
"""Share of the customers whom a letter brings to one more order."""
METRICS: tuple[Metric, ...] = ("conversion", "revenue")
ALPHA = 0.05
WELCH, NAIVE = "welch_t", "uncorrected_looks"
_Z = 1.96


@dataclass
class Tally:
    """Yes-or-no findings of many campaigns; every list has one entry per campaign."""

    found: dict[str, list[bool]] = field(default_factory=dict)
    ratios: dict[str, list[float]] = field(default_factory=dict)

    def add(self, key: str, value: bool) -> None:
        self.found.setdefault(key, []).append(bool(value))

    def ratio(self, key: str, value: float) -> None:
        self.ratios.setdefault(key, []).append(float(value))


def run(seed: int) -> Result:
    """Every design and effect; Monte-Carlo intervals in the notes."""
    shop, file = read()
    tally = Tally()
    rng = np.random.default_rng(seed)
    for design, effects in ((ONE, EFFECTS), (TWO, EFFECTS), (SMALL, {NONE: 0.0}), (RARE, {NONE: 0.0})):
        for effect, response in effects.items():
            for _ in range(CAMPAIGNS):
                _judge(simulate(shop, design, response, rng), design.name, effect, tally)
    figures, floors = _figures(tally)
    notes = [f"{CAMPAIGNS:,} campaigns for each design and effect, of each metric"]
    notes += [f"{key}: {_around(values)}" for key, values in _main(tally).items()]
    return Result(figures, floors, hashes(file), notes)


def _judge(campaign: Simulated, design: str, effect: str, tally: Tally) -> None:
    """What one look at the end and looking every time find in one campaign."""
    customers, looks = campaign.customers, range(len(campaign.shares))
    treated = customers.arm != HOLDOUT
    for metric in METRICS:
        name, true, outcomes = f"{design}.{metric}.{effect}", campaign.truth[metric], campaign.outcomes[metric]
        found = estimate(outcomes, treated, customers.stratum, customers.covariates)
        assert found is not None
        often = judged(ALL, metric, found, campaign.shares)
        once = judged(ALL, metric, found.at(-1), campaign.shares[-1:])
        welch: Any = stats.ttest_ind(outcomes[treated, -1], outcomes[~treated, -1], equal_var=False)
        plain = welch.confidence_interval()
        tally.add(f"{name}.covered", _inside(once.interval(-1), true[-1]))
        tally.add(f"{name}.covered.{WELCH}", _inside(plain, true[-1]))
        tally.add(f"{name}.shown", once.effect().significant)
        tally.add(f"{name}.shown.{WELCH}", welch.pvalue < ALPHA)
        tally.ratio(name, once.estimate.variance_ratio[-1])
        if len(looks) > 1:
            tally.add(f"{name}.all_looks_covered", all(_inside(often.interval(look), true[look]) for look in looks))
            tally.add(f"{name}.shown_at_a_look", not all(_inside(often.interval(look), 0.0) for look in looks))
            tally.add(f"{name}.shown_at_a_look.{NAIVE}", any(often.p_value(look) < ALPHA for look in looks))
    if len(set(customers.arm)) > 2 and effect == NONE:
        at_end: dict[Metric, np.ndarray] = {metric: campaign.outcomes[metric][:, -1:] for metric in METRICS}
        letters = [m.effect() for m in measure(customers, at_end, campaign.shares[-1:]) if m.arm != ALL]
        for metric in METRICS:
            wrong = any(letter.significant for letter in letters if letter.metric == metric)
            tally.add(f"{design}.{metric}.{effect}.a_letter_shown", wrong)


def _inside(interval: tuple[float, float], value: float) -> bool:
    return interval[0] <= value <= interval[1]


def _main(tally: Tally) -> dict[str, np.ndarray]:
    """The figures that the issue names, as one value per campaign: the mean over metrics and designs."""
    designs = [design.name for design in (ONE, TWO)]
    none = [f"{d}.{m}.{NONE}" for d in designs for m in METRICS]
    every = [f"{d}.{m}.{e}" for d in designs for m in METRICS for e in EFFECTS]
    return {
        "fixed.false_positive_rate": _mean(tally, none, "shown"),
        "sequential.false_positive_rate": _mean(tally, none, "shown_at_a_look"),
        "coverage": _mean(tally, every, "covered"),
        "sequential.coverage": _mean(tally, every, "all_looks_covered"),
    }


def _mean(tally: Tally, names: Iterable[str], what: str) -> np.ndarray:
    return np.mean([tally.found[f"{name}.{what}"] for name in names], axis=0)


def _figures(tally: Tally) -> tuple[dict[str, float | int | None], dict[str, dict[str, float]]]:
    designs = [design.name for design in (ONE, TWO)]
    figures: dict[str, float | int | None] = {key: float(v.mean()) for key, v in _main(tally).items()}
    figures["cuped.variance_ratio"] = float(np.mean([tally.ratios[f"{d}.revenue.{NONE}"] for d in designs]))
    figures["cuped.variance_ratio.conversion"] = float(
        np.mean([tally.ratios[f"{d}.conversion.{NONE}"] for d in designs])
    )
    none = [f"{d}.{m}.{NONE}" for d in designs for m in METRICS]
    every = [f"{d}.{m}.{e}" for d in designs for m in METRICS for e in EFFECTS]
    floors: dict[str, dict[str, float]] = {
        WELCH: {
            "fixed.false_positive_rate": float(_mean(tally, none, f"shown.{WELCH}").mean()),
            "coverage": float(_mean(tally, every, f"covered.{WELCH}").mean()),
        },
        NAIVE: {"sequential.false_positive_rate": float(_mean(tally, none, f"shown_at_a_look.{NAIVE}").mean())},
    }
    for key, values in tally.found.items():
        design, metric, effect, what, *floor = key.split(".")
        figure = _NAMES[what].get(NONE if effect == NONE else "effect")
        if figure is None:
            continue
        name = f"{design}.{metric}.{figure}" if effect == NONE else f"{design}.{metric}.{effect}.{figure}"
        if floor:
            floors[floor[0]][name] = float(np.mean(values))
        else:
            figures[name] = float(np.mean(values))
    return figures, floors


_NAMES = {
    "shown": {NONE: "fixed.false_positive_rate", "effect": "power"},
    "shown_at_a_look": {NONE: "sequential.false_positive_rate", "effect": "sequential.power"},
    "covered": {"effect": "coverage"},
    "all_looks_covered": {"effect": "sequential.coverage"},
    "a_letter_shown": {NONE: "any_letter.false_positive_rate"},
}
"""What a tally's finding is called, in campaigns without and with an effect."""


def _around(values: np.ndarray) -> str:
    """Mean with its 95 % Monte-Carlo interval, the campaigns being independent of each other."""
    mean, error = float(values.mean()), float(values.std(ddof=1)) / len(values) ** 0.5
    return f"{mean:.4f} ({mean - _Z * error:.4f} to {mean + _Z * error:.4f})"
