"""A campaign with its template and offer, calls of its routes, and what its jobs would have written."""

import json
from datetime import UTC, date, datetime

from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.campaign import CampaignDefinition
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.result import CampaignResult, Effect, SampleRatio
from commerce.campaigns.template import TemplateVersion
from functions.campaigns.handler import handler
from functions.common import campaigns, templates
from tests.functions.support import LAKE

TABLE = "test-campaigns"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OFFER = {"title": "10 % off", "kind": "percent", "value": "10", "cost": "2.5", "limit": 100}
BODY = {
    "id": "win-back",
    "author": "Robin",
    "name": "Win-back",
    "audience": "scores.churn.probability > 0.6 && orders.count >= 2",
    "arms": [{"name": "letter", "template_id": "win-back"}],
}
LETTER = '<p>Hello</p><a href="{{ links.unsubscribe }}">unsubscribe</a> {{ shop.postal_address }}'


def definition(**changes) -> CampaignDefinition:
    """Of the campaign above."""
    return CampaignDefinition.model_validate({k: v for k, v in BODY.items() if k not in ("id", "author")} | changes)


def save_template(account, id_="win-back", versions=1) -> None:
    """A template with so many versions."""
    for _ in range(versions):
        templates.save(account.dynamodb, TABLE, id_, lambda number: template(id_, number))


def template(id_: str, number: int) -> TemplateVersion:
    """One version of a template."""
    texts = {"name": "Win-back", "subject": "We miss you", "mjml": "<mjml></mjml>", "html": LETTER}
    return TemplateVersion(id=id_, version=number, author="Robin", comment="", created_at=NOW, **texts)


def save_offer(account, id_="ten-off", **changes) -> None:
    """An offer."""
    campaigns.put_offer(account.dynamodb, TABLE, id_, OfferDefinition.model_validate(OFFER | changes))


def save_campaign(account, id_="win-back", *, arms=None, **changes) -> Campaign:
    """A campaign in whatever state."""
    campaign = Campaign(id=id_, author="Robin", definition=definition(), created_at=NOW, changed_at=NOW)
    if arms is not None:
        changes["definition"] = definition(arms=arms)
    return campaigns.create(account.dynamodb, TABLE, campaign.model_copy(update=changes))


def stored(account, id_="win-back") -> Campaign:
    """The campaign as it is now."""
    campaign = campaigns.read(account.dynamodb, TABLE, id_)
    assert campaign is not None
    return campaign


def call(context, method: str, path: str, body: object = None, headers: dict[str, str] | None = None):
    """(status, body, headers) of one call of the campaigns function, its path as the client writes it."""
    parts = path.strip("/").split("/")
    resource, parameters = path, None
    if len(parts) > 2:
        name = "code" if parts[1] == "coupons" else "id"
        resource, parameters = "/" + "/".join([*parts[:2], f"{{{name}}}", *parts[3:]]), {name: parts[2]}
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    event = {"httpMethod": method, "resource": resource, "path": path, "pathParameters": parameters}
    event |= {"headers": headers or {}, "queryStringParameters": None, "body": text, "isBase64Encoded": False}
    reply = handler(event, context)
    return reply["statusCode"], json.loads(reply["body"]), reply["headers"]


def facts(eligible=4, **changes) -> AudienceFacts:
    """What the audience job found."""
    found = AudienceFacts(as_of=date(2026, 3, 1), known=10, matching=6, eligible=eligible, left_out={"no_consent": 2})
    return found.model_copy(update=changes)


def result(run="r0001", look=1, looks=4, **changes) -> CampaignResult:
    """What a look found."""
    counts = {"treated": 90, "held_out": 10, "treated_mean": 0.2, "holdout_mean": 0.1}
    effect = Effect(
        arm="all", metric="conversion", **counts, difference=0.1, low=0.01, high=0.19, p_value=0.03, total=9.0,
        unadjusted=0.1, variance_ratio=0.9, significant=True,
    )  # fmt: skip
    ratio = SampleRatio(expected={"letter": 0.9}, observed={"letter": 90}, p_value=0.5, ok=True)
    given = {
        "campaign_id": "win-back", "run": run, "name": "Win-back", "metric": "conversion", "as_of": date(2026, 3, 1),
        "window_starts": NOW, "window_ends": NOW, "look": look, "looks": looks, "measured_at": NOW,
        "final": look == looks, "verdict": "the letters made 9 more customers order", "effects": [effect],
        "sample_ratio": ratio,
    }  # fmt: skip
    return CampaignResult.model_validate(given | changes)


def put(account, key: str, content: str) -> None:
    """A file in the lake bucket."""
    account.s3.put_object(Bucket=LAKE, Key=key, Body=content.encode())
