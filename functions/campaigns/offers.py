"""Offers, how many coupons of each were issued, and what a coupon is good for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from commerce.campaigns.ledger import BUDGET, COUPON, budget_pk, coupon_pk
from commerce.campaigns.offer import IssuedCoupon, Offer, OfferDefinition, OfferList
from functions.campaigns.requests import Request, id_, new_id, parsed
from functions.common import campaigns
from functions.common.aws import client
from functions.common.dynamodb import batch_get
from functions.common.environment import setting
from functions.common.http import Answer, ApiError, answer
from functions.common.ledger import key

_READ_ALIKE = str.maketrans("OIL", "011", " -")
"""Codes are in Crockford's base 32: what is read or typed otherwise is the same code."""
CODE_CHARACTERS = 12


def listed(_: Request) -> Answer:
    """`GET /v1/offers`: in the order of their ids."""
    definitions = campaigns.offers(*_table())
    issued = _issued(definitions)
    offers = [Offer(id=id_, definition=definition, issued=issued[id_]) for id_, definition in definitions.items()]
    return answer(200, OfferList(offers=offers))


def shown(request: Request) -> Answer:
    """`GET /v1/offers/{id}`."""
    name = id_(request.name, "offer")
    definition = campaigns.read_offer(*_table(), name)
    if definition is None:
        raise ApiError(404, "unknown_offer", f"there is no offer {name!r}")
    return answer(200, _offer(name, definition))


def put(request: Request) -> Answer:
    """`PUT /v1/offers/{id}`: 201 where it is new. A campaign that was started keeps the offer as it was then."""
    name, definition = new_id(request.name), parsed(OfferDefinition, request.body)
    before = campaigns.read_offer(*_table(), name)
    if definition != before:
        campaigns.put_offer(*_table(), name, definition)
    return answer(200 if before else 201, _offer(name, definition))


def coupon(request: Request) -> Answer:
    """`GET /v1/coupons/{code}`, for the shop's checkout."""
    code = request.name.upper().translate(_READ_ALIKE)
    found = (
        client("dynamodb")
        .get_item(TableName=setting("LETTERS_TABLE"), Key=key(coupon_pk(code), COUPON), ConsistentRead=True)
        .get("Item")
        if len(code) == CODE_CHARACTERS
        else None
    )
    if found is None:
        raise ApiError(404, "unknown_coupon", "there is no such coupon")
    expires_on = date.fromisoformat(found["expires_on"]["S"])
    issued = IssuedCoupon(
        code=code,
        offer_id=found["offer_id"]["S"],
        campaign_id=found["campaign_id"]["S"],
        issued_on=date.fromisoformat(found["issued_on"]["S"]),
        expires_on=expires_on,
        valid=datetime.now(UTC).date() <= expires_on,
    )
    return answer(200, issued)


def _offer(name: str, definition: OfferDefinition) -> Offer:
    return Offer(id=name, definition=definition, issued=_issued([name])[name])


def _issued(names: Iterable[str]) -> dict[str, int]:
    """Coupons that were issued of each offer."""
    keys = {budget_pk("offer", name): name for name in names}
    items = batch_get(client("dynamodb"), setting("LETTERS_TABLE"), [key(pk, BUDGET) for pk in keys])
    found = {keys[item["pk"]["S"]]: int(item["issued"]["N"]) for item in items if "issued" in item}
    return dict.fromkeys(keys.values(), 0) | found


def _table() -> tuple[Any, str]:
    return client("dynamodb"), setting("CAMPAIGNS_TABLE")
