"""Takes what a step of a campaign found onto the campaign: `{"action", "run", …}` → `{"next", …}`.

| action | takes | gives |
|---|---|---|
| `audience` | `audience.json` | previewed, nothing, or allocate |
| `allocation` | `allocated.json`, `manifest.json` | deliver |
| `measuring` | that everything was sent | look, with the `look` to wait for |
| `look` | `result.json` of `look` | look with the next one, or finished, with the `verdict` |
| `failed` | `input`, `execution_name` and `error` of the execution | failed, with the `reason` in words |

Each also gives paused, cancelled or superseded where the campaign is not the execution's to go on with.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from commerce.campaigns.audience import AudienceFacts, Part
from commerce.campaigns.lifecycle import Campaign, Status
from commerce.campaigns.places import ALLOCATED, AUDIENCE, PLAN, RESULT, look_name
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.result import CampaignResult
from functions.campaign_check import logic
from functions.common import campaign_files, campaigns, telemetry
from functions.common.aws import client
from functions.common.campaign_run import CampaignRun, Look, Request
from functions.common.environment import setting

SENDING: frozenset[Status] = frozenset({"sending"})
MEASURING: frozenset[Status] = frozenset({"sending", "measuring"})
# A step that ended the campaign may be repeated.
ENDING: frozenset[Status] = frozenset({"sending", "finished"})
LOOKING: frozenset[Status] = frozenset({"measuring", "finished"})
_PARTS: TypeAdapter[list[Part]] = TypeAdapter(list[Part])

log = telemetry.logger("campaign_check")


class ForeignResultError(Exception):
    """The result that was found is of another run or look."""


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda function."""
    if event["action"] == "failed":
        return failed(event)
    run = CampaignRun.model_validate(event["run"])
    match event["action"]:
        case "audience":
            answer = previewed(run) if run.preview else audience(run)
        case "allocation":
            answer = allocation(run)
        case "measuring":
            answer = measuring(run)
        case "look":
            answer = look(run, Look.model_validate(event["look"]))
        case other:
            raise ValueError(f"there is no action {other!r}")
    log.info("checked", campaign_id=run.campaign_id, run=run.run, action=event["action"], next=answer["next"])
    return answer


def previewed(run: CampaignRun) -> dict[str, Any]:
    """What a preview found is shown on the campaign, and nothing else comes of it."""
    plan = campaign_files.parsed(CampaignPlan, run.places.key("plan", PLAN))
    facts = _facts(run, "audience", AUDIENCE)
    _change(run, lambda campaign: logic.previewed(campaign, plan, facts))
    return {"next": "previewed", "matching": facts.matching, "eligible": facts.eligible}


def audience(run: CampaignRun) -> dict[str, Any]:
    """Somebody to write to, or nobody."""
    facts = _facts(run, "audience", AUDIENCE)
    counts = {"matching": facts.matching, "eligible": facts.eligible}
    if facts.eligible:
        return {"next": _barred(run, SENDING) or "allocate", **counts}
    now = datetime.now(UTC)
    barred = _change_if(run, ENDING, lambda campaign: logic.nothing_to_send(campaign, facts, now))
    return {"next": barred or "nothing", **counts}


def allocation(run: CampaignRun) -> dict[str, Any]:
    """The audience is fixed once its parts are there: a resumed run looks for the audience to go on with them."""
    facts = _facts(run, "allocation", ALLOCATED)
    parts = _PARTS.validate_json(campaign_files.read(run.manifest_key))
    if barred := _barred(run, SENDING):
        return {"next": barred}
    campaigns.create_parts(client("dynamodb"), setting("CAMPAIGNS_TABLE"), run.campaign_id, run.run, parts)
    return {"next": _change_if(run, SENDING, lambda campaign: logic.allocated(campaign, facts)) or "deliver"}


def measuring(run: CampaignRun) -> dict[str, Any]:
    """Everything was sent: which look comes first, or next where the run is resumed."""
    if barred := _change_if(run, MEASURING, logic.measuring):
        return {"next": barred, "look": None}
    return {"next": "look", "look": logic.next_look(_read(run), run).model_dump()}


def look(run: CampaignRun, done: Look) -> dict[str, Any]:
    """One look was had. Raises `ForeignResultError`."""
    key = run.places.key(look_name(done.number), RESULT)
    result = campaign_files.parsed(CampaignResult, key)
    if (result.campaign_id, result.run, result.look) != (run.campaign_id, run.run, done.number):
        raise ForeignResultError(f"the result in {key} is of look {result.look} of {result.campaign_id} {result.run}")
    now = datetime.now(UTC)
    barred = _change_if(run, LOOKING, lambda old: logic.looked(old, done.number, len(run.looks), now))
    if barred:
        return {"next": barred, "look": None, "verdict": result.verdict}
    campaign = _read(run)
    onward = "look" if campaign.looks_done < len(run.looks) else "finished"
    return {"next": onward, "look": logic.next_look(campaign, run).model_dump(), "verdict": result.verdict}


def failed(event: dict[str, Any]) -> dict[str, Any]:
    """Why the execution fails, on its campaign if there is one."""
    reason = logic.in_words(event["error"])
    request = Request.model_validate(event["input"])
    campaigns.change(
        client("dynamodb"),
        setting("CAMPAIGNS_TABLE"),
        request.campaign_id,
        lambda campaign: logic.failed(
            campaign, preview=request.preview, run=request.run, execution=event["execution_name"], reason=reason
        ),
    )
    log.info("failed", campaign_id=request.campaign_id, run=request.places.run)
    return {"next": "failed", "reason": reason}


def _facts(run: CampaignRun, step: str, name: str) -> AudienceFacts:
    return campaign_files.parsed(AudienceFacts, run.places.key(step, name))


def _barred(run: CampaignRun, wanted: frozenset[Status]) -> logic.Next | None:
    return logic.may_go_on(_read(run), run, wanted)


def _read(run: CampaignRun) -> Campaign:
    campaign = campaigns.read(client("dynamodb"), setting("CAMPAIGNS_TABLE"), run.campaign_id)
    if campaign is None:
        raise campaigns.UnknownCampaignError(f"there is no campaign {run.campaign_id!r}")
    return campaign


def _change(run: CampaignRun, decide: Callable[[Campaign], Campaign]) -> Campaign:
    return campaigns.change(client("dynamodb"), setting("CAMPAIGNS_TABLE"), run.campaign_id, decide)


def _change_if(
    run: CampaignRun, wanted: frozenset[Status], decide: Callable[[Campaign], Campaign]
) -> logic.Next | None:
    """Change the campaign if the execution may go on with it; else why not."""
    barred: logic.Next | None = None

    def guarded(campaign: Campaign) -> Campaign:
        nonlocal barred
        barred = logic.may_go_on(campaign, run, wanted)
        return campaign if barred else decide(campaign)

    _change(run, guarded)
    return barred
