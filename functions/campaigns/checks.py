"""Whether a definition can be carried out: its condition is one, and its templates and offers are there."""

from __future__ import annotations

from datetime import date
from typing import Any

from commerce.campaigns import condition
from commerce.campaigns.campaign import Arm, CampaignDefinition
from commerce.conditions import ConditionError
from functions.common import campaigns, templates
from functions.common.http import ApiError


def check(dynamodb: Any, table: str, definition: CampaignDefinition, today: date) -> None:
    """Raises `ApiError` 400 with the first thing that is wrong. `today` is UTC's."""
    try:
        condition.parse(definition.audience)
    except ConditionError as error:
        raise ApiError(400, "invalid_condition", f"audience: {error}") from None
    if definition.as_of is not None and definition.as_of > today:
        raise ApiError(400, "in_the_future", f"as_of: {definition.as_of} is to come; leave it out for today")
    for arm in definition.arms:
        _check_template(dynamodb, table, arm)
        if arm.offer_id is not None and campaigns.read_offer(dynamodb, table, arm.offer_id) is None:
            raise ApiError(400, "unknown_offer", f"arm {arm.name}: there is no offer {arm.offer_id!r}")


def _check_template(dynamodb: Any, table: str, arm: Arm) -> None:
    newest = templates.newest(dynamodb, table, arm.template_id)
    if newest is None:
        raise ApiError(400, "unknown_template", f"arm {arm.name}: there is no template {arm.template_id!r}")
    if arm.template_version is not None and arm.template_version > newest.version:
        message = f"arm {arm.name}: template {arm.template_id!r} has no version {arm.template_version}"
        raise ApiError(400, "unknown_template", f"{message}; the newest is {newest.version}")
