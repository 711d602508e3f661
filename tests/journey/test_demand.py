"""Demand on the local cloud: trained through the workflow and read by product; counted by ingest where it is not."""

import json
import uuid

import pytest

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
