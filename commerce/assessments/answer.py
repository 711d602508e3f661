"""What an assessment answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.assessments.policy import Costs, Outcome
from commerce.scores import Score

Missing = Literal["model", "state", "rules"]
"""What a decision had to do without: the model; what is counted of its entities; the shop's own rules."""


class FiredRule(BaseModel):
    """A rule that held."""

    model_config = ConfigDict(defer_build=True)

    id: str
    outcome: Outcome
    reason: str


class Assessed(Score):
    """A decision. `source` is `model`, `cold_start` (an anomaly score, as no labels are known yet) or `baseline`: the
    rules alone."""

    decision_id: str
    event_type: str
    event_id: str
    outcome: Outcome
    probability: float | None = Field(
        default=None, ge=0, le=1, description="of fraud, calibrated; null without a model"
    )
    anomaly: float | None = Field(
        default=None, ge=0, le=1, description="share of ordinary events that are less unusual; not a probability"
    )
    costs: Costs | None = Field(default=None, description="expected of each outcome; null without a probability")
    rules: list[FiredRule] = Field(default_factory=list, description="those that held")
    decided_by: Literal["model", "rules"] = Field(description="what the outcome comes from")
    missing: list[Missing] = Field(default_factory=list, description="what the decision had to do without")
    decided_at: datetime
