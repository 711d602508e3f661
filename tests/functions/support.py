"""What the tests of functions share: the names of an environment, recorded events, and a look into the account."""

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import boto3

REGION = "us-east-1"
LAKE, MODELS = "test-lake", "test-models"
WRITE_KEY = "wk-of-the-test-shop"
SERVER_KEY = "wk-of-the-test-shops-server"
WRITE_KEYS = {
    WRITE_KEY: {"source": {"S": "web"}},
    SERVER_KEY: {"source": {"S": "back office"}, "server": {"BOOL": True}},
}
"""What the table says of each."""
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Shopkeeper",
    "SHOPKEEPER_ENV": "test",
    "KEYS_TABLE": "test-keys",
    "COUNTERS_TABLE": "test-counters",
    "SCORES_TABLE": "test-scores",
    "RELEASES_TABLE": "test-releases",
    "EVENTS_STREAM": "test-events",
    "REJECTED_STREAM": "test-rejected",
    "LAKE_BUCKET": LAKE,
    "MODELS_BUCKET": MODELS,
    "MODEL_IMAGE": "000000000000.dkr.ecr.us-east-1.amazonaws.com/shopkeeper:1",
    "FAMILY_SETTINGS": '{"churn": {}}',
    "ENDPOINT_PREFIX": "test",
    "MODEL_PACKAGE_GROUP_PREFIX": "test",
    "ENGINE": "duckdb",
    "CAMPAIGNS_TABLE": "test-campaigns",
    "LETTERS_TABLE": "test-letters",
    "CAMPAIGN_WORKFLOW": "arn:aws:states:us-east-1:123456789012:stateMachine:test-campaign",
    "PRIVACY_WORKFLOW": "arn:aws:states:us-east-1:123456789012:stateMachine:test-privacy",
    "SCHEDULE_GROUP": "test-campaigns",
    "SCHEDULE_ROLE": "arn:aws:iam::123456789012:role/test-schedules",
    "SCHEDULE_DEAD_LETTERS": "arn:aws:sqs:us-east-1:123456789012:test-schedules-dead",
    "CONFIGURATION_SET": "test-letters",
    "TOKEN_SECRET": "test-tokens",
    "API_URL": "https://api.shop.example/live/",
    "SHOP": json.dumps(
        {
            "name": "Test & Sons",
            "url": "https://shop.example",
            "address": "letters@shop.example",
            "reply_to": "help@shop.example",
            "postal_address": "1 Market Street, 12345 Exampleton",
            "currency": "EUR",
            "time_zone": "Europe/Berlin",
        }
    ),
    "SENDING": '{"quiet_from": null}',
}
SECRET = "the secret of the test shop's links"
EVENTS = Path(__file__).parent / "events"


def proxy_event(name: str, **changes: object) -> dict:
    """A recorded API Gateway event, with some fields changed."""
    return json.loads((EVENTS / f"{name}.json").read_text("utf-8")) | changes


def basic(key: str) -> str:
    """The header in which Segment's SDKs send a write key."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


@dataclass
class Account:
    """Clients of the account, and what is in it."""

    s3: object
    dynamodb: object
    firehose: object
    sagemaker: object
    cloudwatch: object
    sesv2: object
    sns: object
    sqs: object
    secretsmanager: object

    def lines(self, stream: str) -> list[dict]:
        """Every JSON line that the stream delivered."""
        found: list[dict] = []
        for entry in self.s3.list_objects_v2(Bucket=LAKE, Prefix=f"{stream}/").get("Contents", []):
            body = self.s3.get_object(Bucket=LAKE, Key=entry["Key"])["Body"].read()
            found += [json.loads(line) for line in body.splitlines()]
        return found

    def items(self, table: str) -> list[dict]:
        """Every item of a table."""
        return self.dynamodb.scan(TableName=f"test-{table}", ConsistentRead=True)["Items"]


@cache
def session_client(service: str):
    """A client made once for all tests: making one takes longer than most tests."""
    return boto3.client(service, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


def create_table(dynamodb, name: str, *, sort: bool) -> None:
    keys = ["pk", "sk"] if sort else ["pk"]
    dynamodb.create_table(
        TableName=f"test-{name}",
        KeySchema=[{"AttributeName": k, "KeyType": t} for k, t in zip(keys, ("HASH", "RANGE"), strict=False)],
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
        BillingMode="PAY_PER_REQUEST",
    )
