"""What the demo's report holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from commerce.evaluation import Evaluation
from commerce.family import Family
from commerce.readiness import Readiness


@dataclass(frozen=True)
class Worth:
    """A customer worth keeping: `at_stake` = probability of leaving × what they spent in `VALUE_DAYS`."""

    customer_id: str
    probability: float
    spent: float
    reasons: list[str]

    @property
    def at_stake(self) -> float:
        """Money that leaves with the customer, in the shop's currency."""
        return self.probability * self.spent


VALUE_DAYS = 182
"""Half a year of spending stands for what a customer is worth; a lifetime-value family will say it better."""


@dataclass(frozen=True)
class DemoReport:
    """Everything the demo saw, in the order it saw it."""

    shop: str
    as_of: date
    currency: str
    family: Family
    loaded: dict[str, int]
    load_seconds: float
    readiness: Readiness
    ending: str
    reasons: list[str]
    retrain_seconds: float
    run_id: str
    evaluation: Evaluation
    scored: int
    by_source: dict[str, int]
    worth_keeping: list[Worth]
    api_request: str
    api_answer: dict[str, Any]
    cost: dict[str, Any]
    next_commands: list[tuple[str, str]]
    total_seconds: float
