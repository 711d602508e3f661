"""What products sell lately: forward decay in eras is the decayed sum, whatever the order of the sales."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.counters import OrderCount, counts
from commerce.events import parse
from commerce.sales import EPOCH, ERA, HALF_LIFE, PARTS, ProductState, weight

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def times(*, years):
    """Any time within so many years from where counting begins."""
    return st.floats(0, 365 * years).map(lambda days: EPOCH + timedelta(days=days))


SALES = st.lists(st.tuples(st.floats(0.01, 1e6), times(years=26)), min_size=1, max_size=50)


def state(sales):
    sums = {}
    for quantity, at in sales:
        era, unit = weight(at)
        sums[era] = sums.get(era, 0) + round(quantity * unit)
    return ProductState({era: amount / PARTS for era, amount in sums.items()})


def direct(sales, now):
    """The mean of a day by the definition: each unit weighs half as much for each half-life that it lies back."""
    decayed = sum(quantity * 0.5 ** ((now - at) / HALF_LIFE) for quantity, at in sales)
    weight_of_a_unit_a_day = HALF_LIFE / timedelta(days=1) / 0.6931471805599453
    return decayed / weight_of_a_unit_a_day


@given(SALES, st.floats(0, 1000))
def test_forward_decay_is_the_decayed_sum_at_any_later_time(sales, days):
    # GIVEN sales of 26 years, some across the borders of eras, and a time
    now = NOW + timedelta(days=days)
    # WHEN what was added sale by sale is read then
    rate = state(sales).rate(now)
    # THEN it is the sum over all sales, each decayed on its own
    assert rate == pytest.approx(direct(sales, now), rel=1e-9)


@given(st.permutations([(3.0, NOW), (0.1, NOW - timedelta(days=1)), (1e6, EPOCH), (0.7, NOW - 3 * ERA)]))
def test_the_order_of_sales_changes_nothing(sales):
    # GIVEN the same sales in another order
    # WHEN they are added up
    # THEN the state is the same to the last digit
    assert state(sales) == state(sorted(sales))


@given(st.floats(0, 2000 * 1e9), times(years=100))
def test_a_sum_is_a_whole_number_of_few_digits_in_any_year(quantity, at):
    # GIVEN the most that an event may sell, in this century
    era, unit = weight(at)
    # WHEN it is added up a billion times
    # THEN DynamoDB, which refuses sums of more than 38 digits, still takes it
    assert 0 <= round(quantity * unit) * 10**9 < 10**38
    assert era >= 0


def test_a_unit_a_day_is_a_unit_a_day():
    # GIVEN a product that sells one unit every day at noon, for two years
    sales = [(1.0, NOW - timedelta(days=day)) for day in range(730)]
    # WHEN its rate is read at midnight
    # THEN it is a unit a day
    assert state(sales).rate(NOW + timedelta(hours=12)) == pytest.approx(1.0, rel=1e-3)


def event(products, name="Order Completed", **changes):
    properties = {"order_id": "o-1", "products": products}
    message = {"type": "track", "event": name, "messageId": "m-1", "userId": "c-1", "properties": properties}
    return parse(message | {"timestamp": NOW.isoformat()} | changes, received_at=NOW)


def test_an_order_counts_each_product_once_with_all_its_lines():
    # GIVEN an order with a product on two lines, one without a quantity, and what sells nothing
    lines = [("a", 2), ("b", None), ("a", 0.5), ("c", 0), ("d", -1)]
    products = [{"product_id": id_} | ({} if quantity is None else {"quantity": quantity}) for id_, quantity in lines]
    # WHEN it is counted
    counted = counts(event(products))
    # THEN lines are added up, a line without a quantity is one unit as in the lake, and nothing is taken away
    assert counted == OrderCount("c-1", NOW, {"a": 2.5, "b": 1.0})


def test_an_order_of_nobody_known_counts_for_its_products():
    # GIVEN a visitor's order
    visitor = {"userId": None, "anonymousId": "v-1"}
    # WHEN it is counted
    # THEN its products count, and where it sells none there is nothing to count
    assert counts(event([{"product_id": "a"}], **visitor)) == OrderCount(None, NOW, {"a": 1.0})
    assert counts(event([{"product_id": "a", "quantity": 0}], **visitor)) is None


@pytest.mark.parametrize("name", ["Order Updated", "Order Refunded", "Order Cancelled", "Cart Viewed", "Hello"])
def test_no_other_event_counts(name):
    # GIVEN something else that is said of products
    # WHEN it is counted
    # THEN it adds nothing
    assert counts(event([{"product_id": "a"}], name=name)) is None
