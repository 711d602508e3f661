"""Properties of the events about risks: payments, logins and sessions, what they turned out to be, what was decided."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from commerce import emails
from commerce.assessments.fields import Country, Share, Traffic, no_card_number
from commerce.events.ecommerce import Currency, Money, Properties, Text

Id = Annotated[str, Field(min_length=1, max_length=255)]
EventType = Literal["payment", "login", "session"]
Outcome = Literal["approve", "review", "block"]
DecisionSource = Literal["model", "cold_start", "rules"]


class LoginAttempted(Properties):
    """A login, whether it succeeded or not. Needs a server's write key."""

    login_id: Id | None = Field(default=None, description="the message's id where it is absent")
    succeeded: bool
    failure_reason: Text | None = None
    ip: Text | None = None
    ip_country: Country | None = None
    device_id: Text | None = None
    user_agent: Text | None = None


class PaymentAttempted(Properties):
    """A payment, and what became of it. Needs a server's write key."""

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


class SessionObserved(Properties, Traffic):
    """A session that ended, with what its traffic was like; see the table `sessions` for what the numbers are.
    Needs a server's write key."""

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
    anomaly: Share | None = None
    amount: Money | None = None
    expected_cost_approve: Money | None = None
    expected_cost_review: Money | None = None
    expected_cost_block: Money | None = None
    currency: Currency | None = None
    features: dict[str, Any] = Field(default_factory=dict, description="name → value: the snapshot it was decided on")
    rules: list[Text] = Field(default_factory=list, description="ids of the rules that fired")
    reasons: list[Text] = Field(default_factory=list, description="in words")
