"""Why a plan changes demand as it does, and what is not known of it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from commerce.families.demand.plan import WhatIf
from commerce.families.demand.responses import PRICE_RATIOS, Drivers
from commerce.scores import Reason

_CALLED = {
    "display": "a display",
    "mailer": "a place in the mailer",
    "discount": "a discount",
    "price": "another price",
}
_DECIMALS = 3


def known(part: str, drivers: Drivers) -> bool:
    """Whether anything is known of what the part does to demand."""
    if part == "price":
        return drivers.elasticity is not None and drivers.price is not None
    return drivers.knows(part) or (part == "discount" and drivers.elasticity is not None)


def said(question: WhatIf, drivers: Drivers, added: Mapping[str, float], end: date) -> list[Reason]:
    """What each part adds, in units over all locations and periods; what is unknown or beyond what was seen.

    `end` is the forecast's last day.
    """
    found = [
        Reason(text=f"{_CALLED[part]}: {_units(units)}{_how(part, drivers)}", contribution=round(units, _DECIMALS))
        for part, units in added.items()
    ]
    texts = [_unknown(part) for part in question.parts if part not in added]
    texts += [text for part in added for text in _beyond(part, question, drivers)]
    if any(entry.ends_on > end for entry in question.plan):
        texts.append(f"days of the plan after {end} are beyond the forecast and left out")
    return found + [Reason(text=text, contribution=0.0) for text in texts]


def _how(part: str, drivers: Drivers) -> str:
    """Where an effect comes from the price."""
    if part == "price" or (part == "discount" and not drivers.knows(part)):
        return f", as 1 % more on the price changes demand by {drivers.elasticity:.1f} %"
    return ""


def _unknown(part: str) -> str:
    lacking = "price never moved enough" if part == "price" else f"history holds too little of {_CALLED[part]}"
    return f"the effect of {_CALLED[part]} is unknown and left out: the {lacking} for a model to tell"


def _beyond(part: str, question: WhatIf, drivers: Drivers) -> list[str]:
    """Where a plan asks for more than the history has."""
    asked = [value for entry in question.plan for name, value in entry.parts.items() if name == part]
    if part == "price" or not drivers.knows(part):
        low, high = PRICE_RATIOS
        ratios = [value / (drivers.price or 1.0) if part == "price" else 1 - value for value in asked]
        if any(not low <= ratio <= high for ratio in ratios):
            return [f"prices below {low:.0%} or above {high:.0%} of the usual one count as if they were at that bound"]
        return []
    most = getattr(drivers, part)[-1]
    if max(asked) > most:
        return [f"{_CALLED[part]} of {max(asked):.0%} counts as {most:.0%}, the most that the history has"]
    return []


def _units(units: float) -> str:
    return f"{abs(units):.1f} units {'more' if units >= 0 else 'fewer'}"
