"""What the spec of stock says without a model: the plain advice, the list's rows, and what is worth an alert."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.families import family
from commerce.families.stock import StockAdvice
from commerce.families.stock.parameters import StockParameters
from commerce.families.stock.ranking import OVERSTOCK, STOCKOUT, StockAction, actions
from commerce.family import Family
from commerce.rankings import Ranking
from commerce.runs import Run
from commerce.sales import EPOCH, ERA, ProductState

SPEC = family("stock")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
(EXAMPLE,) = StockAdvice.model_json_schema()["examples"]


def advice(**changes):
    """The documented example, of one place with some fields changed."""
    place = EXAMPLE["locations"][0] | changes
    return StockAdvice.model_validate(EXAMPLE | {"locations": [place]})


def plain(units=0.0, **parameters):
    """The plain advice's one place for a product of which so many units, weighted, were sold."""
    (place,) = SPEC.plain(ProductState({(NOW - EPOCH) // ERA: units}), NOW, StockParameters(**parameters)).locations
    return place


@given(units=st.floats(0, 1e6), level=st.floats(0.5, 0.999), lead=st.floats(1, 60), review=st.integers(1, 30))
def test_the_plain_advice_keeps_more_for_longer_and_never_less_than_is_sold(units, level, lead, review):
    # GIVEN any rate of sales and setting
    # WHEN it is advised on without a model
    place = plain(units, service_level=level, lead_time_days=lead, review_days=review)
    # THEN the levels are ordered, cover what is expected, and nothing is ordered blindly
    daily = ProductState({(NOW - EPOCH) // ERA: units}).rate(NOW)
    assert 0 <= daily * lead <= place.reorder_point <= place.order_up_to
    assert (place.action, place.order_quantity, place.on_hand) == ("none", 0, None)


def test_more_certainty_and_longer_lead_times_keep_more_stock():
    # GIVEN a product that sells
    usual = plain(500.0)
    # WHEN the shop wants more certainty, or waits longer
    certain, slow = plain(500.0, service_level=0.999), plain(500.0, lead_time_days=21)
    # THEN more is kept
    assert certain.reorder_point > usual.reorder_point < slow.reorder_point


def test_only_places_with_something_to_do_or_to_fear_are_listed():
    # GIVEN places: to order at, calm, about to run out though nothing can be done, and overfull
    calm = {"action": "none", "stockout_chance": 0.1, "overstock": 0}
    places = [advice(), advice(**calm), advice(**calm | {"stockout_chance": 0.6}), advice(**calm | {"overstock": 4})]
    # WHEN their rows are made
    rows = [list(actions("p-1", one)) for one in places]
    # THEN all but the calm one are in the list, as documented
    assert [len(of) for of in rows] == [1, 0, 1, 1]
    assert rows[0][0].model_dump(include={"product_id", "location_id", "order_quantity", "currency"}) == {
        "product_id": "p-1", "location_id": "367", "order_quantity": 48, "currency": "EUR",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"stockout_chance": 0.62, "overstock": 0}, {STOCKOUT}),
        ({"stockout_chance": 0.2, "overstock": 0}, set()),
        ({"stockout_chance": None, "overstock": 3}, {OVERSTOCK}),
    ],
)
def test_what_runs_out_and_what_piles_up_is_worth_an_alert(changes, kinds):
    # GIVEN a row of the list
    (row,) = actions("p-1", advice(**changes))
    # WHEN it is held against each kind of alert
    # THEN those that it is worth are told
    assert {kind for kind, worth in SPEC.ranking.alerts.items() if worth(row)} == kinds


def test_a_list_is_sorted_and_filtered_by_what_its_rows_have():
    # GIVEN a list by a number that its rows lack
    # WHEN it is declared
    # THEN that is refused, and so is a list of a family that no batch job answers for
    with pytest.raises(ValueError, match="no profit"):
        Ranking("x", "", StockAction, actions, by="profit")
    with pytest.raises(ValidationError, match="batch job"):
        Family(**dict(SPEC) | {"mode": "endpoint"})


def test_a_run_is_known_by_where_its_model_is():
    # GIVEN the address of an artifact
    uri = "s3://models/runs/demand/20260302-abcdef/model/local-demand-train-x/output/model.tar.gz"
    # WHEN its run is asked for
    # THEN it is that one, and an address of something else is refused
    assert Run.of_artifact(uri) == Run("demand", "20260302-abcdef")
    with pytest.raises(ValueError, match="not where a run keeps"):
        Run.of_artifact("s3://models/elsewhere/model.tar.gz")
