"""Templates, campaigns and offers in DynamoDB, a preview's members in S3, scores, and the mail service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from commerce.campaigns.audience import Member
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.places import PREVIEW, RunPlaces
from commerce.campaigns.template import TemplateSummary, TemplateVersion
from commerce.families import discover
from commerce.release import arm
from functions.common import campaigns, releases, score_rows, templates
from functions.common.asking_storage import AwsStorage as ModelStorage
from functions.common.attempt import Failed
from functions.common.aws import client
from functions.common.dynamodb import batch_get
from functions.common.environment import setting
from functions.common.settings import parameters
from functions.letters.recommending import Items, Recommender

SAMPLE = "members/sample.jsonl"
"""Below the letters of a campaign's preview: up to ten members, a line each."""
MODEL_SECONDS = 8.0
"""How long somebody who looks at a letter waits for its recommendations."""


class NotSentError(Exception):
    """The mail service did not take the letter; its code, never its message: that may quote an address."""


@dataclass(frozen=True, slots=True)
class AwsStorage:
    """`Storage` on AWS. `failed` is told (what failed, why) of what recommendations go without."""

    failed: Failed

    def template(self, id_: str, version: int | None) -> TemplateVersion | None:
        """That version, or the newest."""
        return templates.read(client("dynamodb"), setting("CAMPAIGNS_TABLE"), id_, version)

    def save(self, id_: str, make: Callable[[int], TemplateVersion]) -> TemplateVersion:
        """Keep the next version."""
        return templates.save(client("dynamodb"), setting("CAMPAIGNS_TABLE"), id_, make)

    def templates(self) -> list[TemplateSummary]:
        """The newest version of each template."""
        return templates.all_(client("dynamodb"), setting("CAMPAIGNS_TABLE"))

    def versions(self, id_: str) -> list[TemplateSummary]:
        """Every version of one template."""
        return templates.versions(client("dynamodb"), setting("CAMPAIGNS_TABLE"), id_)

    def campaign(self, id_: str) -> Campaign | None:
        """A campaign."""
        return campaigns.read(client("dynamodb"), setting("CAMPAIGNS_TABLE"), id_)

    def offer(self, id_: str) -> OfferDefinition | None:
        """An offer."""
        return campaigns.read_offer(client("dynamodb"), setting("CAMPAIGNS_TABLE"), id_)

    def sample(self, campaign_id: str) -> list[Member]:
        """Members of the campaign's last preview; none where it had none or they have expired."""
        key = f"{RunPlaces(campaign_id, PREVIEW).letters}/{SAMPLE}"
        try:
            body = client("s3").get_object(Bucket=setting("LAKE_BUCKET"), Key=key)["Body"].read()
        except ClientError as error:
            # A role that may not list the bucket is told AccessDenied for an object that does not exist.
            if error.response["Error"]["Code"] in ("NoSuchKey", "404", "AccessDenied"):
                return []
            raise
        return [Member.model_validate_json(line) for line in body.splitlines() if line.strip()]

    def scores(self, customer_id: str) -> dict[str, dict[str, Any]]:
        """Answers by family of the versions that the customer sees; only those kept in the score table."""
        dynamodb = client("dynamodb")
        names = [family.name for family in discover().values() if family.scored]
        pointers = batch_get(dynamodb, setting("RELEASES_TABLE"), [releases.key(name) for name in names])
        live = [releases.from_item(item).release for item in pointers]
        seen = {release.family: arm(release, customer_id) for release in live}
        keys = {name: score_rows.key(name, customer_id, version) for name, version in seen.items() if version}
        rows = batch_get(dynamodb, setting("SCORES_TABLE"), list(keys.values()))
        families = {key["pk"]["S"]: name for name, key in keys.items()}
        return {families[row["pk"]["S"]]: score_rows.answer(row) for row in rows}

    def recommendations(self, customer_id: str) -> Items:
        """What the customer's letter would recommend."""
        models = ModelStorage(seconds=MODEL_SECONDS)
        recommend = Recommender(models, parameters, lambda: datetime.now(UTC), self.failed)
        found = recommend({customer_id: PREVIEW}).get(customer_id)
        return found.items if found else []

    def send(self, message: bytes) -> str:
        """Hand a test letter to the mail service and give its id. Raises `NotSentError`."""
        try:
            # Never tried again by the SDK: after a time-out that would send it twice.
            return client("sesv2", attempts=1).send_email(
                Content={"Raw": {"Data": message}},
                ConfigurationSetName=setting("CONFIGURATION_SET"),
                EmailTags=[{"Name": "test", "Value": "true"}],
            )["MessageId"]
        except ClientError as error:
            raise NotSentError(error.response["Error"]["Code"]) from None
