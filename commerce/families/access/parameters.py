"""What a shop may set of access."""

from __future__ import annotations

from pydantic import Field

from commerce.assessments.parameters import AssessmentParameters, Money


class AccessParameters(AssessmentParameters):
    """A review is a second factor that the customer is asked for: cheap, found by nearly every thief to be too much."""

    train_days: int = Field(default=30, ge=7, le=365, description="days of logins that are learned from")
    account_value: Money = Field(default=100.0, description="what an account that is taken over costs")
    reviews_per_day: int = Field(
        default=100_000, ge=0, le=1_000_000, description="second factors that can be asked for in a day"
    )
    review_cost: Money = Field(default=0.3, description="what being asked for a second factor costs")
    review_finds: float = Field(default=0.95, ge=0, le=1, description="share of thieves that a second factor stops")
    loss_fee: Money = Field(default=0.0, description="what a takeover costs beside the account's value")
    margin: float = Field(default=0.0, ge=0, le=1, description="of the account's value that a lock-out costs")
    goodwill: Money = Field(default=15.0, description="what locking a customer out costs")
