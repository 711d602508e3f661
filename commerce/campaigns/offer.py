"""Offers: what a letter gives, what it costs the shop, and how many there are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

OfferId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")]


class OfferDefinition(BaseModel):
    """Body of `PUT /v1/offers/{id}`."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="as the customer reads it")
    kind: Literal["percent", "amount", "free_shipping", "points"]
    value: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)] = Field(
        default=Decimal(0), description="percent off, money off, or points; 0 for free shipping"
    )
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    cost: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)] = Field(
        description="what one coupon is counted at against budgets, in the shop's currency"
    )
    limit: Annotated[int, Field(ge=1, le=100_000_000)] | None = Field(
        default=None, description="coupons that may be issued altogether; unlimited where it is left out"
    )
    valid_days: Annotated[int, Field(ge=1, le=365)] = Field(default=30, description="days a coupon is good for")
    ends_on: date | None = Field(default=None, description="no coupon is issued after this day")
    url: Annotated[str, Field(pattern=r"^https://\S+$", max_length=1000)] | None = Field(
        default=None, description="where the offer is taken up; the shop's page where it is left out"
    )

    @model_validator(mode="after")
    def _value_fits_kind(self) -> Self:
        if self.kind == "percent" and not 0 < self.value <= 100:
            raise ValueError("value of a percent offer is above 0 and at most 100")
        if self.kind in ("amount", "points") and self.value <= 0:
            raise ValueError(f"value of a {self.kind} offer is above 0")
        if self.kind == "amount" and self.currency is None:
            raise ValueError("an amount needs its currency")
        return self


class Offer(BaseModel):
    """An offer and how many coupons of it were issued."""

    id: str
    definition: OfferDefinition
    issued: int = 0


class OfferList(BaseModel):
    """Answer of `GET /v1/offers`."""

    offers: list[Offer]


class IssuedCoupon(BaseModel):
    """Answer of `GET /v1/coupons/{code}`, for the shop's checkout."""

    code: str
    offer_id: str
    campaign_id: str
    issued_on: date
    expires_on: date
    valid: bool
