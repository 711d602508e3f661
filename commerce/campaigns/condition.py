"""The condition of an audience: CEL about a customer's profile. Needs the library of `commerce.conditions`."""

from __future__ import annotations

from typing import Any

from commerce.campaigns.profile import sample
from commerce.conditions import Condition, Open


def vocabulary() -> dict[str, Any]:
    """What an audience may ask for: every field of the profile, every family's scores, and any trait."""
    found = sample()
    found["customer"]["traits"] = Open()
    return found


def parse(text: str) -> Condition:
    """The condition in `text`; `commerce.conditions.ConditionError` says what is wrong with it."""
    return Condition.parse(text, vocabulary())
