"""A customer's right to know and to be forgotten, proven by search over everything that the local cloud keeps."""

import gzip
import io
import json

import pyarrow.parquet as pq
import pytest

from tests.journey import addresses
from tests.journey.campaigning import assigned, command
from tests.journey.test_events import send


def mentions(shop, customer, email):
    """Places that hold the customer's id as a whole value, or their address anywhere."""
    return [*objects_with(shop, customer, email), *items_with(shop, customer, email), *logs_with(shop, email)]


def holds(value, customer, email):
    """Whether a JSON value has the id as one of its texts, or the address in one of them."""
    if isinstance(value, dict):
        return any(holds(v, customer, email) for pair in value.items() for v in pair)
    if isinstance(value, list):
        return any(holds(v, customer, email) for v in value)
    if not isinstance(value, str):
        return False
    if value == customer or email in value.lower():
        return True
    return value[:1] in "[{" and holds(parsed(value), customer, email)


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def objects_with(shop, customer, email):
    s3 = shop.client("s3")
    for bucket in (shop.outputs["LakeBucket"], shop.outputs["ModelsBucket"]):
        for listing in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in listing.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                if any(holds(value, customer, email) for value in values(entry["Key"], body)):
                    yield f"s3://{bucket}/{entry['Key']}"


def values(key, body):
    """The rows, lines or document of an object."""
    if key.endswith(".parquet"):
        return pq.read_table(io.BytesIO(body)).to_pylist()
    if key.endswith(".gz") and not key.endswith(".tar.gz"):
        body = gzip.decompress(body)
    return [parsed(line) for line in body.decode("utf-8", "replace").splitlines()] + [parsed(body)]


def items_with(shop, customer, email):
    dynamodb = shop.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for listing in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in listing["Items"]:
                if holds(item, customer, email) or customer in item["pk"]["S"].split("#"):
                    yield f"{table}: {item['pk']}"


def logs_with(shop, email):
    """Logs and executions' histories are searched for the address; an id such as 7 is in every log."""
    logs = shop.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]:
            if email in event["message"].lower():
                yield f"log {group['logGroupName']}"


@pytest.fixture
def somebody(campaign):
    """(shop, id, address) of a customer with orders, scores, a letter, counters and events."""
    shop, _, _ = campaign
    customer = sorted(c for c in assigned(shop)["voucher"] if len(c) == 3)[5]
    send(
        shop,
        "/v1/identify",
        {"userId": customer, "messageId": f"me-{customer}", "traits": {"email": addresses.of(customer)}},
    )
    return shop, customer, addresses.of(customer)


def test_an_export_has_everything_and_an_erasure_leaves_nothing(somebody, tmp_path):
    # GIVEN a customer of whom much is held
    shop, customer, email = somebody
    held = mentions(shop, customer, email)
    assert len(held) > 5
    # WHEN what is held is exported, and then the customer is erased
    command(shop, "customers", "export", customer, "--to", str(tmp_path / "export.json"))
    exported = (tmp_path / "export.json").read_text()
    command(shop, "customers", "erase", customer, "--wait", "--yes")
    # THEN the export names the address and the orders, and a search finds nothing any more
    assert email in exported and "orders" in exported
    assert mentions(shop, customer, email) == []
