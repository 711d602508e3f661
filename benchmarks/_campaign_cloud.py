"""What the campaign benchmark runs on: tables, a bucket, a secret, SES with its events on a queue; all local."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks._campaign_shop import BUCKET, CAMPAIGN, RUN, TEMPLATES, Shop, template
from commerce.campaigns.audience import Part
from commerce.campaigns.ledger import FREQUENCY, customer_pk
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.places import PLAN, RunPlaces
from commerce.campaigns.plan import CampaignPlan
from functions.common import campaigns, ledger, templates
from functions.common.dynamodb import batch_put
from local.cloud import Cloud

CAMPAIGNS, LETTERS, CONFIGURATION, STREAM = "benchmark-campaigns", "benchmark-letters", "benchmark", "benchmark-events"
DOUBT_SECONDS = 30
_SHOP = {
    "name": "Example Shop",
    "url": "https://shop.example",
    "address": "letters@shop.example",
    "postal_address": "1 Market Street, 12345 Exampleton",
}


@dataclass(frozen=True)
class Place:
    """A local cloud with everything in it, and the environment in which functions find it.

    The tables have an emulator of their own, since one process would use one core.
    """

    cloud: Cloud
    tables: Cloud
    queue: str
    environment: dict[str, str]

    def client(self, service: str) -> Any:
        """A client of the account."""
        return (self.tables if service == "dynamodb" else self.cloud).client(service)


@contextmanager
def place(root: Path) -> Iterator[Place]:
    """The cloud while it runs."""
    with (
        Cloud.start(deploy=False, root=root / "cloud", port=_free_port()) as cloud,
        Cloud.start(deploy=False, root=root / "tables", port=_free_port()) as tables,
    ):
        for name in (CAMPAIGNS, LETTERS):
            tables.client("dynamodb").create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
                BillingMode="PAY_PER_REQUEST",
            )
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        secret = cloud.client("secretsmanager").create_secret(
            Name="benchmark-tokens", SecretString=json.dumps({"current": "the benchmark's secret"})
        )["ARN"]
        _stream(cloud)
        environment = _environment(cloud.endpoint, secret) | {"AWS_ENDPOINT_URL_DYNAMODB": tables.endpoint}
        yield Place(cloud, tables, _mail(cloud), environment)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stream(cloud: Cloud) -> None:
    role = cloud.client("iam").create_role(RoleName="benchmark-firehose", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    cloud.client("iam").put_role_policy(
        RoleName="benchmark-firehose", PolicyName="write", PolicyDocument=json.dumps(policy)
    )
    cloud.client("firehose").create_delivery_stream(
        DeliveryStreamName=STREAM,
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{BUCKET}",
            "Prefix": "raw/events/",
        },
    )


def _mail(cloud: Cloud) -> str:
    """SES that publishes its events to a queue; the queue's address."""
    topic = cloud.client("sns").create_topic(Name="benchmark-mail")["TopicArn"]
    queue = cloud.client("sqs").create_queue(QueueName="benchmark-mail", Attributes={"VisibilityTimeout": "120"})
    arn = f"arn:aws:sqs:{cloud.region}:{cloud.account}:benchmark-mail"
    cloud.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    ses = cloud.client("sesv2")
    ses.create_email_identity(EmailIdentity="shop.example")
    ses.create_configuration_set(ConfigurationSetName=CONFIGURATION)
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=CONFIGURATION,
        EventDestinationName="events",
        EventDestination={
            "Enabled": True,
            # Deliveries say nothing more about who got a letter, and would double the queue.
            "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT", "OPEN", "CLICK", "REJECT"],
            "SnsDestination": {"TopicArn": topic},
        },
    )
    return queue["QueueUrl"]


def _environment(endpoint: str, secret: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": Cloud.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "Shopkeeper",
        "CAMPAIGNS_TABLE": CAMPAIGNS,
        "LETTERS_TABLE": LETTERS,
        "LAKE_BUCKET": BUCKET,
        "SHOP": json.dumps(_SHOP),
        "SENDING": json.dumps({"quiet_from": None, "cap_letters": 3, "doubt_seconds": DOUBT_SECONDS}),
        "CONFIGURATION_SET": CONFIGURATION,
        "TOKEN_SECRET": secret,
        "API_URL": "https://api.shop.example/live",
        "EVENTS_STREAM": STREAM,
    }


def stage(there: Place, made: CampaignPlan, allocation: Path, parts: Path) -> list[Part]:
    """Put the campaign where the plan and allocate steps of the workflow leave it; gives the manifest."""
    dynamodb, s3 = there.client("dynamodb"), there.client("s3")
    places = RunPlaces(CAMPAIGN, RUN)
    s3.put_object(Bucket=BUCKET, Key=places.key("plan", PLAN), Body=made.model_dump_json().encode())
    manifest = [Part.model_validate(part) for part in json.loads((allocation / "manifest.json").read_text())]
    for part in manifest:
        s3.put_object(Bucket=BUCKET, Key=part.key, Body=(parts / Path(part.key).name).read_bytes())
    for id_, subject in TEMPLATES.items():
        version = template(id_, subject)
        templates.save(dynamodb, CAMPAIGNS, id_, lambda _number, version=version: version)
    now = datetime.now(UTC)
    campaign = Campaign(
        id=CAMPAIGN,
        author="benchmark",
        definition=made.definition,
        status="sending",
        run=1,
        created_at=now,
        changed_at=now,
    )
    campaigns.create(dynamodb, CAMPAIGNS, campaign)
    campaigns.create_parts(dynamodb, CAMPAIGNS, CAMPAIGN, RUN, manifest)
    return manifest


def bar(there: Place, shop: Shop) -> None:
    """What happened after the audience was chosen: unsubscribed, complained, bounced, and written to by others."""
    dynamodb, now = there.client("dynamodb"), datetime.now(UTC)
    for id_ in shop.customers["unsubscribed"]:
        ledger.unsubscribe(dynamodb, LETTERS, id_, now)
    for id_ in shop.customers["complained"]:
        ledger.complain(dynamodb, LETTERS, id_, now)
    for id_ in shop.customers["suppressed"]:
        ledger.suppress(dynamodb, LETTERS, f"{id_}@example.com", "bounced", now)
    letters = {f"other-{i}": {"S": ledger.text(now - timedelta(days=i))} for i in range(1, 4)}
    capped = [
        ledger.key(customer_pk(id_), FREQUENCY) | {"revision": {"N": "3"}, "letters": {"M": letters}}
        for id_ in shop.customers["capped"]
    ]
    batch_put(dynamodb, LETTERS, capped)
