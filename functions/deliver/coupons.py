"""A customer's coupon code of an offer in a campaign: the same whenever it is computed, and not to be guessed. Pure."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, timedelta

from commerce.campaigns.offer import OfferDefinition

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a code read out or typed is the same code."""
CHARACTERS = 12
"""60 bits: a guess at a shop with a million coupons out is right once in 10^12."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code and its last day."""

    code: str
    expires_on: date


def coupon(
    secret: str, campaign_id: str, offer_id: str, customer_id: str, offer: OfferDefinition, today: date
) -> Coupon:
    """The coupon as issued on `today`."""
    named = "\x1f".join(("shopkeeper coupon", campaign_id, offer_id, customer_id))
    number = int.from_bytes(hmac.digest(secret.encode(), named.encode(), hashlib.sha256)[:8]) >> 4
    code = "".join(_LETTERS[number >> 5 * i & 31] for i in reversed(range(CHARACTERS)))
    return Coupon(code, today + timedelta(days=offer.valid_days))
