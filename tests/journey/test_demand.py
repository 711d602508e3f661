"""Demand and stock on the local cloud: the one trained through the workflow, the other from what it published."""

import csv
import json
import uuid
from datetime import UTC, datetime, time, timedelta

import pytest

from tests.journey import history
from tests.journey.conftest import AS_OF
from tests.journey.test_events import eventually, order, send


@pytest.fixture(scope="module")
def forecasting(loaded):
    """The shop after demand was trained and released, through the workflow."""
    result = loaded.shopkeeper("retrain", "demand", "--as-of", AS_OF.isoformat(), "-p", "horizon=2")
    assert result.returncode == 0, result.stdout + result.stderr
    return loaded


def forecast(shop, product):
    """The forecast of a product, as the command line gets it from the API."""
    result = shop.shopkeeper("forecasts", product, "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)[0]["answer"]


def test_a_released_version_forecasts_every_product(forecasting):
    # GIVEN a released version
    # WHEN the forecast of a product is read
    answer = forecast(forecasting, "p7")
    # THEN the version gives both weeks, with rising quantiles and a reason
    assert (answer["source"], answer["family"]) == ("model", "demand")
    assert answer["version"] and answer["reasons"]
    (location,) = answer["locations"]
    assert len(location["periods"]) == 2
    for period in location["periods"]:
        assert period["mean"] > 0 and period["quantiles"] == sorted(period["quantiles"])


def test_a_product_that_the_version_does_not_know_is_forecast_from_what_was_counted(forecasting):
    # GIVEN an order of a product that was never sold before, sent twice under the same id
    product, number = f"fresh-{uuid.uuid4().hex}", uuid.uuid4().hex
    sold = order("3", number)
    sold["properties"]["products"] = [{"product_id": product, "price": 10, "quantity": 28}]
    for _ in range(2):
        send(forecasting, "/v1/track", sold)

    def expected():
        answer = forecast(forecasting, product)
        assert answer["source"] == "baseline"
        return answer["locations"][0]["periods"][0]["mean"]

    # WHEN its forecast is read
    # THEN the plain baseline knows the 28 units, once: 28 × ln 2 / 28 days, for seven of them
    assert eventually(expected) == pytest.approx(7 * 0.6931, abs=0.01)


def test_a_plan_is_answered_from_what_was_published(forecasting):
    # GIVEN a released version of a shop that never promoted
    known = forecast(forecasting, "p7")
    first = known["locations"][0]["periods"][0]["starts_on"]
    # WHEN a display is planned on the forecast's first day
    result = forecasting.shopkeeper("what-if", "p7", "--from", first, "--to", first, "--display", "1", "--json")
    # THEN the same version answers, of the same periods, and does not make an effect up
    assert result.returncode == 0, result.stdout + result.stderr
    answer = json.loads(result.stdout)["answer"]
    assert (answer["version"], answer["responds"]) == (known["version"], "unknown")
    asked, had = answer["locations"][0]["periods"], known["locations"][0]["periods"]
    assert [period["without"]["mean"] for period in asked] == [period["mean"] for period in had]


@pytest.fixture(scope="module")
def alerts(forecasting):
    """A queue that hears every alert of the shop."""
    sqs, events = forecasting.client("sqs"), forecasting.client("events")
    queue = sqs.create_queue(QueueName="alerts-heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = forecasting.outputs["EventBus"]
    pattern = {"source": ["shopkeeper"], "detail-type": ["Stock-out Expected", "Overstock Found"]}
    events.put_rule(Name="heard", EventBusName=bus, EventPattern=json.dumps(pattern))
    events.put_targets(Rule="heard", EventBusName=bus, Targets=[{"Id": "q", "Arn": arn}])
    return queue


@pytest.fixture(scope="module")
def stocked(forecasting, alerts):
    """The shop after its stock was counted, and decided through the same workflow from demand's forecasts."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in forecasting.environ.items():
            patched.setenv(name, value)
        from lake import Lake

        lake = Lake.open(f"s3://{forecasting.outputs['LakeBucket']}/lake", cache=forecasting.state / "cache")
        lake.write("stock", history.stock(datetime.combine(AS_OF - timedelta(days=1), time(23, 59), UTC)))
        lake.write("deliveries", history.deliveries())
    result = forecasting.shopkeeper("retrain", "stock", "--as-of", AS_OF.isoformat())
    assert result.returncode == 0, result.stdout + result.stderr
    return forecasting


def test_stock_is_advised_on_from_the_forecasts_that_demand_published(stocked):
    # GIVEN a product that is out of stock
    # WHEN the advice about it is read
    result = stocked.shopkeeper("stock", "p0", "--json")
    # THEN the version says how many to order, and why
    assert result.returncode == 0, result.stdout + result.stderr
    answer = json.loads(result.stdout)[0]["answer"]
    assert (answer["source"], answer["family"], answer["currency"]) == ("model", "stock", "EUR")
    (place,) = answer["locations"]
    assert place["action"] == "order" and place["order_quantity"] > 0 and place["money_at_stake"] > 0
    assert "order" in place["reason"]


def test_the_list_has_the_most_valuable_first_in_pages_and_as_a_sheet(stocked, tmp_path):
    # GIVEN the list of the released version
    # WHEN a page, what is to be marked down, and the whole of it as a sheet are asked for
    page = json.loads(stocked.shopkeeper("stock-recommendations", "--limit", "5", "--json").stdout)
    piled = json.loads(stocked.shopkeeper("stock-recommendations", "--where", "action=markdown", "--json").stdout)
    sheet = tmp_path / "stock.csv"
    written = stocked.shopkeeper("stock-recommendations", "--csv", str(sheet))
    # THEN the rows are in order, the filter holds, and the sheet has every row once
    worth = [row["money_at_stake"] for row in page["rows"]]
    assert (page["source"], len(worth)) == ("model", 5) and worth == sorted(worth, reverse=True)
    assert piled["rows"] and {row["action"] for row in piled["rows"]} == {"markdown"}
    assert written.returncode == 0, written.stdout + written.stderr
    with sheet.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == page["total"] == len({row["product_id"] for row in rows})


def test_what_runs_out_and_what_piles_up_is_told_on_the_bus(stocked, alerts):
    # GIVEN a released version
    sqs = stocked.client("sqs")
    heard = {}

    def told():
        found = sqs.receive_message(QueueUrl=alerts, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        for message in found:
            event = json.loads(message["Body"])
            heard[event["detail"]["alert_id"]] = event
        return heard if len({event["detail-type"] for event in heard.values()}) == 2 else {}

    # WHEN its alerts are listened to
    events = eventually(told).values()
    # THEN each tells a product, of how many, and the run it is of
    assert all(event["detail"]["of"] >= event["detail"]["place"] >= 1 for event in events)
    assert {event["detail"]["family"] for event in events} == {"stock"}
    out = [e["detail"]["alert"]["product_id"] for e in events if e["detail-type"] == "Stock-out Expected"]
    assert out and all(int(product[1:]) % 4 != 1 for product in out)
