"""What was known of stock at a date: counts carried forward, orders on their way, terms; and nothing from later."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import ibis
import pytest

from lake.schema import from_records, ibis_schema
from tests.training.conftest import Tables
from tests.training.demand.shop import count, line
from training.stock.position import deliveries, position, terms

DAY = date(2025, 6, 10)
TABLES = ("stock", "deliveries", "order_lines", "supply_terms", "products")


def on(day):
    return datetime.combine(day, time(12), UTC)


def ago(days):
    return DAY - timedelta(days=days)


def source(**rows):
    """Tables of these records as the lake shows them."""
    made = {name: ibis.memtable(from_records(name, rows.get(name, []))).cast(ibis_schema(name)) for name in TABLES}
    return Tables(made)


def bought(number, ordered, came=None, quantity=10.0, location="north", **changes):
    """A line of a purchase order."""
    return {
        "purchase_order_id": f"{number}", "line_id": "1", "product_id": "tea", "location_id": location,
        "supplier": "s", "ordered_at": on(ordered), "arrived_at": on(came) if came else None,
        "quantity": quantity,
    } | changes  # fmt: skip


def at(found, location):
    """(on hand, on order) of tea at a location."""
    (row,) = found[found["location_id"] == location].to_dict("records")
    return row["on_hand"], row["on_order"]


def test_a_count_is_carried_forward_by_what_was_sold_and_came_since():
    # GIVEN a count, then sales, a return and a delivery; and what was before it or elsewhere
    rows = {
        "stock": [count("tea", ago(9), 99), count("tea", ago(5), 20), count("tea", ago(5), 7, "south")],
        "order_lines": [
            line("tea", ago(6), 5),
            line("tea", ago(3), 4),
            line("tea", ago(2), -1, kind="return"),
            line("tea", ago(2), 2, "south"),
            line("rice", ago(2), 50),
        ],
        "deliveries": [bought(1, ago(20), ago(8)), bought(2, ago(12), ago(4)), bought(3, ago(3))],
    }
    # WHEN the position is read
    found = position(source(**rows), DAY)
    # THEN each place has its own, and the whole shop all of it
    assert at(found, "north") == (20 - 3 + 10, 10)
    assert at(found, "south") == (5, 0)
    assert at(found, "*") == (27 + 5, 10)


def test_nothing_that_happened_later_is_known():
    # GIVEN what was known, and everything of later days as well
    known = {"stock": [count("tea", ago(1), 20)], "deliveries": [bought(1, ago(5), quantity=6.0)]}
    later = {
        "stock": [count("tea", DAY, 1)],
        "deliveries": [bought(1, ago(5), ago(-2), 6.0), bought(2, DAY)],
        "order_lines": [line("tea", DAY, 9)],
    }
    # WHEN the position is read with and without the later rows
    alone = position(source(**known), DAY)
    beside = position(source(**later | {"stock": known["stock"] + later["stock"]}), DAY)
    # THEN it is the same: what arrived later is on order
    assert at(beside, "north") == at(alone, "north") == (20, 6)


def test_an_order_comes_when_it_was_promised_and_one_long_gone_is_lost():
    # GIVEN orders that have not arrived: promised in three days, overdue in part, and half a year old
    rows = [
        bought(1, ago(4), promised_on=DAY + timedelta(days=3)),
        bought(2, ago(4), quantity=8.0, arrived=3.0, location="south", promised_on=ago(1)),
        bought(3, ago(200)),
    ]
    counted = [count("tea", ago(1), 1), count("tea", ago(1), 1, "south")]
    # WHEN the position is read
    found = position(source(stock=counted, deliveries=rows), DAY).set_index("location_id")
    # THEN what is left of them is on order, due when promised and never in the past
    assert found.loc[["north", "south"], "on_order"].tolist() == [10, 5]
    assert found.loc[["north", "south"], "due_in_days"].tolist() == [3, 0]


def test_a_shop_that_keeps_no_deliveries_says_what_is_on_order_with_its_count():
    # GIVEN counts with what is on order, and no deliveries
    counted = [count("tea", ago(1), 1) | {"on_order": 12.0}, count("rice", ago(1), 1)]
    # WHEN the position is read
    found = position(source(stock=counted), DAY).set_index(["product_id", "location_id"])
    # THEN that is on order, and nothing where it is not said
    assert found.loc[("tea", "north"), "on_order"] == 12
    assert found.loc[("rice", "north"), "on_order"] == 0


def test_terms_are_the_latest_known_with_cost_and_price_of_the_catalogue_where_they_say_none():
    # GIVEN terms that changed twice, once after the day, and a product that only the catalogue knows
    def term(day, **changes):
        return {"product_id": "tea", "supplier": "s", "updated_at": on(day), "currency": "EUR"} | changes

    def listed(product, **changes):
        return {"product_id": product, "updated_at": on(ago(50)), "currency": "USD"} | changes

    rows = {
        "supply_terms": [
            term(ago(9), pack_size=4.0),
            term(ago(5), pack_size=6.0, unit_cost=Decimal("1.5")),
            term(DAY, pack_size=9.0),
        ],
        "products": [
            listed("tea", price=Decimal(3), cost=Decimal(9)),
            listed("rice", price=Decimal(2), cost=Decimal(1)),
        ],
    }
    # WHEN they are read
    found = terms(source(**rows), DAY).set_index("product_id")
    # THEN the latest before the day holds
    assert found.loc["tea", ["pack_size", "unit_cost", "price", "currency"]].tolist() == [6, 1.5, 3, "EUR"]
    assert found.loc["rice", ["unit_cost", "price", "currency"]].tolist() == [1, 2, "USD"]
    assert found.loc["rice"].isna()["pack_size"]


@pytest.mark.parametrize("arrived", [None, DAY])
def test_lead_times_are_learned_from_what_had_arrived(arrived):
    # GIVEN a delivery that came, and one that did not by the day
    rows = [bought(1, ago(9), ago(4)), bought(2, ago(5), arrived)]
    # WHEN deliveries are read
    found = deliveries(source(deliveries=rows), DAY)
    # THEN only the first is one
    assert [(row.arrived_on - row.ordered_on).days for row in found.itertuples()] == [5]
