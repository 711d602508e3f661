"""Lead times: learned from what had arrived, shrunk where little is known, honest about what is still on its way."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from training.contract import TrainingError
from training.stock.leadforms import LEVELS
from training.stock.leadtimes import LeadTimes, learn

TODAY = date(2026, 3, 2)
MEDIAN = len(LEVELS) // 2


def deliveries(days: dict[str, np.ndarray], since: date = date(2024, 1, 1), until: date = TODAY) -> pd.DataFrame:
    """Orders of each supplier spread evenly over the dates, with the days that they take."""
    parts = []
    for supplier, took in days.items():
        ordered = pd.date_range(since, until, periods=len(took)).normalize()
        arrived = ordered + pd.to_timedelta(took, unit="D")
        parts.append(pd.DataFrame({"supplier": supplier, "ordered_on": ordered, "arrived_on": arrived}))
    return pd.concat(parts, ignore_index=True)


def drawn(mean: float, count: int, seed: int = 0) -> np.ndarray:
    """Whole days of a gamma distribution with a fifth of the mean as spread."""
    return np.round(np.random.default_rng(seed).gamma(25, mean / 25, count))


def test_a_supplier_with_many_deliveries_has_its_own_distribution():
    # GIVEN a quick and a slow supplier
    rows = deliveries({"quick": drawn(5, 400), "slow": drawn(30, 400)})
    # WHEN learned
    found = learn(rows, TODAY)
    # THEN each median is its own
    assert found.by_supplier["quick"][MEDIAN] == pytest.approx(5, abs=1)
    assert found.by_supplier["slow"][MEDIAN] == pytest.approx(30, abs=2)


def test_a_supplier_with_one_delivery_is_taken_for_a_usual_one_in_part():
    # GIVEN one delivery of 60 days beside many of about 10
    rows = deliveries({"known": drawn(10, 300), "new": np.array([60.0])}, until=TODAY - timedelta(days=100))
    # WHEN learned
    found = learn(rows, TODAY)
    # THEN its mean lies between the two
    assert found.by_supplier["known"].mean() < found.by_supplier["new"].mean() < 55


def test_what_arrives_later_changes_nothing():
    # GIVEN deliveries, and the same with all that arrives from today on ten times as late
    rows = deliveries({"a": drawn(12, 200), "b": drawn(20, 200)})
    later = rows["arrived_on"] >= pd.Timestamp(TODAY)
    changed = rows.assign(arrived_on=rows["arrived_on"].mask(later, rows["arrived_on"] + pd.Timedelta(days=200)))
    assert later.any()
    # WHEN learned from both
    found, other = learn(rows, TODAY), learn(changed, TODAY)
    # THEN nothing differs
    assert found.form == other.form
    assert np.array_equal(found.everyone, other.everyone)


def test_orders_still_on_their_way_do_not_make_suppliers_look_quick():
    # GIVEN orders of the last 80 days that take 5 or 60 days, half and half: of the later ones only the quick arrived
    took = np.tile([5.0, 60.0], 80)
    rows = deliveries({"a": took}, since=TODAY - timedelta(days=80))
    # WHEN learned
    found = learn(rows, TODAY)
    # THEN about half take long, though of all that arrived four in five were quick
    assert np.mean(found.everyone > 30) == pytest.approx(0.5, abs=0.1)


def test_impossible_deliveries_are_told_and_left_out():
    # GIVEN one that arrived before it was ordered
    rows = deliveries({"a": np.array([-3.0, *drawn(10, 80)])}, until=TODAY - timedelta(days=60))
    # WHEN learned
    found = learn(rows, TODAY)
    # THEN a note says so
    assert found.notes == ("deliveries that arrived before they were ordered are left out: 1",)
    assert found.everyone.min() >= 0


def test_the_late_share_is_of_those_promised():
    # GIVEN four deliveries, of which three had a promised day and one came after it
    rows = deliveries({"a": np.array([5.0, 5.0, 5.0, 5.0])}, until=TODAY - timedelta(days=60))
    promised = rows["ordered_on"] + pd.to_timedelta([4, 5, 6, 1], unit="D")
    # WHEN learned
    found = learn(rows.assign(promised_on=promised.where(np.arange(4) < 3)), TODAY)
    # THEN
    assert found.late_share == pytest.approx(1 / 3)


def test_without_deliveries_a_usual_lead_time_stands():
    # GIVEN no delivery
    rows = deliveries({"a": drawn(10, 5)}, since=TODAY, until=TODAY)
    # WHEN learned
    found = learn(rows, TODAY)
    # THEN it is the stated one, whoever the supplier is
    days = found.days(["a", None], np.array([0.5]))
    assert found.form == "stated"
    assert np.array_equal(days, LeadTimes.stated().days(["b", "c"], np.array([0.5])))


def test_missing_columns_are_named():
    # GIVEN deliveries without a date of arrival
    rows = deliveries({"a": drawn(10, 5)}).drop(columns="arrived_on")
    # WHEN learned THEN the error names it
    with pytest.raises(TrainingError, match="arrived_on"):
        learn(rows, TODAY)


@pytest.mark.parametrize(("mean", "spread"), [(7.0, 3.0), (4.0, 2.0), (10.0, 0.0), (0.0, 0.0)])
def test_a_stated_lead_time_has_its_mean(mean, spread):
    # GIVEN a mean and a spread
    found = LeadTimes.stated(mean, spread)
    # WHEN drawn evenly
    days = found.days([None], LEVELS)[0]
    # THEN they are found again, in whole days
    assert days.mean() == pytest.approx(mean, abs=0.1)
    assert days.std() == pytest.approx(spread, abs=0.25)
