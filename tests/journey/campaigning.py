"""The journey's campaign: what it is, how it is run, and who was allocated to what."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pyarrow.parquet as pq

from tests.journey import history

AS_OF = (history.FIRST + timedelta(days=history.DAYS)).date()
CAMPAIGN = "come-back"
OFFER = """
id = "five-off"
title = "5 euros off"
kind = "amount"
value = 5
currency = "EUR"
cost = 5
limit = 1000
"""
DEFINITION = f"""
id = "{CAMPAIGN}"
author = "journey"
name = "Come back"
audience = "scores.churn.probability > 0.0 && orders.count >= 1"
holdout = 0.2
attribution_days = 7
looks = 1
as_of = {AS_OF}

[budget]
amount = 5000
currency = "EUR"

[[arms]]
name = "voucher"
template_id = "win-back"
offer_id = "five-off"
"""


def command(shop, *arguments, code=0):
    """What the command printed; it has to end with `code`."""
    result = shop.shopkeeper(*arguments, timeout=600)
    assert result.returncode == code, result.stdout + result.stderr
    return result.stdout


def run(shop, folder):
    """Create, preview, start and measure it; (preview, result) as the command line tells them."""
    (folder / "offer.toml").write_text(OFFER)
    (folder / "campaign.toml").write_text(DEFINITION)
    command(shop, "templates", "push-starters", "--author", "journey")
    command(shop, "offers", "put", str(folder / "offer.toml"))
    command(shop, "campaigns", "create", str(folder / "campaign.toml"))
    preview = json.loads(command(shop, "campaigns", "preview", CAMPAIGN, "--json"))
    command(shop, "campaigns", "start", CAMPAIGN, "--wait")
    result = json.loads(command(shop, "campaigns", "results", CAMPAIGN, "--json"))
    return preview, result


def assigned(shop):
    """Customers by arm, as they were allocated."""
    s3, bucket = shop.client("s3"), shop.outputs["LakeBucket"]
    body = s3.get_object(Bucket=bucket, Key=f"campaigns/{CAMPAIGN}/r0001/allocation/assignment.parquet")["Body"].read()
    rows = pq.read_table(io.BytesIO(body)).to_pylist()
    return {arm: {r["customer_id"] for r in rows if r["arm"] == arm} for arm in {r["arm"] for r in rows}}
