"""What a letter knows: the nested values behind the names of `commerce/campaigns/variables.py`, cleaned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.shop import Sender
from commerce.campaigns.variables import RECOMMENDATIONS, told

MAX_TEXT = 300
MAX_NAME = 60
MAX_LIST = 10
MAX_PRODUCTS = 6
# Control characters, line and paragraph separators, lone surrogates, and marks that turn the direction of what follows.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)
_LINK = re.compile(r"://|\bwww\.|@|\.\w{2,}/", re.IGNORECASE)
_SAFE_URL = re.compile(r"https://[^\s\"'<>\\`{}|^]+")


class Product(dict[str, str]):
    """A recommended product's words, the item of the answer that they come from, and whether a letter took any."""

    def __init__(self, item: Mapping[str, Any], words: Mapping[str, str]) -> None:
        super().__init__(words)
        self.item = item
        self.taken = False

    def __getitem__(self, name: str) -> str:
        self.taken = True
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As of any `dict`."""
        self.taken = True
        return super().get(name, default)


def one_line(value: str, most: int = MAX_TEXT) -> str:
    """In one line without control characters, at most `most` characters."""
    return " ".join(_UNSEEN.sub(" ", value).split())[:most].rstrip()


def letter_values(
    *,
    sender: Sender,
    campaign_name: str,
    unsubscribe: str,
    traits: Mapping[str, Any] | None = None,
    country: str | None = None,
    scores: Mapping[str, Mapping[str, Any]] | None = None,
    offer: OfferDefinition | None = None,
    code: str | None = None,
    expires_on: date | None = None,
    recommendations: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Values of every variable that is known, nested as they are named; what is not known is not there.

    `scores` are answers by family, as the score routes give them. `code` and `expires_on` are those of the customer's
    own coupon of `offer`. `recommendations` are items of an answer; one without a name is not shown.
    """
    known: dict[str, Any] = {
        "customer": _customer(traits or {}, country),
        "shop": {
            "name": one_line(sender.name),
            "url": sender.url,
            "postal_address": one_line(sender.postal_address),
        },
        "links": {"unsubscribe": unsubscribe},
        "campaign": {"name": one_line(campaign_name)},
        "scores": {family: _score(answer) for family, answer in (scores or {}).items() if family in _told()},
        RECOMMENDATIONS: [p for item in recommendations if (p := _product(item)) is not None][:MAX_PRODUCTS],
    }
    if offer is not None:
        known["offer"] = _offer(offer, sender, code, expires_on)
    return known


def _customer(traits: Mapping[str, Any], country: str | None) -> dict[str, str]:
    found = {name: _name(traits.get(name)) for name in ("first_name", "last_name")}
    found["country"] = one_line(country) if country else None
    return {name: value for name, value in found.items() if value}


def _name(value: object) -> str | None:
    """A name as it can stand in a letter; None for what is none, such as an address that somebody signed up as."""
    name = one_line(value, MAX_NAME + 1) if isinstance(value, str) else ""
    return name if name and len(name) <= MAX_NAME and not _LINK.search(name) else None


@cache
def _told() -> frozenset[str]:
    return frozenset(family.name for family in told())


def _score(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers of an answer, and its reasons in words."""
    found: dict[str, Any] = {
        name: value for name, value in answer.items() if isinstance(value, int | float) and not isinstance(value, bool)
    }
    reasons = [one_line(str(reason.get("text") or "")) for reason in answer.get("reasons") or () if reason]
    if said := [reason for reason in reasons if reason][:MAX_LIST]:
        found["reasons"] = said
    return found


def _product(item: Mapping[str, Any]) -> Product | None:
    """Of an item its words; none of one that has no name, as a letter has nothing else to call it by."""
    name = one_line(str(item.get("name") or ""))
    words = {part: one_line(str(item.get(part) or "")) for part in ("reason", "product_id")}
    return Product(item, {"name": name} | words) if name else None


def _offer(offer: OfferDefinition, sender: Sender, code: str | None, expires_on: date | None) -> dict[str, Any]:
    value = int(offer.value) if offer.value == offer.value.to_integral_value() else float(offer.value)
    linkable = offer.url and _SAFE_URL.fullmatch(offer.url) and one_line(offer.url, len(offer.url)) == offer.url
    found = {
        "title": one_line(offer.title),
        "code": one_line(code) if code else None,
        "kind": offer.kind,
        "value": value,
        "expires_on": expires_on.isoformat() if expires_on else None,
        "url": offer.url if linkable else sender.url,
    }
    return {name: known for name, known in found.items() if known is not None}
