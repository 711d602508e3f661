"""Why a product is shown, in words that a shopper understands."""

from __future__ import annotations

from commerce.families.recommendations.answer import Origin
from commerce.families.recommendations.profile import Owned
from training.recommendations.found import NOTHING
from training.recommendations.shop import Shop

_PLAIN: dict[Origin, str] = {
    "bought": "you bought it before",
    "affinity": "customers who buy what you buy like it",
    "session": "goes with what you are looking at",
    "together": "often bought together",
    "viewed": "often looked at together",
    "content": "similar",
    "due": "you may need it again",
    "trending": "sells more than usual right now",
    "popular": "many customers buy it",
    "given": "in the order given",
}
_BECAUSE: dict[Origin, str] = {
    "affinity": "because you bought {name}",
    "session": "because you looked at {name}",
    "together": "bought together with {name}",
    "viewed": "looked at together with {name}",
    "content": "similar to {name}",
}
_SHARED = ("subcategory", "category", "brand", "department")


def reason(shop: Shop, origin: Origin, item: int, because: int, count: int, owned: Owned | None = None) -> str:
    """One sentence without a full stop. `count` baskets or visits hold both products."""
    if owned is not None and origin in ("bought", "due"):
        return _habit(owned)
    if because == NOTHING or origin not in _BECAUSE:
        return _PLAIN[origin]
    text = _BECAUSE[origin].format(name=shop.catalogue.called(because))
    if origin in ("together", "viewed") and count:
        return f"{text} {count:,} times"
    if origin == "content" and (shared := _shared(shop, item, because)):
        return f"{text}: {shared}"
    return text


def _habit(owned: Owned) -> str:
    last = "today" if owned.age_days < 1 else f"{owned.age_days} day{'s' if owned.age_days > 1 else ''} ago"
    if owned.gap_days is None:
        return f"you bought it, last {last}"
    gap = max(round(owned.gap_days), 1)
    return f"you buy it about every {gap} day{'s' if gap > 1 else ''}, last {last}"


def _shared(shop: Shop, item: int, other: int) -> str | None:
    """The narrowest thing that both products have in common."""
    for name in _SHARED:
        level = shop.catalogue.levels[name]
        if level.codes[item] >= 0 and level.codes[item] == level.codes[other]:
            return f"same {name}, {level.of(item)}"
    return None
