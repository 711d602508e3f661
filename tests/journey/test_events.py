"""Events through the API: a Segment client unchanged, exactly once in the lake, and what is invalid kept aside."""

import base64
import gzip
import json
import time
import urllib.request
import uuid

from segment.analytics.client import Client

from commerce.families.churn import FAMILY


def objects(shop, prefix):
    """Every JSON line under a prefix of the lake bucket."""
    s3 = shop.client("s3")
    lines = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=shop.outputs["LakeBucket"], Prefix=prefix):
        for entry in page.get("Contents", []):
            body = s3.get_object(Bucket=shop.outputs["LakeBucket"], Key=entry["Key"])["Body"].read()
            if entry["Key"].endswith(".gz"):
                body = gzip.decompress(body)
            lines += [json.loads(line) for line in body.split(b"\n") if line]
    return lines


def eventually(find, seconds=60):
    """What `find` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := find()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def send(shop, path, body, key=None):
    """POST with the write key, as an SDK does; `key` is another than the browser's."""
    authorization = "Basic " + base64.b64encode(f"{key or shop.write_key}:".encode()).decode()
    request = urllib.request.Request(
        shop.api + path,
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": authorization},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def order(customer, number, **changes):
    message = {
        "type": "track",
        "messageId": f"journey-{number}",
        "userId": customer,
        "event": "Order Completed",
        "properties": {
            "order_id": number,
            "total": 20,
            "currency": "EUR",
            "products": [{"product_id": "p1", "price": 10, "quantity": 2}],
        },
    }
    return message | changes


def test_a_segment_client_delivers_every_kind_of_message(shop):
    # GIVEN Segment's own client, pointed at the shop's API
    failures = []
    client = Client(shop.write_key, host=shop.api, on_error=lambda error, items: failures.append(error), gzip=True)
    customer = uuid.uuid4().hex
    # WHEN it sends each kind of message
    client.identify(customer, {"email": "journey@example.com"})
    client.page(customer, "Shop", "Home")
    client.track(customer, "Product Viewed", {"product_id": "p1"})
    client.track(customer, "Something Of Our Own", {"a": 1})
    client.flush()
    client.join()
    # THEN all of them arrive in the lake's raw area
    arrived = eventually(
        lambda: len(found := [e for e in objects(shop, "raw/") if e["customer_id"] == customer]) == 4 and found
    )
    assert failures == []
    assert {e["type"] for e in arrived} == {"identify", "page", "track"}


def test_an_invalid_event_of_a_batch_is_kept_aside_with_reasons(shop):
    # GIVEN a batch of a good and a bad event
    number = uuid.uuid4().hex
    bad = order("c", f"{number}-bad", properties={"order_id": "x"})
    # WHEN it is sent
    answer = send(shop, "/v1/batch", {"batch": [order("c", f"{number}-good"), bad]})
    # THEN the answer names the bad one, and the rejected area keeps it
    assert [r["index"] for r in answer["rejected"]] == [1]
    kept = eventually(lambda: [line for line in objects(shop, "rejected/") if f"{number}-bad" in json.dumps(line)])
    assert kept


def test_an_order_counts_once_however_often_it_is_sent(shop):
    # GIVEN an order sent three times
    customer = uuid.uuid4().hex
    for _ in range(3):
        send(shop, "/v1/track", order(customer, f"{customer}-1"))
    # WHEN the customer's counters are read
    key = {"pk": {"S": f"customer#{customer}"}, "sk": {"S": "orders"}}
    item = shop.client("dynamodb").get_item(TableName=shop.outputs["CountersTable"], Key=key)["Item"]
    # THEN it is one order
    assert item["orders"]["N"] == "1"


def test_the_baseline_knows_an_order_at_once(shop):
    # GIVEN a customer nobody knew, with an order
    customer = uuid.uuid4().hex
    send(shop, "/v1/track", order(customer, f"{customer}-1"))
    # WHEN their churn is asked
    results = json.loads(shop.shopkeeper("score", customer, "--json").stdout)
    # THEN the baseline answers from that order
    answer = FAMILY.answer.model_validate(results[0]["scores"]["churn"])
    assert answer.source == "baseline"
    assert "no order for 0 days" in answer.reasons[0].text
