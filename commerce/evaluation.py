"""What an evaluation says and how a candidate is judged by it.

`evaluation.json` holds an `Evaluation`: candidate, champion and floors on the same hold-out. A family's gates say what
a candidate must reach; `judge` applies them and gives the reasons. A rejected candidate is a normal outcome.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CANDIDATE = "candidate"
CHAMPION = "champion"


class Interval(BaseModel):
    """A confidence interval of one metric, by the bootstrap over entities."""

    model_config = ConfigDict(defer_build=True)

    low: float
    high: float
    level: float = 0.95


class Slice(BaseModel):
    """The same contenders on part of the hold-out, such as new customers."""

    model_config = ConfigDict(defer_build=True, allow_inf_nan=False)

    rows: int = Field(ge=1)
    metrics: dict[str, dict[str, float]]
    intervals: dict[str, dict[str, Interval]] = Field(default_factory=dict)


class Evaluation(BaseModel):
    """Metrics of every contender on one temporal hold-out.

    `metrics[contender][metric]`: contenders are `candidate`, `champion` (absent before the first release) and the
    family's floors by name. `slices` are parts of the hold-out by name, `curves` what plots need, such as calibration
    bins.
    """

    model_config = ConfigDict(defer_build=True, allow_inf_nan=False)

    family: str
    as_of: date
    holdout_as_of: date = Field(description="the latest date at which rows are held out")
    holdout_dates: int = Field(default=1, ge=1, description="dates at which rows are held out: a rolling origin")
    holdout_rows: int = Field(ge=0)
    metrics: dict[str, dict[str, float]]
    intervals: dict[str, dict[str, Interval]] = Field(default_factory=dict)
    slices: dict[str, Slice] = Field(default_factory=dict)
    curves: dict[str, list[dict[str, float]]] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    unjudged: str | None = Field(
        default=None, description="why nothing can be measured yet, of a model that is better than none all the same"
    )

    @property
    def held_out(self) -> str:
        """When the rows were held out, in words."""
        earlier = self.holdout_dates - 1
        dates = "date" if earlier == 1 else "dates"
        return f"as of {self.holdout_as_of}" + (f" and {earlier} {dates} before" if earlier else "")

    @property
    def floors(self) -> list[str]:
        """Names of the trivial methods beside the candidate."""
        return [name for name in self.metrics if name not in (CANDIDATE, CHAMPION)]


class Gate(BaseModel):
    """What a candidate must reach in one metric.

    `bound` is absolute: the least (or most, for a metric that should be low) that is acceptable. `margin` is how much
    worse than the champion and than the best floor the candidate may be, in the metric's own unit.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    metric: str
    better: Literal["higher", "lower"]
    bound: float | None = None
    margin_to_champion: float | None = 0.0
    margin_to_floors: float | None = 0.0


class Verdict(BaseModel):
    """Whether a candidate may be released, and why."""

    model_config = ConfigDict(defer_build=True)

    accepted: bool
    reasons: list[str]


def judge(gates: tuple[Gate, ...], evaluation: Evaluation) -> Verdict:
    """Apply every gate; the candidate is accepted when none fails. The reasons name each comparison made."""
    if evaluation.unjudged:
        return Verdict(accepted=True, reasons=[f"not judged: {evaluation.unjudged}"])
    failures: list[str] = []
    passes: list[str] = []
    for gate in gates:
        value = evaluation.metrics.get(CANDIDATE, {}).get(gate.metric)
        if value is None or not math.isfinite(value):
            failures.append(f"{gate.metric}: the candidate has no value")
            continue
        for name, limit in _limits(gate, evaluation):
            passed = value >= limit if gate.better == "higher" else value <= limit
            relation = "at least" if gate.better == "higher" else "at most"
            sentence = f"{gate.metric} {value:.4f} must be {relation} {limit:.4f} ({name})"
            (passes if passed else failures).append(sentence)
    return Verdict(accepted=not failures, reasons=failures or passes)


def _limits(gate: Gate, evaluation: Evaluation) -> list[tuple[str, float]]:
    sign = 1 if gate.better == "higher" else -1
    limits: list[tuple[str, float]] = []
    if gate.bound is not None:
        limits.append(("bound", gate.bound))
    champion = evaluation.metrics.get(CHAMPION, {}).get(gate.metric)
    if gate.margin_to_champion is not None and champion is not None:
        limits.append((CHAMPION, champion - sign * gate.margin_to_champion))
    if gate.margin_to_floors is not None:
        for name in evaluation.floors:
            floor = evaluation.metrics[name].get(gate.metric)
            if floor is not None:
                limits.append((name, floor - sign * gate.margin_to_floors))
    return limits
