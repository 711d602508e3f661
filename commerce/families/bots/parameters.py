"""What a shop may set of bots."""

from __future__ import annotations

from pydantic import Field

from commerce.assessments.parameters import AssessmentParameters, Money


class BotsParameters(AssessmentParameters):
    """A review is a puzzle that the visitor is asked to solve."""

    label_delay_days: int = Field(
        default=2, ge=0, le=60, description="after so many days a session without a label is taken to be a person's"
    )
    train_days: int = Field(default=30, ge=7, le=365, description="days of sessions that are learned from")
    session_cost: Money = Field(default=0.5, description="what a robot's session costs: load, hoarded stock, prices")
    reviews_per_day: int = Field(default=100_000, ge=0, le=1_000_000, description="puzzles that can be asked in a day")
    review_cost: Money = Field(default=0.05, description="what a puzzle costs: visitors who leave")
    review_finds: float = Field(default=0.8, ge=0, le=1, description="share of robots that a puzzle stops")
    loss_fee: Money = Field(default=0.0, description="what a robot costs beside the session")
    margin: float = Field(default=0.0, ge=0, le=1, description="of the session's cost that turning a person away costs")
    goodwill: Money = Field(default=2.0, description="what turning a person away costs")
