"""What a campaign did: its newest look."""

from __future__ import annotations

from commerce.campaigns.places import PAGE, RESULT, RunPlaces, look_name, run_name
from commerce.campaigns.result import CampaignResult, ResultAnswer
from functions.campaigns.requests import Request, id_
from functions.common import campaign_files, campaigns
from functions.common.aws import client
from functions.common.environment import setting
from functions.common.http import Answer, ApiError, answer

URL_SECONDS = 3600


def newest(request: Request) -> Answer:
    """`GET /v1/campaigns/{id}/results`."""
    name = id_(request.name, "campaign")
    campaign = campaigns.read(client("dynamodb"), setting("CAMPAIGNS_TABLE"), name)
    if campaign is None:
        raise ApiError(404, "unknown_campaign", f"there is no campaign {name!r}")
    if not campaign.looks_done:
        message = f"the campaign is {campaign.status}; its effect was not measured yet"
        raise ApiError(404, "no_result_yet", message)
    places, look = RunPlaces(name, run_name(campaign.run)), look_name(campaign.looks_done)
    result = campaign_files.parsed(CampaignResult, places.key(look, RESULT))
    page = {"Bucket": setting("LAKE_BUCKET"), "Key": places.key(look, PAGE)}
    url = client("s3", signature="s3v4").generate_presigned_url("get_object", Params=page, ExpiresIn=URL_SECONDS)
    return answer(200, ResultAnswer(result=result, page_url=url))
