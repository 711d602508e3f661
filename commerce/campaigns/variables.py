"""What a template may name: every variable, its type, what it says, and a made-up value for previews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from commerce.families import discover


class Variable(BaseModel):
    """One variable of templates."""

    name: str
    type: Literal["text", "number", "list of text", "url", "date"]
    doc: str
    example: Any
    always: bool = True
    """Whether it has a value for every customer; else a template should say `| default: …`."""


class VariableList(BaseModel):
    """Answer of `GET /v1/template-variables`."""

    variables: list[Variable]


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    type: Literal["text", "number", "list of text", "url", "date"]
    doc: str
    example: Any
    always: bool = True


_ROWS = (
    _Row("customer.first_name", "text", "first name, from the traits", "Robin", always=False),
    _Row("customer.last_name", "text", "last name, from the traits", "Lee", always=False),
    _Row("customer.country", "text", "country as the shop keeps it", "DE", always=False),
    _Row("offer.title", "text", "the offer as the customer reads it", "10 % off your next order", always=False),
    _Row("offer.code", "text", "the customer's own coupon code", "SAMPLE-CODE", always=False),
    _Row("offer.kind", "text", "percent, amount, free_shipping or points", "percent", always=False),
    _Row("offer.value", "number", "percent, money or points", 10, always=False),
    _Row("offer.expires_on", "date", "last day of the coupon, YYYY-MM-DD", "2030-01-31", always=False),
    _Row("offer.url", "url", "where to take it up", "https://shop.example/offer", always=False),
    _Row("shop.name", "text", "the shop", "Example Shop"),
    _Row("shop.url", "url", "its page", "https://shop.example"),
    _Row("shop.postal_address", "text", "its postal address; law asks for it", "1 Market Street, 12345 Exampleton"),
    _Row("links.unsubscribe", "url", "the customer's own unsubscribe link; law asks for it", "https://shop.example/u"),
    _Row("campaign.name", "text", "the campaign", "Win-back"),
    _Row("recommendations", "list of text", "products for this customer; empty until that family is there", []),
)


def variables() -> tuple[Variable, ...]:
    """All of them: those above, and of every customer family's answer its plain fields and its reasons in words."""
    found = [Variable(name=r.name, type=r.type, doc=r.doc, example=r.example, always=r.always) for r in _ROWS]
    for family in discover().values():
        if family.entity != "customer":
            continue
        of = f"scores.{family.name}"
        why = f"why, in words, from {family.title.lower()}"
        example = ["no order for 60 days, usually every 20"]
        found.append(Variable(name=f"{of}.reasons", type="list of text", doc=why, example=example, always=False))
        for name, field in family.answer.model_fields.items():
            if field.annotation is float:
                doc = field.description or name
                found.append(Variable(name=f"{of}.{name}", type="number", doc=doc, example=0.5, always=False))
    return tuple(found)
