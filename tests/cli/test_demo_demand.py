"""What the demo reads and simulates for demand and stock, on a small real lake."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cli import sold
from cli.demo import shelves
from commerce.families.stock.answer import EVERYWHERE
from lake import Lake
from lake.schema import from_records

AS_OF = date(2018, 1, 1)
"""A Monday."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """Tea sells five a day in two stores, milk two, fuel by volume, and jam was sold once."""
    made = Lake.open(tmp_path_factory.mktemp("shop"))
    daily = {"tea": 5, "milk": 2, "fuel": 5000}
    rows = [
        line(product, AS_OF - timedelta(days=age), units, store="north" if age % 2 else "south")
        for product, units in daily.items()
        for age in range(1, 61)
    ]
    made.write("order_lines", from_records("order_lines", [*rows, line("jam", AS_OF - timedelta(days=20), 3)]))
    known = datetime(2017, 1, 1, tzinfo=UTC)
    products = [
        {"product_id": product, "updated_at": known, "department": department}
        for product, department in (("tea", "GROCERY"), ("milk", "DAIRY"), ("fuel", "FUEL"), ("jam", "GROCERY"))
    ]
    made.write("products", from_records("products", products))
    return made


def line(product, day, units, store="north"):
    at = datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)
    return {
        "order_id": f"{product}-{day}",
        "line_id": "1",
        "product_id": product,
        "ordered_at": at,
        "kind": "sale",
        "quantity": float(units),
        "unit_price": Decimal(2),
        "total": Decimal(2 * units),
        "currency": "USD",
        "store_id": store,
    }


def test_history_has_every_week_from_the_first_sale_to_the_forecast(lake):
    # GIVEN products that sold for 60 days, and once
    # WHEN their history before the forecast is read
    tea, jam = (sold.history(lake, product, EVERYWHERE, AS_OF, "week") for product in ("tea", "jam"))
    # THEN it begins with the first sale's week, ends with the last one, and weeks without a sale are nothing
    assert list(tea) == [AS_OF - timedelta(weeks=k) for k in range(9, 0, -1)]
    assert list(tea.values()) == [20, *[35] * 8]
    assert list(jam.values()) == [3, 0, 0]


def test_history_is_of_one_store_and_by_days_where_that_is_forecast(lake):
    # GIVEN a product that sells in each store every second day
    # WHEN its history in one store is read by days
    found = sold.history(lake, "milk", "north", AS_OF, "day")
    # THEN every second day has its units
    assert list(found.values())[-4:] == [0, 2, 0, 2]
    assert sold.history(lake, "never", EVERYWHERE, AS_OF, "week") == {}


def test_the_best_seller_is_no_product_that_is_sold_by_volume(lake):
    # GIVEN fuel and tea
    # WHEN the best seller is asked for
    # THEN it is tea; where nothing sold, there is none
    assert sold.best_seller(lake, AS_OF, 56, shelves.MOST_UNITS) == "tea"
    with pytest.raises(LookupError, match="no product sold"):
        sold.best_seller(lake, AS_OF + timedelta(days=365), 56, shelves.MOST_UNITS)


def test_shelves_are_simulated_of_what_sells_and_known_before_the_day(lake):
    # GIVEN the shop
    # WHEN its shelves are simulated
    assumed = shelves.simulate(lake, AS_OF)
    # THEN tea and milk have stock, terms and deliveries that came, all before the as-of date
    stock, terms, deliveries = (lake.read(name).to_pylist() for name in ("stock", "supply_terms", "deliveries"))
    assert [row["product_id"] for row in stock] == [row["product_id"] for row in terms] == ["milk", "tea"]
    assert all(0 <= row["quantity"] <= 8 * 35 + 1 and row["counted_at"].date() < AS_OF for row in stock)
    assert {row["unit_cost"] for row in terms} == {Decimal("1.4000")}
    late = [row["arrived_at"] - row["ordered_at"] for row in deliveries]
    assert len(late) == 2 * shelves.DELIVERIES
    assert timedelta(days=2) <= min(late) <= max(late) <= timedelta(days=13)
    assert max(row["arrived_at"] for row in deliveries).date() <= AS_OF
    assert (assumed.products, assumed.suppliers) == (2, 2)
    # AND the same again, from the same seed
    shelves.simulate(lake, AS_OF)
    assert lake.read("stock").to_pylist() == stock
