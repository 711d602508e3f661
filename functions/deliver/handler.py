"""Sends one part of a campaign: `{"campaign_id", "run", "part"}` → `{"state"}`.

`done`: nothing is left to do. `more`: time was up, go on at once. `waiting`: the rest can be sent later, see the part's
row. `stopped`: the campaign was paused or cancelled. Sending again at any time is safe.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, field_validator

from commerce.campaigns.audience import Part
from commerce.campaigns.campaign import Arm
from commerce.campaigns.places import run_name
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.shop import Sender, Sending
from commerce.campaigns.template import TemplateVersion
from functions.common import campaigns, secrets, telemetry, templates
from functions.common.asking_storage import AwsStorage as ModelStorage
from functions.common.aws import client
from functions.common.campaigns import PartProgress
from functions.common.environment import setting
from functions.common.settings import parameters
from functions.deliver.exposed import Exposures
from functions.deliver.logic import deliver
from functions.deliver.mail import Mailer
from functions.deliver.ports import Clock, Job, Report
from functions.deliver.rate import Bucket, allowed
from functions.deliver.storage import AwsStorage, read_members, read_plan
from functions.deliver.writing import Writer, probe
from functions.letters.recommending import Recommender

ACCOUNT_RATE_SECONDS = 60.0
"""How long the account's quota is remembered."""
MODEL_SECONDS = 20.0
"""How long the letters of a group may wait for recommendations: an endpoint that slept takes some of them to wake."""

log = telemetry.logger("deliver")
metrics = telemetry.metrics("deliver")
_rate: dict[str, tuple[float, float | None]] = {}


class Delivery(BaseModel):
    """What the workflow asks for."""

    campaign_id: str
    run: str
    part: Part

    @field_validator("run", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return run_name(value) if isinstance(value, int) else value


@log.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda function."""
    metrics.add_metric("ExposureFailures", MetricUnit.Count, 0)
    asked = Delivery.model_validate(event)
    job, write = prepare(asked)
    storage, mailer = AwsStorage(asked.campaign_id), Mailer()

    def noted(report: Report) -> None:
        table = setting("CAMPAIGNS_TABLE")
        campaigns.put_part(client("dynamodb"), table, asked.campaign_id, asked.run, progress(asked.part, report))

    clock = Clock(_now, time.sleep, lambda: context.get_remaining_time_in_millis() / 1000)
    report = deliver(job, storage, mailer, write, clock, Exposures(_lost), noted)
    if report.probe and storage.may_probe(_now(), _now() - timedelta(seconds=job.sending.doubt_seconds)):
        mailer.send(probe(job.sender, _now()), {"probe": "1"})
    noted(report)
    log.info(
        report.state,
        campaign_id=asked.campaign_id,
        run=asked.run,
        part=asked.part.number,
        reason=report.reason,
        **{name: getattr(report, name) for name in ("sent", "failed", "deferred", "in_doubt", "skipped")},
    )
    return {"state": "waiting" if report.state == "failed" else report.state}


def prepare(asked: Delivery) -> tuple[Job, Writer]:
    """Everything a pass needs to know, and what writes its letters."""
    plan = _plan(asked.campaign_id, asked.run)
    sender = Sender.model_validate_json(setting("SHOP"))
    sending = Sending.model_validate_json(setting("SENDING"))
    secret = secrets.token_secrets().current
    per_second = allowed(sending.per_second, account_rate())
    job = Job(
        plan=plan,
        members=read_members(asked.part.key),
        sender=sender,
        sending=sending,
        secret=secret,
        bucket=None if per_second is None else Bucket(per_second),
    )
    write = Writer(
        plan=plan,
        sender=sender,
        secret=secret,
        token_days=sending.token_days,
        unsubscribe_url=f"{setting('API_URL').rstrip('/')}/v1/unsubscribe",
        template=_template,
        recommend=Recommender(_models(), parameters, _now, _without),
        now=_now,
    )
    return job, write


def progress(part: Part, report: Report) -> PartProgress:
    """The part's row. `more` and `stopped` are not being sent now, and can go on at once."""
    states = {"done": "done", "failed": "failed", "more": "running"}
    return PartProgress.model_validate(
        {
            "number": part.number,
            "rows": part.rows,
            "state": states.get(report.state, "waiting"),
            "sent": report.sent,
            "failed": report.failed,
            "deferred": report.deferred,
            "in_doubt": report.in_doubt,
            "skipped": report.skipped,
            "resume_at": report.resume_at,
        }
    )


def account_rate() -> float | None:
    """Letters a second that the account may send, as the mail service says."""
    known = _rate.get("account")
    if known is None or time.monotonic() >= known[0]:
        known = _rate["account"] = (time.monotonic() + ACCOUNT_RATE_SECONDS, Mailer().account_rate())
    return known[1]


def forget() -> None:
    """Read everything anew that is otherwise read once."""
    _rate.clear()
    _models.cache_clear()
    _plan.cache_clear()
    _version.cache_clear()


@cache
def _models() -> ModelStorage:
    return ModelStorage(seconds=MODEL_SECONDS)


@cache
def _plan(campaign_id: str, run: str) -> CampaignPlan:
    return read_plan(campaign_id, run)


@cache
def _version(table: str, id_: str, number: int | None) -> TemplateVersion:
    version = templates.read(client("dynamodb"), table, id_, number)
    if version is None:
        raise LookupError(f"there is no version {number} of template {id_!r}")
    return version


def _without(what: str, error: Exception) -> None:
    log.warning("letters go without recommendations", what=what, error=type(error).__name__)


def _lost(exposures: int, error: Exception) -> None:
    metrics.add_metric("ExposureFailures", MetricUnit.Count, exposures)
    log.warning("exposures of letters are lost", exposures=exposures, error=type(error).__name__)


def _now() -> datetime:
    return datetime.now(UTC)


def _template(arm: Arm) -> TemplateVersion:
    return _version(setting("CAMPAIGNS_TABLE"), arm.template_id, arm.template_version)
