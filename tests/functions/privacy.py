"""Items of a customer in every table, and a search for them."""

import json
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from commerce.campaigns.audience import AudienceFacts
from commerce.campaigns.campaign import Arm, CampaignDefinition
from commerce.campaigns.lifecycle import Campaign
from functions.common import ledger, score_rows
from functions.common.ledger import LetterRow
from tests.functions.support import create_table

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TABLES = ("campaigns", "letters", "counters", "scores")
ENVIRONMENT = {
    "CAMPAIGNS_TABLE": "test-campaigns",
    "LETTERS_TABLE": "test-letters",
    "PRIVACY_WORKFLOW": "arn:aws:states:us-east-1:123456789012:stateMachine:privacy",
    "SENDING": '{"measure_delay_seconds": 0}',
}


def make_tables(account) -> None:
    """The tables that privacy is about, where the account does not have them yet."""
    for name in ("campaigns", "letters"):
        try:
            create_table(account.dynamodb, name, sort=True)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceInUseException"


def put(account, table: str, pk: str, sk: str, **values: str) -> None:
    item = {"pk": {"S": pk}, "sk": {"S": sk}} | {name: {"S": value} for name, value in values.items()}
    account.dynamodb.put_item(TableName=f"test-{table}", Item=item)


def fill(account, customer: str, other: str) -> None:
    """Everything the tables can hold of two customers, and a campaign that shows both."""
    for who in (customer, other):
        letter = LetterRow(
            customer_id=who, campaign_id="win-back", letter_id=f"letter-{len(who)}", run=1, arm="a",
            template_id="hello", state="sent", attempt=1, claimed_at=NOW, coupon=f"CODE{len(who)}", offer_id="ten",
        )  # fmt: skip
        account.dynamodb.put_item(TableName="test-letters", Item=ledger.letter_item(letter))
        put(account, "letters", f"letter#{letter.letter_id}", "letter", customer_id=who, campaign_id="win-back")
        put(account, "letters", f"coupon#{letter.coupon}", "coupon", customer_id=who)
        put(account, "letters", f"customer#{who}", "frequency", revision="1")
        put(account, "counters", f"customer#{who}", "orders", orders="3")
        for version in ("1", "2"):
            answer = {"family": "churn", "probability": 0.5}
            item = score_rows.row("churn", who, version, answer, 2_000_000_000)
            account.dynamodb.put_item(TableName="test-scores", Item=item)
    put(account, "letters", "budget#campaign#win-back", "budget", spent="7")
    facts = AudienceFacts(as_of=NOW.date(), known=2, matching=2, eligible=2, sample=[customer, other])
    campaign = Campaign(
        id="win-back", author="me", created_at=NOW, changed_at=NOW, preview=facts, audience=facts, revision=4,
        definition=CampaignDefinition(name="Win-back", audience="true", arms=[Arm(name="a", template_id="hello")]),
    )  # fmt: skip
    item = {"pk": {"S": "campaign"}, "sk": {"S": "win-back"}, "document": {"S": campaign.model_dump_json()}}
    account.dynamodb.put_item(TableName="test-campaigns", Item=item | {"revision": {"N": "4"}})


def traces(account, customer: str) -> list[str]:
    """Items that have the customer's id in a key or as a whole value."""
    return [
        f"{table} {item['pk']['S']}"
        for table in TABLES
        for item in account.items(table)
        if any(customer in _values(value) for value in item.values())
    ]


def _values(value: dict) -> set[str]:
    text = str(value.get("S", ""))
    found = {text, *text.split("#")}
    if text[:1] == "{":
        found |= set(json.dumps(json.loads(text)).replace("[", '"').replace("]", '"').split('"'))
    return found
