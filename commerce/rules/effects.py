"""What rules would have done: the form of a history's events, and of what a simulation tells."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from commerce.assessments.policy import Outcome


class PastEvent(BaseModel):
    """A line of a run's history: an event that its model decided on after learning without it."""

    model_config = ConfigDict(defer_build=True)

    values: dict[str, Any] = Field(description="what rules may ask for")
    outcome: Outcome = Field(description="as the model alone decided")
    fraud: bool | None = None
    amount: float = Field(allow_inf_nan=False)
    known: bool = Field(description="whether it is known whether it was fraud")


class Sum(BaseModel):
    """Events, and their amounts together."""

    events: int = 0
    amount: float = 0.0


class Effect(BaseModel):
    """What fired, what it would have changed, and what that turned out to be. A share of nothing is null."""

    fired: Sum
    approve_to_review: Sum
    approve_to_block: Sum
    to_approve: Sum = Field(description="reviews and blocks that would have been approved")
    review_to_block: Sum
    frauds: Sum = Field(description="of those that fired, known frauds")
    good: Sum = Field(description="of those that fired, known not to be fraud: stopped, they are false positives")
    precision: float | None = Field(description="known frauds among those that fired and are known")
    caught: float | None = Field(description="of all known frauds, those that fired")
    false_positive_rate: float | None = Field(description="of all that are known to be good, those that fired")


class RuleEffect(Effect):
    """Of one rule, as if it were the only one."""

    id: str
    outcome: Outcome
    unknown: int = Field(description="events of which it cannot be said whether the rule holds")


class Stopped(BaseModel):
    """Events that are reviewed or blocked."""

    review: Sum
    block: Sum
    precision: float | None
    caught: float | None
    false_positive_rate: float | None


class Figures(BaseModel):
    """What a book of rules would have done to a history."""

    events: int = Field(description="events that were simulated")
    known: int = Field(description="events of which it is known whether they were fraud")
    frauds: int
    before: Stopped = Field(description="by the model alone")
    after: Stopped = Field(description="by the model and these rules")
    total: Effect
    rules: list[RuleEffect]


class Simulation(Figures):
    """Answer of `POST /v1/rules/{family}/simulate`."""

    family: str
    version: int
    run: str | None = Field(description="whose history it is; null where no version of the model is released yet")
    unreadable: int = Field(default=0, description="lines of the history that are no events")
    note: str | None = Field(default=None, description="why there are no events, or not all")
