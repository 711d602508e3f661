"""A payment: what is asked of it, how it is counted, and what the model is told of it beside its past."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, field_validator

from commerce import emails, networks
from commerce.assessments.assessment import EventQuestion, Variables
from commerce.assessments.fields import Country, no_card_number
from commerce.families.fraud.streams import AMOUNT, DECLINED, LOG_AMOUNT
from commerce.streams import Event
from commerce.streams.windows import micros

UNITS = 10_000
"""Of the currency's unit, in which amounts are whole numbers: the lake's four decimals."""
Token = Annotated[str, Field(min_length=1, max_length=255)]

FACTS = ("currency", "method", "email_domain", "ip_country", "shipping_country", "card_country")
"""Fields that a history keeps."""

WORDS: dict[str, str] = {
    "payment_amount": "an amount of {value:,.2f}",
    "hour": "the hour of the day, {value:.0f}:00 UTC",
    "weekend": "the day of the week",
    "foreign_ip": "the address of the network is in another country than the parcel goes to",
    "foreign_card": "the card is from another country than the parcel goes to",
    "coupon": "a coupon was used",
}


class PaymentQuestion(EventQuestion):
    """A payment before it is let through. What the shop does not know is left out."""

    order_id: Token | None = None
    amount: Annotated[float, Field(ge=0, le=1e12)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = Field(default=None, description="ISO 4217")
    method: Token | None = Field(default=None, description="card, invoice, wallet, …")
    card_fingerprint: Token | None = Field(default=None, description="the provider's token, never the card's number")
    device_id: Token | None = None
    ip: Token | None = None
    email_domain: Token | None = Field(default=None, description="an address is cut to its domain")
    shipping_address: Token | None = Field(default=None, description="a token of the address, never the address")
    product_id: Token | None = Field(default=None, description="the dearest of the order")
    ip_country: Country | None = None
    shipping_country: Country | None = None
    card_country: Country | None = None
    coupon: Token | None = None

    @field_validator("card_fingerprint")
    @classmethod
    def _no_card_number(cls, value: str | None) -> str | None:
        return no_card_number(value)

    @field_validator("email_domain")
    @classmethod
    def _domain(cls, value: str | None) -> str | None:
        return None if value is None else emails.domain(value)


def counted(event_id: str, at: datetime, payment: Mapping[str, Any]) -> Event:
    """As the streams count it. `payment` has the names of the question and of `Payment Attempted`."""
    columns = {
        name: payment.get(name)
        for name in ("customer_id", "card_fingerprint", "device_id", "ip", "shipping_address", "product_id")
    }
    columns["email_domain"] = payment.get("email_domain")
    columns["network"] = networks.network(payment.get("ip"))
    units = round(payment["amount"] * UNITS)
    measures = {
        AMOUNT: units,
        LOG_AMOUNT: round(math.log(1 + units / UNITS) * UNITS) if units > -UNITS else 0,
        DECLINED: int(payment.get("outcome") == "declined"),
    }
    return Event(event_id, micros(at), columns, measures)


def variables(at: datetime, payment: Mapping[str, Any]) -> Variables:
    """What the model is told of the payment itself."""
    shipped = payment.get("shipping_country")
    return {
        "payment_amount": round(payment["amount"] * UNITS) / UNITS,
        "hour": float(at.hour),
        "weekend": float(at.weekday() >= 5),
        "foreign_ip": _differs(payment.get("ip_country"), shipped),
        "foreign_card": _differs(payment.get("card_country"), shipped),
        "coupon": float(bool(payment.get("coupon"))),
    }


def amount(payment: Mapping[str, Any], _parameters: BaseModel) -> float:
    """What is at stake: the amount."""
    return float(payment["amount"])


def _differs(country: str | None, other: str | None) -> float | None:
    return None if country is None or other is None else float(country != other)
