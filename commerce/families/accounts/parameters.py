"""What a shop may set for accounts."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Accounts = Annotated[int, Field(ge=2, le=1000)]


class AccountsParameters(BaseModel):
    """A shop's settings for accounts. Time spans are in days."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    horizon_days: int = Field(default=28, ge=7, le=90, description="within which a fraud is foreseen")
    label_delay_days: int = Field(
        default=14, ge=0, le=60, description="after so many days a payment without a label is taken to be legitimate"
    )
    link_days: int = Field(default=180, ge=7, le=365, description="of payments, logins and orders that are looked at")
    most_sharing: Accounts = Field(
        default=12, description="what more accounts share, such as an office's address or a public computer, is no link"
    )
    many_accounts: Accounts = Field(default=6, description="accounts of a group from which on it is flagged")
    coupon_accounts: Accounts = Field(default=3, description="accounts of a group with one coupon, likewise")
    coupon_chance: float = Field(
        default=0.01, gt=0, lt=1, description="at most so likely by chance, given how many customers use the coupon"
    )
    refund_odds: float = Field(
        default=4.0, gt=1, le=100, description="odds of a refund that are abuse, as a multiple of the shop's usual odds"
    )
