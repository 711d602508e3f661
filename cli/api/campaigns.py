"""The campaign routes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cli.api import http
from cli.environment import Environment
from commerce.campaigns.campaign import CampaignDefinition, NewCampaign
from commerce.campaigns.lifecycle import Campaign, CampaignList, ScheduleRequest
from commerce.campaigns.result import ResultAnswer

_ROUTE = "/v1/campaigns"


def listed(environment: Environment) -> list[Campaign]:
    """All of them."""
    return CampaignList.model_validate(http.get(environment, _ROUTE)).campaigns


def shown(environment: Environment, id_: str) -> Campaign:
    """One, with what became of it."""
    return Campaign.model_validate(http.get(environment, _path(id_)))


def create(environment: Environment, new: NewCampaign) -> Campaign:
    """Make a draft; the same again finds the one that is there."""
    return Campaign.model_validate(http.post(environment, _ROUTE, new))


def change(environment: Environment, id_: str, definition: CampaignDefinition, revision: int) -> Campaign:
    """Replace a draft's definition; refused where it was changed since `revision`."""
    answer = http.call(environment, "PUT", _path(id_), definition, {"if-match": f'"{revision}"'})
    return Campaign.model_validate(answer)


def schedule(environment: Environment, id_: str, at: datetime) -> Campaign:
    """To be started at `at`, which has a time zone."""
    return Campaign.model_validate(http.post(environment, f"{_path(id_)}/schedule", ScheduleRequest(at=at)))


def act(
    environment: Environment, id_: str, action: Literal["preview", "start", "pause", "resume", "cancel"]
) -> Campaign:
    """The actions that need no more words."""
    return Campaign.model_validate(http.post(environment, f"{_path(id_)}/{action}"))


def results(environment: Environment, id_: str) -> ResultAnswer:
    """The newest look at the effect."""
    return ResultAnswer.model_validate(http.get(environment, f"{_path(id_)}/results"))


def _path(id_: str) -> str:
    return f"{_ROUTE}/{http.segment(id_)}"
