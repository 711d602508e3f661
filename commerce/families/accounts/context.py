"""What rules about events may ask of the customer's account: `account.<field>`, a number each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from commerce.assessments.context import Context
from commerce.families.accounts.answer import FlagName

FLAGS: tuple[str, ...] = get_args(FlagName)


def read(answer: Mapping[str, Any]) -> dict[str, float]:
    """Accounts in the group, 1 of each flag that is raised and 0 of the others, and the probability, where one is."""
    group, probability = answer.get("group"), answer.get("probability")
    raised = {flag["name"] for flag in answer.get("flags") or ()}
    found = {"accounts": float(group["accounts"]) if group else 1.0} | {name: float(name in raised) for name in FLAGS}
    return found if probability is None else found | {"probability": float(probability)}


ACCOUNT = Context("account", "accounts", ("accounts", *FLAGS, "probability"), read)
