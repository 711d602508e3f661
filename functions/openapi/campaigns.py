"""The campaign routes."""

from __future__ import annotations

from commerce.campaigns.campaign import CampaignDefinition, NewCampaign
from commerce.campaigns.lifecycle import Campaign, CampaignList, ScheduleRequest
from commerce.campaigns.result import ResultAnswer
from functions.openapi.errors import NotAllowed
from functions.openapi.parts import Json, Section, answer, body, error, header, operation, path

TAG = "campaigns"
NAME: Json = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{1,39}$"}
_ID = path("id", "the campaign's id", NAME)
_REVISION = header("ETag", "the campaign's revision, for If-Match", {"type": "string"})
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "the revision that was read: nothing is changed where there is another one now",
    "schema": {"type": "string", "pattern": '^"?[0-9]{1,9}"?$'},
}
_INVALID = error("not valid: the body, the condition, or a template or an offer that there is not")
_UNKNOWN = error("no such campaign")
_NOT_ALLOWED = answer("the campaign's state does not allow it, or it is being changed by others", NotAllowed)


def section() -> Section:
    """Whom to write to, and what it did."""
    return Section(
        TAG,
        "whom to write to, with which letter, and what it did",
        {
            "/v1/campaigns": {"get": _list(), "post": _create()},
            "/v1/campaigns/{id}": {"get": _get(), "put": _change()},
            "/v1/campaigns/{id}/preview": {"post": _preview()},
            "/v1/campaigns/{id}/schedule": {"post": _schedule()},
            "/v1/campaigns/{id}/start": {"post": _start()},
            "/v1/campaigns/{id}/pause": {"post": _pause()},
            "/v1/campaigns/{id}/resume": {"post": _resume()},
            "/v1/campaigns/{id}/cancel": {"post": _cancel()},
            "/v1/campaigns/{id}/results": {"get": _results()},
        },
    )


def _list() -> Json:
    answers = {"200": answer("the newest first", CampaignList)}
    return operation(TAG, "listCampaigns", "Every campaign and how far it is.", answers=answers)


def _create() -> Json:
    place = header("Location", "the campaign's path", {"type": "string"})
    answers = {
        "200": _campaign("the same campaign is there already"),
        "201": answer("a draft", Campaign, _REVISION | place),
        "400": _INVALID,
        "409": error("another campaign has the id"),
    }
    return operation(TAG, "createCampaign", "Make a draft of a campaign.", body=body(NewCampaign), answers=answers)


def _get() -> Json:
    answers = {"200": _campaign("the campaign as it is now"), "404": _UNKNOWN}
    return operation(TAG, "getCampaign", "One campaign and how far it is.", parameters=[_ID], answers=answers)


def _change() -> Json:
    return operation(
        TAG,
        "changeCampaign",
        "Change a draft.",
        parameters=[_ID, _IF_MATCH],
        body=body(CampaignDefinition),
        answers={
            "200": _campaign("the campaign as it is now"),
            "400": _INVALID,
            "404": _UNKNOWN,
            "409": _NOT_ALLOWED,
            "412": error("it was changed since the revision that If-Match names"),
        },
    )


def _preview() -> Json:
    why = "Takes some minutes. `preview` of the campaign is null until it is made; `reason` says why it failed."
    return _action("preview", "Count whom it would be sent to, and what it could show.", 202, "being counted", why)


def _schedule() -> Json:
    made = _action("schedule", "Start it at a time.", 200, "scheduled, instead of any other time", "")
    made["responses"]["400"] = error("not a time, or one that is over")
    return made | {"requestBody": body(ScheduleRequest)}


def _start() -> Json:
    return _action("start", "Start it now.", 202, "being sent", "Starting it again while it is being sent is safe.")


def _pause() -> Json:
    return _action("pause", "Stop sending for now.", 200, "paused", "Letters under way are still sent.")


def _resume() -> Json:
    return _action("resume", "Go on with a campaign that was paused or failed.", 202, "being sent", "")


def _cancel() -> Json:
    return _action("cancel", "End it for good.", 200, "cancelled", "Letters that were sent stay sent.")


def _results() -> Json:
    answers = {"200": answer("the newest look", ResultAnswer), "404": error("no such campaign, or no look yet")}
    return operation(TAG, "getResults", "What the campaign did.", parameters=[_ID], answers=answers)


def _action(action: str, summary: str, status: int, done: str, description: str) -> Json:
    answers = {str(status): _campaign(done), "404": _UNKNOWN, "409": _NOT_ALLOWED}
    name = f"{action}Campaign"
    return operation(TAG, name, summary, parameters=[_ID], answers=answers, description=description)


def _campaign(description: str) -> Json:
    return answer(description, Campaign, _REVISION)
