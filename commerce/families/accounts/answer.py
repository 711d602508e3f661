"""What is said of a customer's account and of those it belongs together with."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from commerce.scores import Score

Kind = Literal["card", "device", "address"]
FlagName = Literal["multi_account", "coupon_abuse", "refund_abuse", "known_fraud_nearby"]


class Shared(BaseModel):
    """What accounts of a group have in common."""

    model_config = ConfigDict(defer_build=True)

    kind: Kind
    things: int = Field(ge=1, description="cards, devices or addresses that more than one account used")
    accounts: int = Field(ge=2, description="accounts that used one of them")


class Group(BaseModel):
    """Accounts that are connected by what they share, each with at least one other. No account is named."""

    model_config = ConfigDict(defer_build=True)

    id: str = Field(description="the same for all its accounts, within one day's answers")
    accounts: int = Field(ge=2)
    shared: list[Shared]


class Flag(BaseModel):
    """Something that speaks for abuse, with what was counted."""

    model_config = ConfigDict(defer_build=True)

    name: FlagName
    evidence: str


class AccountsAnswer(Score):
    """Answer of the accounts family. `source` is `cold_start` where too few frauds are known to learn from: then there
    are flags alone, and no probability."""

    model_config = ConfigDict(defer_build=True)

    family: str = "accounts"
    probability: float | None = Field(
        default=None, ge=0, le=1, description="of a payment within the horizon that turns out to be fraud, calibrated"
    )
    horizon_days: int | None = None
    group: Group | None = Field(default=None, description="null of an account that shares nothing")
    flags: list[Flag] = Field(default_factory=list)

    def rows(self) -> list[dict[str, Any]]:
        """One row, with the flags' evidence."""
        return [
            {
                "probability": self.probability,
                "accounts": self.group.accounts if self.group else 1,
                "flags": "; ".join(f"{flag.name}: {flag.evidence}" for flag in self.flags) or None,
            }
        ]
