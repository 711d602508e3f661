"""Which household the demo shows: told by its orders alone, the same every time."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.demo import household
from cli.demo.household import Basket, choose
from cli.report.model import Product
from lake import Lake
from lake.schema import from_records

AS_OF = date(2017, 12, 5)
NOON = datetime(2017, 12, 4, 12, tzinfo=UTC)


def orders(customer: str, *baskets: range) -> list[Basket]:
    """One a day, the last one yesterday."""
    return [
        Basket(f"{customer}-{i}", customer, NOON - timedelta(days=len(baskets) - i), tuple(map(str, products)))
        for i, products in enumerate(baskets)
    ]


MANY = range(1000, 1100)


def test_the_household_is_the_one_whose_basket_is_the_most_usual():
    # GIVEN three households alike but for their last baskets, whose products 0, 5 and 9 others buy too
    own = [b for n in range(3) for b in orders(f"c{n}", MANY, range(3), range(3), range(100 * n, 100 * n + 8))]
    usual = {n: tuple(str(100 * n + p) for p in range(8)) for n in range(3)}
    others = [Basket(f"{n}-{i}", "x", NOON, usual[n]) for n, times in ((1, 9), (2, 5)) for i in range(times)]
    # WHEN one is chosen
    chosen = choose([*others, *own])
    # THEN it is the second, with its last basket
    assert (chosen.customer_id, chosen.variety, chosen.orders) == ("c1", 111, 4)
    assert chosen.basket.order_id == "c1-3"


def test_a_basket_that_cannot_be_read_at_a_glance_is_not_shown():
    # GIVEN households with few orders, with few products, and with a last basket of one product and of eighty
    few = orders("few", MANY, range(3), range(8))
    poor = orders("poor", range(8), range(8), range(8), range(8))
    least = orders("least", MANY, range(3), range(3), range(1))
    most = orders("most", MANY, range(3), range(3), range(80))
    # WHEN one is chosen, from these and with a readable one
    # THEN it is the readable one, or the refusal says what is missing
    readable = orders("readable", MANY, range(1), range(1), range(8))
    assert choose([*few, *poor, *least, *most, *readable]).customer_id == "readable"
    with pytest.raises(LookupError, match="4 orders"):
        choose([*few, *poor, *least, *most])


def test_the_product_asked_about_is_the_baskets_that_the_shop_sells_most():
    # GIVEN a basket whose product 3 others buy too
    own = orders("own", MANY, range(1), range(1), range(1, 9))
    others = [Basket(f"o{n}", f"o{n}", NOON, ("3", "99")) for n in range(5)]
    # WHEN the household is chosen
    # THEN that product is asked about
    assert choose([*others, *own]).known_for == "3"


SIZES = st.sampled_from([1, 7, 8, 12, 13, 99, 100, 120])


@given(st.lists(st.lists(SIZES, min_size=1, max_size=6), min_size=1, max_size=8))
def test_whoever_is_chosen_can_be_shown(sizes):
    # GIVEN any orders of any households
    found = [b for n, own in enumerate(sizes) for b in orders(f"c{n}", *(range(size) for size in own))]
    # WHEN one is chosen
    try:
        chosen = choose(found)
    except LookupError:
        chosen = None
    # THEN they have orders, variety and a readable basket with the product asked about; nobody else where none has
    fits = {f"c{n}" for n, own in enumerate(sizes) if len(own) >= 4 and max(own) >= 100 and 8 <= own[-1] <= 12}
    assert (chosen.customer_id in fits and chosen.known_for in chosen.basket.products) if chosen else not fits


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A sale of two named products and one without a name; a return; sales of nobody known, too long ago, later."""
    lake = Lake.open(tmp_path_factory.mktemp("lake"))
    today = datetime(2017, 12, 5, 9, tzinfo=UTC)
    lines = [
        line("o1", "2"), line("o1", "8"), line("o1", "1"), line("o1", "8", line_id="again"),
        line("o2", "1", kind="return", quantity=-1.0), line("o3", "1", customer_id=None),
        line("o4", "1", ordered_at=NOON - timedelta(days=28)),
        line("o5", "1", ordered_at=today),
    ]  # fmt: skip
    lake.write("order_lines", from_records("order_lines", lines))
    catalogue = [
        {"product_id": "1", "updated_at": NOON - timedelta(days=9), "name": "TEA", "brand": "National"},
        {"product_id": "1", "updated_at": NOON, "name": "TEA", "attributes": '{"package_size": "8 OZ"}'},
        {"product_id": "1", "updated_at": today, "name": "COFFEE"},
        {"product_id": "8", "updated_at": NOON, "name": "JAM"},
        {"product_id": "2", "updated_at": NOON, "brand": "Private", "attributes": '{"package_size": "1 GA"}'},
    ]
    lake.write("products", from_records("products", catalogue))
    return lake


def line(order, product, **changes):
    found = {
        "order_id": order, "line_id": product, "customer_id": "c", "product_id": product, "ordered_at": NOON,
        "kind": "sale", "quantity": 1.0, "total": Decimal(1),
    }  # fmt: skip
    return found | changes


def test_baskets_are_the_sales_of_known_customers_before_the_day(lake):
    # GIVEN the lake
    # WHEN its baskets are read
    found = household.baskets(lake, AS_OF)
    # THEN there is the one, each of its named products once
    assert [(b.order_id, b.customer_id, b.products) for b in found] == [("o1", "c", ("1", "8"))]


def test_products_are_called_what_they_were_called_before_the_day(lake):
    # GIVEN a product that was renamed since, one without a name, and one that the catalogue lacks
    # WHEN they are looked up
    found = household.products(lake, ["1", "2", "9"], AS_OF)
    # THEN the newest row before the day counts, ids stand in for names, and nothing asked is nothing found
    assert found == {"1": Product("1", "TEA", "8 OZ"), "2": Product("2", "2", "Private, 1 GA"), "9": Product("9", "9")}
    assert household.products(lake, [], AS_OF) == {}
