"""Which events are actions, with which products, and whose."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.actions import Action, actions, key
from commerce.events import parse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=5,
)


def event(name="Product Viewed", properties=None, **changes):
    message = {"type": "track", "messageId": "m-1", "userId": "c-1", "event": name, "timestamp": NOW.isoformat()}
    return parse(message | {"properties": properties or {"product_id": "p-1"}} | changes, received_at=NOW)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Product Clicked", "viewed"),
        ("Product Viewed", "viewed"),
        ("Product Added", "added"),
        ("Product Removed", "removed"),
    ],
)
def test_something_done_with_one_product_is_one_action(name, kind):
    # GIVEN an event of one product
    # WHEN its actions are asked for
    # THEN it is one, of its kind, at its time
    assert actions(event(name)) == [Action(kind=kind, product_id="p-1", at=NOW)]


def test_an_order_is_an_action_per_line():
    # GIVEN an order of two lines, one with a number as its id
    order = event("Order Completed", {"order_id": "o-1", "products": [{"product_id": "a"}, {"product_id": 7}]})
    # WHEN its actions are asked for
    # THEN each product was ordered
    assert [(a.kind, a.product_id) for a in actions(order)] == [("ordered", "a"), ("ordered", "7")]


@pytest.mark.parametrize("changes", [{"event": "Product List Viewed"}, {"event": "Hello"}, {"type": "page"}])
def test_other_events_are_no_actions(changes):
    # GIVEN an event that does nothing with one product
    # WHEN its actions are asked for
    # THEN there is none
    assert actions(event(properties={"products": [{"product_id": "p-1"}], "product_id": "p-1"}, **changes)) == []


@given(
    st.sampled_from(["Product Clicked", "Product Viewed", "Product Added", "Product Removed"]),
    st.dictionaries(st.sampled_from(["products", "product", "id"]) | st.text(max_size=5), JSON, max_size=3),
)
def test_properties_of_the_senders_own_change_nothing(name, own):
    # GIVEN an event of one product with whatever else a shop sends along, a property `products` too
    seen = event(name, {k: v for k, v in own.items() if k == "products"} | {"product_id": "p-1"})
    # WHEN its actions are asked for
    # THEN it is the one product's
    assert [a.product_id for a in actions(seen)] == ["p-1"]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({"userId": "c-1"}, ("customer#c-1", "actions")),
        ({"userId": None, "anonymousId": "v-1"}, ("visitor#v-1", "actions")),
        ({"userId": "c-1", "anonymousId": "v-1"}, ("customer#c-1", "actions")),
    ],
)
def test_an_action_is_the_customers_where_they_are_known(ids, expected):
    # GIVEN an event of a customer, of a visitor, of a customer in a known browser
    # WHEN it is asked whose it is
    # THEN it is the customer's where there is one
    assert key(event(**ids)) == expected
