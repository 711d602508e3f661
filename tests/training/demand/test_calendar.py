"""Holidays and regressors: what they say of a day, of a weekday's history, and only what was known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tests.training.demand.shop import line, regressor, source
from training.contract import TrainingError
from training.demand import FAMILY_MODEL
from training.demand.features import KEYS, features
from training.demand.seasons import WEEKDAY_SPEEDS

EASTER = date(2025, 4, 20)


def asked(as_of: date | list[date], rows: dict, **settings: object):
    """Features of daily forecasts of a German shop, in the order of dates and keys."""
    parameters = FAMILY_MODEL.parameters({"frequency": "day", "horizon": 7, "country": "DE"} | settings)
    days = as_of if isinstance(as_of, list) else [as_of]
    found = features(source(**rows), days, parameters).to_pandas().query("members == 0")
    return found.sort_values(["as_of", *KEYS], ignore_index=True)


def test_days_around_easter_are_told_apart():
    # GIVEN a forecast from the Wednesday before Easter 2025 on
    rows = {"order_lines": [line("a", date(2025, 4, 1), 1)]}
    # WHEN
    found = asked(EASTER - timedelta(days=4), rows)
    # THEN Good Friday and Easter Monday are holidays in Germany, and Easter Sunday is beside one
    assert found["holiday"].tolist() == [0, 0, 1, 0, 0, 1, 0]
    assert found["eve"].tolist() == [0, 1, 0, 0, 1, 0, 0]
    assert found["after"].tolist() == [0, 0, 0, 1, 0, 0, 1]
    assert found["easter"].tolist() == [-4, -3, -2, -1, 0, 1, 2]


def test_weeks_know_the_share_of_their_holidays():
    # GIVEN the week before Easter and Easter week
    rows = {"order_lines": [line("a", date(2025, 4, 1), 1)]}
    # WHEN
    found = asked(EASTER - timedelta(days=6), rows, frequency="week", horizon=2)
    # THEN
    assert found["holiday"].tolist() == pytest.approx([1 / 7, 1 / 7])


def test_holidays_are_left_out_of_their_weekday_and_counted_apart():
    # GIVEN four units on every Monday of four weeks, but none on Easter Monday, and 9 units on Good Friday
    mondays = [EASTER + timedelta(days=1 + 7 * k) for k in (-2, -1, 1)]
    rows = {"order_lines": [line("a", day, 4) for day in mondays] + [line("a", EASTER - timedelta(days=2), 9)]}
    # WHEN the week after is forecast
    found = asked(EASTER + timedelta(days=9), rows)
    # THEN a Monday sells four, and a holiday 4.5
    monday = found[found["weekday"] == 0].iloc[0]
    assert [monday[f"weekday_{name}"] for name in WEEKDAY_SPEEDS] == pytest.approx([4] * len(WEEKDAY_SPEEDS))
    assert [monday[f"weekday_lag_{k}"] for k in (1, 2, 3)] == [4, 0, 4]
    assert [monday[f"weekday_lag_{k}_holiday"] for k in (1, 2, 3)] == [0, 1, 0]
    assert monday["holiday_mean"] == 4.5


def test_a_country_without_known_holidays_is_an_error_that_says_what_to_do():
    # GIVEN no country of that code
    rows = {"order_lines": [line("a", date(2025, 4, 1), 1)]}
    # WHEN
    with pytest.raises(TrainingError) as caught:
        asked(EASTER, rows, country="XX")
    # THEN
    assert "country XX" in str(caught.value) and "give holidays as a regressor" in str(caught.value)


def test_a_regressor_is_as_it_was_foreseen_at_the_origin():
    # GIVEN a temperature foreseen for everywhere, corrected on the origin's day, and one of a store
    origin = date(2025, 7, 2)
    foreseen = [regressor("warm", origin + timedelta(days=k), 20 + k) for k in range(7)]
    corrected = [regressor("warm", origin, 35, known=origin)]
    own = [regressor("warm", origin, 11, location="south"), regressor("warm", origin - timedelta(days=1), 8)]
    lines = [line("a", date(2025, 6, 1), 1), line("a", date(2025, 6, 1), 1, "south")]
    # WHEN
    found = asked(origin, {"order_lines": lines, "regressors": foreseen + corrected + own}, regressors=["warm"])
    # THEN
    assert found["regressor_1"].tolist() == [20, 21, 22, 23, 24, 25, 26, 11, 21, 22, 23, 24, 25, 26]
    assert set(found["regressor_1_lately"]) == {8}
    assert found["regressor_2"].isna().all()


def test_a_regressor_that_was_only_measured_afterwards_is_empty_ahead():
    # GIVEN what was known a day after its day
    origin = date(2025, 7, 2)
    days = [origin + timedelta(days=k) for k in range(-3, 7)]
    measured = [regressor("rain", day, 1, known=day + timedelta(days=1)) for day in days]
    # WHEN
    found = asked(
        origin, {"order_lines": [line("a", date(2025, 6, 1), 1)], "regressors": measured}, regressors=["rain"]
    )
    # THEN
    assert found["regressor_1"].isna().all() and set(found["regressor_1_lately"]) == {1}


def test_many_origins_in_one_pass_are_each_as_it_is_alone():
    # GIVEN a shop with holidays, promotions and regressors behind and ahead of its origins
    rng = np.random.default_rng(0)
    days = [date(2024, 3, 1) + timedelta(days=k) for k in range(460)]
    rows = {
        "order_lines": [
            line(p, day, int(n), store)
            for p in ("a", "b")
            for store in ("north", "south")
            for day in days
            if (n := rng.poisson(2))
        ],
        "regressors": [regressor("warm", day, float(rng.normal()), known=day - timedelta(days=3)) for day in days],
    }
    origins = [date(2025, 3, 5), date(2025, 5, 2)]
    # WHEN
    together = asked(origins, rows, regressors=["warm"])
    # THEN
    alone = [asked(day, rows, regressors=["warm"]) for day in origins]
    for day, one in zip(origins, alone, strict=True):
        mine = together[together["as_of"].astype(str) == str(day)].reset_index(drop=True)
        assert mine[list(KEYS)].equals(one[list(KEYS)])
        numbers = [name for name in one.columns if one[name].dtype == "float64"]
        np.testing.assert_allclose(mine[numbers].to_numpy(), one[numbers].to_numpy(), rtol=1e-9, atol=1e-9)
