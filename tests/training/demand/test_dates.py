"""Periods and origins: where a forecast begins, and what history it needs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.demand.shop import line, source
from training.contract import TrainingError
from training.demand import FAMILY_MODEL
from training.demand.dates import FEW_ORIGINS, HELD_SHARE, MANY_ORIGINS, MOST_HOLDOUTS, room, schedule
from training.demand.periods import EPOCH, Periods

AS_OF = date(2025, 7, 2)


@pytest.mark.parametrize(("frequency", "origin"), [("week", date(2025, 6, 30)), ("day", AS_OF)])
def test_a_forecast_begins_with_the_period_of_its_day(frequency, origin):
    # GIVEN
    parameters = FAMILY_MODEL.parameters({"frequency": frequency, "horizon": 3})
    # WHEN
    periods = Periods.at(AS_OF, parameters)
    # THEN
    assert [periods.starts_on(step) for step in (1, 2)] == [origin, origin + timedelta(days=periods.days)]
    assert periods.first == ((origin - EPOCH).days + periods.shift) / periods.days


@pytest.mark.parametrize("frequency", ["day", "week"])
def test_outcomes_are_complete_before_they_are_used(frequency):
    # GIVEN two years of history
    parameters = FAMILY_MODEL.parameters({"frequency": frequency, "horizon": 6})
    horizon = timedelta(days=parameters.horizon_days)
    # WHEN
    cut = schedule(date(2023, 7, 1), AS_OF, parameters, FEW_ORIGINS)
    # THEN
    assert cut.holdouts[-1] + horizon <= AS_OF < cut.holdouts[-1] + horizon + timedelta(days=7)
    assert max(cut.train) + horizon == cut.holdouts[0]
    assert 10 < len(cut.train) <= FEW_ORIGINS
    assert all(day == Periods.at(day, parameters).origin for day in (*cut.train, *cut.holdouts))


@pytest.mark.parametrize(("frequency", "years", "reached"), [("day", 2, 470), ("week", 2, 437), ("day", 9, 1092)])
def test_origins_reach_over_every_season_there_was(frequency, years, reached):
    # GIVEN years of history
    parameters = FAMILY_MODEL.parameters({"frequency": frequency, "horizon": 1})
    # WHEN
    train = schedule(AS_OF - timedelta(days=365 * years), AS_OF, parameters, FEW_ORIGINS).train
    # THEN they begin where a third of the history is behind them, but not longer ago than a shop stays the same
    days = (train[-1] - train[0]).days
    apart = (train[1] - train[0]).days
    assert reached - apart <= days <= reached + apart
    # THEN days meet every weekday
    assert frequency == "week" or len({day.weekday() for day in train}) == 7


@pytest.mark.parametrize(
    ("series", "taught", "held"), [(1, MANY_ORIGINS, MOST_HOLDOUTS), (1000, 50, MOST_HOLDOUTS), (10**6, FEW_ORIGINS, 1)]
)
def test_a_small_shop_is_learned_from_and_judged_at_more_origins(series, taught, held):
    # GIVEN room for 100,000 rows of a horizon of two, and twenty years of history
    parameters = FAMILY_MODEL.parameters({"horizon": 2, "frequency": "day"})
    # WHEN
    cut = schedule(AS_OF - timedelta(days=7300), AS_OF, parameters, room(100_000, series, parameters))
    # THEN
    assert taught / 2 < len(cut.train) <= taught
    assert len(cut.holdouts) == held


@given(
    history=st.integers(21, 4000),
    frequency=st.sampled_from(["day", "week"]),
    horizon=st.integers(1, 52),
    room=st.integers(0, 1000),
)
def test_a_backtest_takes_little_of_the_history(history, frequency, horizon, room):
    # GIVEN a history of any length
    parameters = FAMILY_MODEL.parameters({"horizon": horizon, "frequency": frequency})
    first = AS_OF - timedelta(days=max(history, 3 * parameters.horizon_days + 7))
    # WHEN it is cut
    cut = schedule(first, AS_OF, parameters, room)
    # THEN hold-outs are in order, whole horizons after the last training date and before the day of the forecast
    assert list(cut.holdouts) == sorted(set(cut.holdouts))
    assert cut.train[-1] + timedelta(days=parameters.horizon_days) == cut.holdouts[0]
    # THEN the first is not much earlier than the last, and something is known before the first training date
    assert (cut.holdouts[-1] - cut.holdouts[0]).days <= (cut.holdouts[-1] - first).days * HELD_SHARE
    assert cut.train[0] > first


def test_three_horizons_are_just_enough():
    # GIVEN
    parameters = FAMILY_MODEL.parameters({"horizon": 4})
    monday = date(2025, 6, 30)
    # WHEN
    cut = schedule(monday - timedelta(days=3 * 28), monday, parameters, FEW_ORIGINS)
    # THEN
    assert cut.train == (monday - timedelta(days=56),)
    with pytest.raises(TrainingError, match="at least 84 days"):
        schedule(monday - timedelta(days=3 * 28 - 1), monday, parameters, FEW_ORIGINS)


def test_an_empty_shop_says_what_to_load():
    # GIVEN
    empty = source()
    # WHEN
    with pytest.raises(TrainingError) as caught:
        FAMILY_MODEL.dates(empty, AS_OF, FAMILY_MODEL.parameters({}))
    # THEN
    assert "load older orders or set a shorter horizon" in str(caught.value)


@pytest.mark.parametrize(
    ("weekly", "frequency", "said"),
    [(20, "day", ["20 of 20 series"]), (5, "day", ["5 of 20 series"]), (1, "day", []), (20, "week", [])],
)
def test_weekly_totals_among_days_are_told(weekly, frequency, said):
    # GIVEN twenty products, some of which have one line a week
    rows = source(order_lines=sold_on(range(weekly)))
    # WHEN days, or weeks, are to be forecast
    found = FAMILY_MODEL.doubts(rows, AS_OF, FAMILY_MODEL.parameters({"frequency": frequency, "horizon": 3}))
    # THEN
    assert [doubt.partition(" sell")[0] for doubt in found] == said


def sold_on(weekly: range) -> list[dict]:
    """Lines of twenty products over fourteen weeks: on Mondays, those not of `weekly` on Thursdays too."""
    mondays = [date(2025, 6, 23) - timedelta(days=7 * k) for k in range(14)]
    return [
        line(f"p{number}", monday + timedelta(days=more), 1)
        for number in range(20)
        for monday in mondays
        for more in ((0,) if number in weekly else (0, 3))
    ]
