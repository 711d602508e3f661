"""What-if: a forecast moved by what demand answers to a plan, and said to be unknown where it is."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.families.demand import DemandForecast, WhatIf, what_if
from commerce.families.demand.answer import LEVELS, LocationForecast, Period, PlannedPromotion
from commerce.families.demand.baseline import quantiles
from commerce.families.demand.effects import moved
from commerce.families.demand.responses import Drivers, interpolated
from commerce.verbs import UnanswerableError

MONDAY = date(2026, 3, 2)
LEARNED = Drivers(display=[0, 0.5, 1], elasticity=-2.0, price=4.0)
"""Nothing is known of the mailer, nor of discounts but as a lower price."""


def forecast(drivers=LEARNED, planned=(), stores=("north",), ratios=(0.0, 0.4, 0.6)):
    """Two weeks of ten units a store."""
    periods = [Period(starts_on=MONDAY + timedelta(weeks=k), mean=10, quantiles=quantiles(10)) for k in range(2)]
    places = [
        LocationForecast(location_id=store, periods=periods, planned=list(planned), ratios=list(ratios))
        for store in stores
    ]
    return DemandForecast(source="model", as_of=MONDAY, frequency="week", locations=places, drivers=drivers)


def asked(first=0, days=7, location_id=None, **parts):
    """A plan of one entry that begins `first` days after the forecast does."""
    starts = MONDAY + timedelta(days=first)
    entry = {"starts_on": starts, "ends_on": starts + timedelta(days=days - 1), **parts}
    return WhatIf(product_id="tea", location_id=location_id, plan=[entry])


def means(answer):
    return [period.planned.mean for period in answer.locations[0].periods]


def test_a_planned_display_raises_its_week_alone():
    # GIVEN a forecast without promotions
    # WHEN a display in all stores is planned for the second week
    answer = what_if(asked(first=7, display=1), forecast())
    # THEN that week's demand is e^0.6 of what it was, the first week's as before, and the difference is told
    assert means(answer) == pytest.approx([10, 10 * math.exp(0.6)], abs=1e-3)
    assert answer.units == pytest.approx(10 * math.exp(0.6) - 10, abs=1e-3)
    assert answer.revenue == pytest.approx(4 * answer.units, abs=0.01)
    assert (answer.responds, answer.reasons[0].contribution) == ("known", answer.units)


def test_days_of_a_week_that_are_not_planned_stay_as_they_are():
    # GIVEN a plan of two days in seven
    # WHEN it is asked for
    answer = what_if(asked(days=2, display=1), forecast())
    # THEN two sevenths of the week's demand rise
    assert means(answer)[0] == pytest.approx(10 * (5 + 2 * math.exp(0.6)) / 7, abs=1e-3)


def test_a_plan_is_measured_against_what_the_forecast_assumed():
    # GIVEN a forecast that knows of a display in half of the stores in the first week
    known = forecast(planned=[PlannedPromotion(starts_on=MONDAY, display=0.5)])
    # WHEN the same, none at all and one in all stores are asked for
    same, none, whole = (what_if(asked(display=share), known) for share in (0.5, 0, 1))
    # THEN nothing changes, what it added is lost, and only the rest is added
    assert same.units == 0 and same.locations[0].periods[0].planned == same.locations[0].periods[0].without
    assert means(none)[0] == pytest.approx(10 * math.exp(-0.4), abs=1e-3)
    assert means(whole)[0] == pytest.approx(10 * math.exp(0.6 - 0.4), abs=1e-3)


def test_a_discount_that_was_never_promoted_counts_as_a_lower_price():
    # GIVEN a shop whose prices moved, with an elasticity of -2
    # WHEN a fifth off, then the same by the price itself, are planned
    discount, price = (what_if(asked(**part), forecast()) for part in ({"discount": 0.2}, {"price": 3.2}))
    # THEN both sell 0.8^-2 times as much, at 80 % of the price
    assert means(discount) == means(price) == pytest.approx([10 * 0.8**-2, 10], abs=1e-3)
    assert discount.revenue == price.revenue == pytest.approx(10 * 0.8**-2 * 3.2 - 10 * 4, abs=0.01)
    assert "-2.0 %" in discount.reasons[0].text


@pytest.mark.parametrize("drivers", [None, Drivers()])
def test_what_no_history_tells_is_said_to_be_unknown(drivers):
    # GIVEN a forecast of the baseline, and one of a shop that never promoted nor changed prices
    # WHEN a promotion with another price is planned
    answer = what_if(asked(display=1, price=3), forecast(drivers=drivers, ratios=()))
    # THEN there are no numbers, and the answer says of each part that it is unknown
    assert (answer.responds, answer.units, answer.revenue) == ("unknown", None, None)
    assert all(period.planned is None for period in answer.locations[0].periods)
    assert [reason.text.count("unknown") for reason in answer.reasons] == [1, 1]


def test_parts_that_are_unknown_are_left_out_of_the_others():
    # GIVEN a shop without a mailer in its history
    # WHEN a display with a mailer is planned
    answer = what_if(asked(display=1, mailer=1), forecast())
    # THEN the display counts, and of the mailer it is said that it does not
    assert answer.responds == "partly"
    assert means(answer)[0] == pytest.approx(10 * math.exp(0.6), abs=1e-3)
    assert "mailer is unknown and left out" in answer.reasons[-1].text


@pytest.mark.parametrize(
    ("parts", "drivers", "said"),
    [
        ({"display": 1}, Drivers(display=[0, 0.1, 0.2]), "100% counts as 20%"),
        ({"price": 20}, LEARNED, "above 200%"),
        ({"discount": 0.6}, LEARNED, "below 50%"),
    ],
)
def test_more_than_the_history_has_counts_as_the_most_it_has(parts, drivers, said):
    # GIVEN a plan of more than was ever seen
    # WHEN it is asked for
    answer = what_if(asked(**parts), forecast(drivers=drivers))
    # THEN the answer says at what it stops
    assert any(said in reason.text for reason in answer.reasons)
    assert means(answer)[0] <= 10 * max(math.exp(0.6), 0.5**-2) + 1e-3


def test_what_each_part_adds_sums_to_the_whole():
    # GIVEN a display at a lower price in two stores
    # WHEN it is asked for
    answer = what_if(asked(display=1, price=3), forecast(stores=("north", "south")))
    # THEN reasons, locations and total agree
    assert sum(reason.contribution for reason in answer.reasons) == pytest.approx(answer.units, abs=0.01)
    assert sum(place.units for place in answer.locations) == pytest.approx(answer.units, abs=0.01)


def test_one_location_can_be_asked_for_and_another_is_named_as_absent():
    # GIVEN a forecast of two stores
    known = forecast(stores=("north", "south"))
    # WHEN one, and one it has not, are asked for
    answer = what_if(asked(location_id="south", display=1), known)
    # THEN the first is answered alone, and the second refused with those there are
    assert [place.location_id for place in answer.locations] == ["south"]
    with pytest.raises(UnanswerableError, match="'north', 'south'"):
        what_if(asked(location_id="west", display=1), known)


def test_days_beyond_the_forecast_are_refused_or_named():
    # GIVEN a forecast of two weeks
    # WHEN a plan begins within it and ends after it, and another wholly after it
    partly = what_if(asked(first=7, days=14, display=1), forecast())
    # THEN the first is answered for the days there are, and the second is not
    assert "after 2026-03-15 are beyond the forecast" in partly.reasons[-1].text
    assert means(partly)[1] == pytest.approx(10 * math.exp(0.6), abs=1e-3)
    with pytest.raises(UnanswerableError, match="from 2026-03-02 to 2026-03-15"):
        what_if(asked(first=14, display=1), forecast())


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ([{"starts_on": "2026-03-09", "ends_on": "2026-03-02", "display": 1}], "before it starts"),
        ([{"starts_on": "2026-03-02", "ends_on": "2026-03-09"}], "says nothing of display"),
        ([{"starts_on": "2026-03-02", "ends_on": "2026-03-02", "discount": 1}], "less than 1"),
        ([{"starts_on": "2026-03-02", "ends_on": "2026-03-05", "display": 1}] * 2, "in two entries"),
        ([], "at least 1 item"),
    ],
)
def test_a_plan_that_is_none_is_refused(plan, said):
    # GIVEN a plan that cannot be meant
    # WHEN it is read
    # THEN the reason is named
    with pytest.raises(ValidationError, match=said):
        WhatIf(product_id="tea", plan=plan)


@given(st.floats(0, 1e4), st.floats(0.01, 20), st.floats(0.01, 20))
def test_quantiles_move_with_the_mean_in_order_and_stay_whole(mean, one, other):
    # GIVEN a forecast of counts and two effects
    counts = quantiles(mean)
    # WHEN its quantiles are moved by each
    less, more = (moved(counts, mean, ratio) for ratio in sorted((one, other)))
    # THEN they are counts in order, and none falls where demand rises more
    for found in (less, more):
        assert found == sorted(found) and all(value == int(value) >= 0 for value in found)
    assert all(low <= high for low, high in zip(less, more, strict=True))
    assert moved(counts, mean, 1.0) == counts
    assert len(less) == len(LEVELS)


@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6), st.floats(-1, 2), st.floats(-1, 2))
def test_between_the_points_of_a_grid_nothing_leaves_their_range(values, x, y):
    # GIVEN a grid of three by two points
    axes = [[0.0, 0.25, 1.0], [0.0, 1.0]]
    # WHEN any point, and each of the grid's own, is asked for
    found = interpolated(axes, values, (x, y))
    own = [interpolated(axes, values, (a, b)) for a in axes[0] for b in axes[1]]
    # THEN it is within, and the grid's own are as they were
    assert min(values) - 1e-9 <= found <= max(values) + 1e-9
    assert own == pytest.approx(values, abs=1e-9)


def test_a_plan_is_of_a_products_locations_and_never_of_their_total():
    # GIVEN a forecast of two stores and their total
    known = forecast(stores=("*", "north", "south"))
    known.locations[0].total = True
    # WHEN a display is planned everywhere, and at the total
    answer = what_if(asked(display=1), known)
    # THEN the stores add up, once, and the total is no place to plan for
    assert [place.location_id for place in answer.locations] == ["north", "south"]
    assert answer.units == pytest.approx(sum(place.units for place in answer.locations))
    with pytest.raises(UnanswerableError, match=r"at location '\*'; it has: 'north', 'south'"):
        what_if(asked(location_id="*", display=1), known)


def test_what_stands_above_products_has_no_plan():
    # GIVEN
    question = asked(display=1).model_copy(update={"product_id": "level:category:BREAD"})
    # WHEN
    # THEN
    with pytest.raises(UnanswerableError, match="level:category:BREAD is no product"):
        what_if(question, forecast())
