"""Demand's spec: what a forecast is, how it is shown, and the plain one from sales alone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.families import discover
from commerce.families.demand import DemandForecast, DemandParameters, baseline
from commerce.families.demand.answer import EVERYWHERE, LEVELS
from commerce.families.demand.baseline import quantiles
from commerce.sales import PARTS, ProductState, weight

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
EXAMPLE = DemandForecast.model_json_schema()["examples"][0]


def selling(daily):
    """A product that sold as many units every day of two years."""
    sums = {}
    for day in range(730):
        era, unit = weight(NOW - timedelta(days=day + 0.5))
        sums[era] = sums.get(era, 0) + round(daily * unit)
    return ProductState({era: amount / PARTS for era, amount in sums.items()})


def test_the_plain_forecast_goes_on_as_the_product_sold_lately():
    # GIVEN a product that sells two units a day
    # WHEN eight weeks are forecast on a Wednesday
    forecast = baseline(selling(2), NOW, DemandParameters())
    # THEN they begin with this week's Monday, each with fourteen units, for the shop as a whole
    (location,) = forecast.locations
    starts = [period.starts_on for period in location.periods]
    assert (location.location_id, starts[0], len(starts)) == (EVERYWHERE, date(2026, 3, 2), 8)
    assert [b - a for a, b in pairwise(starts)] == [timedelta(days=7)] * 7
    assert all(period.mean == pytest.approx(14, rel=1e-3) for period in location.periods)
    assert "2.00 a day" in forecast.reasons[0].text


def test_days_are_forecast_where_the_shop_wants_days():
    # GIVEN settings of three days
    # WHEN a product that was never sold is forecast
    forecast = baseline(None, NOW, DemandParameters(frequency="day", horizon=3))
    # THEN each day from today on sells nothing, and levels of the shop are said to have none before there is a model
    assert "(level:…) has a forecast once a model is released" in forecast.reasons[0].text
    (location,) = forecast.locations
    assert [period.starts_on.day for period in location.periods] == [4, 5, 6]
    assert all(period.mean == 0 and not any(period.quantiles) for period in location.periods)


@given(st.floats(0, 1e5))
def test_quantiles_of_a_count_rise_around_its_mean(mean):
    # GIVEN any mean
    # WHEN the quantiles of a count are asked for
    found = quantiles(mean)
    # THEN they are whole, do not fall, and their middle is the mean's neighbour
    assert len(found) == len(LEVELS) and found == sorted(found)
    assert all(value == int(value) >= 0 for value in found)
    assert abs(found[LEVELS.index(0.5)] - mean) <= 1


@pytest.mark.parametrize("wrong", [[0.0] * 13, [*range(13), 0]])
def test_quantiles_that_fall_or_are_too_few_are_refused(wrong):
    # GIVEN a forecast whose quantiles are not quantiles
    period = EXAMPLE["locations"][0]["periods"][0] | {"quantiles": wrong}
    # WHEN it is read
    # THEN it is refused
    with pytest.raises(ValidationError, match="quantiles that do not fall"):
        DemandForecast.model_validate(EXAMPLE | {"locations": [{"location_id": "1", "periods": [period]}]})


def test_people_see_a_row_for_each_period_of_each_location():
    # GIVEN a forecast of two locations
    (location,) = EXAMPLE["locations"]
    forecast = DemandForecast.model_validate(EXAMPLE | {"locations": [location, location | {"location_id": "*"}]})
    # WHEN its rows are asked for
    rows = forecast.rows()
    # THEN each names the place and the period, with the mean and the bounds of four in five
    assert rows[0] == {"location": "367", "starts on": date(2026, 3, 2), "mean": 5.4, "10%": 2, "50%": 5, "90%": 9}
    assert [row["location"] for row in rows] == ["367", "whole shop"]


def test_settings_say_how_many_days_are_forecast():
    # GIVEN the shop's defaults
    # WHEN the horizon is asked for in days
    # THEN it is eight weeks, and the history that is asked for is three times that
    assert DemandParameters().horizon_days == 56
    assert discover()["demand"].requirements(DemandParameters())[0].min_days == 168
