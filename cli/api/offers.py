"""The offer routes."""

from __future__ import annotations

from cli.api import http
from cli.environment import Environment
from commerce.campaigns.offer import Offer, OfferDefinition, OfferList

_ROUTE = "/v1/offers"


def listed(environment: Environment) -> list[Offer]:
    """All of them."""
    return OfferList.model_validate(http.get(environment, _ROUTE)).offers


def put(environment: Environment, id_: str, definition: OfferDefinition) -> Offer:
    """Make or replace one."""
    return Offer.model_validate(http.call(environment, "PUT", f"{_ROUTE}/{http.segment(id_)}", definition))
