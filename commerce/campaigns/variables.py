"""What a template may name: every variable, its type, what it says, and a made-up value for previews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from commerce.families import discover
from commerce.family import Family

RECOMMENDATIONS = "recommendations"
"""Filled by the family whose route says what a letter asks (`commerce.questions.Route.letter`)."""

Type = Literal["text", "number", "list of text", "list of products", "url", "date"]


class Part(BaseModel):
    """What each product of a list has: `{{ product.name }}` within `{% for product in … %}`."""

    name: str
    type: Type
    doc: str


class Variable(BaseModel):
    """One variable of templates."""

    name: str
    type: Type
    doc: str
    example: Any
    always: bool = True
    """Whether it has a value for every customer; else a template should say `| default: …`."""
    parts: list[Part] = Field(default_factory=list, description="of a list of products: what each of them has")


class VariableList(BaseModel):
    """Answer of `GET /v1/template-variables`."""

    variables: list[Variable]


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    type: Type
    doc: str
    example: Any
    always: bool = True
    parts: tuple[Part, ...] = ()


_PRODUCT = (
    Part(name="name", type="text", doc="as the catalogue has it"),
    Part(name="reason", type="text", doc="why, in words a shopper understands"),
    Part(name="product_id", type="text", doc="the shop's id of the product, such as for a link to it"),
)
_SHOWN = [
    {"name": "Espresso cups, set of 4", "reason": "goes with what you bought", "product_id": "1001"},
    {"name": "House blend, 500 g", "reason": "you bought it before", "product_id": "1002"},
    {"name": "Linen tea towel", "reason": "many customers buy it", "product_id": "1003"},
]

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
    _Row(
        RECOMMENDATIONS,
        "list of products",
        "products for this customer, the best first, at most six; may be empty",
        _SHOWN,
        parts=_PRODUCT,
    ),
)


def told() -> tuple[Family, ...]:
    """Families whose answers about a customer letters may name."""
    return tuple(family for family in discover().values() if family.scored and not family.confidential)


def variables() -> tuple[Variable, ...]:
    """All of them: those above; plain fields of the answers that letters may name, and their reasons in words."""
    found = [Variable.model_validate(row, from_attributes=True) for row in _ROWS]
    for family in told():
        of = f"scores.{family.name}"
        why = f"why, in words, from {family.title.lower()}"
        example = ["no order for 60 days, usually every 20"]
        found.append(Variable(name=f"{of}.reasons", type="list of text", doc=why, example=example, always=False))
        for name, field in family.answer.model_fields.items():
            if field.annotation is float:
                doc = field.description or name
                found.append(Variable(name=f"{of}.{name}", type="number", doc=doc, example=0.5, always=False))
    return tuple(found)
