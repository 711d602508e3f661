"""Properties of the events about risks: payments, logins and sessions, what they turned out to be, what was decided."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, field_validator

from commerce import emails
from commerce.events.ecommerce import Currency, Money, Properties, Text

Id = Annotated[str, Field(min_length=1, max_length=255)]
Country = Annotated[str, Field(pattern=r"^[A-Za-z]{2}$"), AfterValidator(str.upper)]
"""ISO 3166-1 alpha-2, by its shape alone: which codes are assigned changes."""
EventType = Literal["payment", "login", "session"]
Outcome = Literal["approve", "review", "block"]
DecisionSource = Literal["model", "cold_start", "rules"]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=1e12)]


def no_card_number(value: str | None) -> str | None:
    """A card number must never get into the lake, whatever a sender puts in the field (PCI DSS 3.4)."""
    if value is not None and 12 <= len(value) <= 19 and value.isdigit():
        raise ValueError("looks like a card number; send the payment provider's token of the card")
    return value


class LoginAttempted(Properties):
    login_id: Id | None = Field(default=None, description="the message's id where it is absent")
    succeeded: bool
    failure_reason: Text | None = None
    ip: Text | None = None
    ip_country: Country | None = None
    device_id: Text | None = None
    user_agent: Text | None = None


class PaymentAttempted(Properties):
    payment_id: Id
    order_id: Text | None = None
    amount: Money
    currency: Currency | None = None
    method: Text | None = None
    outcome: Literal["approved", "declined", "error", "pending"] | None = None
    card_fingerprint: Text | None = None
    card_country: Country | None = None
    device_id: Text | None = None
    ip: Text | None = None
    ip_country: Country | None = None
    email_domain: Text | None = Field(default=None, description="domain of the address given, or the address")
    shipping_address: Text | None = Field(default=None, description="a token of the address, never the address itself")
    shipping_country: Country | None = None
    product_id: Text | None = Field(default=None, description="the dearest product of the order")
    coupon: Text | None = None

    @field_validator("card_fingerprint")
    @classmethod
    def _no_card_number(cls, value: str | None) -> str | None:
        return no_card_number(value)

    @field_validator("email_domain")
    @classmethod
    def _one_spelling(cls, value: str | None) -> str | None:
        """What is no domain is left empty: a payment must not be lost to whatever somebody typed as their address."""
        return None if value is None else emails.domain(value)


class Traffic(BaseModel):
    """Statistics of a session's traffic; see the table `sessions` for what the numbers are."""

    requests: Amount | None = None
    duration_seconds: Amount | None = None
    mean_gap_seconds: Amount | None = None
    gap_std_seconds: Amount | None = None
    repeated: Share | None = None
    status_2xx: Share | None = None
    status_3xx: Share | None = None
    status_4xx: Share | None = None
    status_5xx: Share | None = None
    get: Share | None = None
    post: Share | None = None
    head: Share | None = None
    other_method: Share | None = None
    night: Share | None = None
    no_referrer: Share | None = None
    images: Share | None = None
    html: Share | None = None
    html_to_image: Amount | None = None
    html_to_css: Amount | None = None
    html_to_js: Amount | None = None
    width: Amount | None = None
    depth: Amount | None = None
    depth_std: Amount | None = None
    consecutive: Share | None = None
    bytes: Amount | None = None
    popularity: Amount | None = None
    referrer_switches: Share | None = None
    filetype_switches: Share | None = None
    max_barrage: Amount | None = None
    penalty: Amount | None = None


class SessionObserved(Properties, Traffic):
    """A session that ended, with what its traffic was like; see the table `sessions` for what the numbers are."""

    session_id: Id
    ip: Text | None = None
    user_agent: Text | None = None
    device_id: Text | None = None


class LabelGiven(Properties):
    """What an event turned out to be, once somebody knows; the latest word holds. Needs a server's write key."""

    event_type: EventType
    event_id: Id
    fraud: bool
    source: Id = Field(description="chargeback, review, customer, provider, …")


class DecisionMade(Properties):
    """What was decided on an event, with all it was decided on. Needs a server's write key."""

    decision_id: Id
    event_type: EventType
    event_id: Id
    family: Id
    version: Text | None = Field(default=None, description="empty where no model answered")
    rules_version: Annotated[int, Field(ge=1)] | None = None
    source: DecisionSource
    outcome: Outcome
    probability: Share | None = None
    amount: Money | None = None
    expected_cost_approve: Money | None = None
    expected_cost_review: Money | None = None
    expected_cost_block: Money | None = None
    currency: Currency | None = None
    features: dict[str, Any] = Field(default_factory=dict, description="name → value: the snapshot it was decided on")
    rules: list[Text] = Field(default_factory=list, description="ids of the rules that fired")
    reasons: list[Text] = Field(default_factory=list, description="in words")
