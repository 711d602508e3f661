"""What a condition may ask of a customer: the vocabulary of audiences, documented and typed."""

from __future__ import annotations

from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from commerce.families import discover

Kind = Literal["int", "double", "string", "bool", "list of strings"]
SAMPLES: dict[Kind, Any] = {"int": 3, "double": 1.5, "string": "text", "bool": True, "list of strings": ["text"]}


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One thing that is known of a customer before the as-of date. Absent where it is not known."""

    path: str
    kind: Kind
    doc: str


FIELDS: tuple[ProfileField, ...] = (
    ProfileField("customer.id", "string", "the shop's id of the customer"),
    ProfileField("customer.country", "string", "country as the shop keeps it"),
    ProfileField("customer.time_zone", "string", "IANA name"),
    ProfileField("customer.known_days", "int", "days since the customer registered or first ordered"),
    ProfileField("orders.count", "int", "completed orders ever"),
    ProfileField("orders.count_30d", "int", "completed orders of the last 30 days"),
    ProfileField("orders.count_90d", "int", "completed orders of the last 90 days"),
    ProfileField("orders.count_365d", "int", "completed orders of the last 365 days"),
    ProfileField("orders.spend", "double", "money of completed orders ever, in the shop's currency"),
    ProfileField("orders.spend_90d", "double", "money of the last 90 days"),
    ProfileField("orders.spend_365d", "double", "money of the last 365 days"),
    ProfileField("orders.average", "double", "money of an order, on average"),
    ProfileField("orders.first_days_ago", "int", "days since the first order"),
    ProfileField("orders.last_days_ago", "int", "days since the last order"),
    ProfileField("orders.usual_gap_days", "double", "mean days between orders; absent with fewer than two"),
    ProfileField("bought.departments", "list of strings", "departments bought from in the last 365 days"),
    ProfileField("bought.categories", "list of strings", "categories bought from in the last 365 days"),
    ProfileField("letters.sent_30d", "int", "letters sent in the last 30 days"),
    ProfileField("letters.opened_90d", "int", "letters opened in the last 90 days, by the customer, not a machine"),
    ProfileField("letters.clicked_90d", "int", "letters clicked in the last 90 days"),
)
"""Beside these: `customer.traits.<name>` (whatever the shop keeps) and `scores.<family>.<field>` (every family's)."""


def score_fields() -> tuple[ProfileField, ...]:
    """`scores.<family>.<field>` of every scored family's answer that a condition can compare."""
    found = []
    for family in discover().values():
        if not family.scored:
            continue
        for name, field in family.answer.model_fields.items():
            kind = _kind(field.annotation)
            if kind:
                doc = field.description or f"{name} of {family.title.lower()}"
                found.append(ProfileField(f"scores.{family.name}.{name}", kind, doc))
    return tuple(found)


def nested(values: dict[str, Any]) -> dict[str, Any]:
    """`{"orders.count": 3}` → `{"orders": {"count": 3}}`; what is None is left out."""
    tree: dict[str, Any] = {}
    for path, value in values.items():
        *above, name = path.split(".")
        place = tree
        for part in above:
            place = place.setdefault(part, {})
        if value is not None:
            place[name] = value
    return tree


def sample() -> dict[str, Any]:
    """One value of every field's type, nested: what `Condition.parse` checks a condition against (traits left out)."""
    return nested({field.path: SAMPLES[field.kind] for field in (*FIELDS, *score_fields())})


def _kind(annotation: Any) -> Kind | None:
    if get_origin(annotation) in (Union, UnionType):
        annotation = next((a for a in get_args(annotation) if a is not type(None)), None)
    simple: dict[Any, Kind] = {float: "double", int: "int", str: "string", bool: "bool"}
    return simple.get(annotation)
