"""Counting what products sell: with the order it belongs to, once, whatever fails and however often it is sent."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.counters import OrderCount
from commerce.sales import ERA, PARTS, ProductState, product_key, weight
from functions.common import counters
from functions.common.aws import client
from functions.ingest import counting
from functions.ingest.transactions import ACTIONS, groups, parts
from tests.functions.test_counting import add, at_once, state  # noqa: F401 - a fixture that holds for this file too

NOW = datetime(2026, 1, 31, tzinfo=UTC)
TABLE = "test-counters"


def order(units, customer=None, at=NOW, message=None):
    return (message or str(uuid4()), OrderCount(customer, at, units))


def sums(product):
    """What is stored of a product, to the last digit."""
    pk, sk = product_key(product)
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    item = client("dynamodb").get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item", {})
    return {name: int(typed["N"]) for name, typed in item.items() if name not in key}


def expected(orders):
    """Product → what is stored of it, of orders that are each counted once."""
    found = {}
    for count in dict(orders).values():
        for product, quantity in count.units.items():
            era, unit = weight(count.ordered_at)
            stored, name = found.setdefault(product, {}), counters.era_name(era)
            stored[name] = stored.get(name, 0) + round(quantity * unit)
    return found


class Faults:
    """`transact_write_items` with failures in turn: before anything is written, or after, the answer being lost."""

    def __init__(self, monkeypatch, turns):
        self.real, self.turns, self.sizes = client("dynamodb").transact_write_items, list(turns), []
        monkeypatch.setattr(client("dynamodb"), "transact_write_items", self)

    def __call__(self, TransactItems):
        self.sizes.append(len(TransactItems))
        turn = self.turns.pop(0) if self.turns else None
        code = turn.removeprefix("lost ") if turn else None
        if turn is None or turn.startswith("lost "):
            self.real(TransactItems=TransactItems)
        if code:
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "TransactWriteItems")


def test_an_order_adds_its_units_to_its_products_and_counts_for_its_customer(account):
    # GIVEN two orders of a known customer and one of nobody known, in different eras
    orders = [order({"a": 2, "b": 1}, "c-1"), order({"a": 0.5}, "c-1", NOW - ERA), order({"a": 1, "c": 3})]
    # WHEN they are counted
    added = add(orders)
    # THEN each product has the sum of its sales by era, and the customer both orders
    assert added == 3
    assert {product: sums(product) for product in "abc"} == expected(orders)
    assert state().orders == 2
    found = counters.sales(client("dynamodb"), TABLE, ["a", "never sold"])
    assert found == {"a": ProductState({int(k[3:]): v / PARTS for k, v in sums("a").items()})}


def test_an_order_of_more_products_than_a_transaction_holds_is_counted_whole(account):
    # GIVEN an order of 120 products
    big = order({f"p-{i}": 1 + i for i in range(120)}, "c-1")
    # WHEN it is counted, and sent again
    added = [add([big]), add([big])]
    # THEN it is one order, and no product is missing or counted twice
    assert added == [1, 0]
    assert {f"p-{i}": sums(f"p-{i}") for i in range(120)} == expected([big])
    assert state().orders == 1


def test_what_was_left_of_a_big_order_is_counted_when_it_is_sent_again(account, monkeypatch):
    # GIVEN an order in two parts, of which the second was refused
    big = order({f"p-{i}": 1 for i in range(120)}, "c-1")
    Faults(monkeypatch, [None, "AccessDeniedException"])
    with pytest.raises(ClientError):
        add([big])
    assert 0 < sum(bool(sums(f"p-{i}")) for i in range(120)) < 120
    # WHEN the client sends it again
    add([big])
    # THEN the rest is counted, and nothing twice
    assert {f"p-{i}": sums(f"p-{i}") for i in range(120)} == expected([big])
    assert state().orders == 1


def test_orders_of_one_customer_may_need_more_transactions_than_there_are_attempts(account, monkeypatch):
    # GIVEN a till that sends its day in one call under one id, of which a transaction holds two orders
    monkeypatch.setattr(counting, "ACTIONS", 9)
    orders = [order({f"p-{i}-{n}": 1 for n in range(3)}, "till") for i in range(3 * counting.ATTEMPTS)]
    faults = Faults(monkeypatch, [])
    # WHEN it is counted
    added = add(orders)
    # THEN none is missing, and nothing had to be tried again
    assert added == state("till").orders == len(orders)
    assert faults.sizes == [9] * (len(orders) // 2)
    assert {product: sums(product) for product in expected(orders)} == expected(orders)


ORDERS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from([None, "ann", "ben"]),
        st.dictionaries(st.sampled_from("abcd"), st.floats(0.001, 1e6), max_size=3),
        st.integers(0, 900),
    ),
    unique_by=lambda o: o[0],
    max_size=8,
)
TURNS = st.lists(
    st.sampled_from(
        [
            None,
            "ThrottlingException",
            "TransactionCanceledException",
            "InternalServerError",
            "lost InternalServerError",
            "lost TransactionInProgressException",
        ]
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(orders=ORDERS, picks=st.lists(st.lists(st.integers(0, 7), max_size=8), max_size=4), turns=TURNS)
def test_any_calls_in_any_order_through_any_failures_give_the_same_state(account, orders, picks, turns):
    # GIVEN orders, calls that send them in any order and repetition, and a table that is throttled, cancels
    # transactions, or carries them out without telling
    salt = str(uuid4())
    made = [
        order({salt + product: q for product, q in units.items()}, customer and salt + customer,
              NOW - timedelta(days=days), f"{salt}{number}")
        for number, customer, units, days in orders
    ]  # fmt: skip
    sent = [[made[i] for i in call if i < len(made)] for call in picks]
    with pytest.MonkeyPatch.context() as patch:
        Faults(patch, turns)
        # WHEN all are counted
        added = sum(add(call) for call in sent)
    # THEN products and customers are as if each order had come once and nothing had failed
    distinct = dict(pair for call in sent for pair in call)
    assert added <= len(distinct)
    for product, stored in expected(distinct.items()).items():
        assert sums(product) == stored
    for customer in ("ann", "ben"):
        times = [c.ordered_at for c in distinct.values() if c.customer_id == salt + customer]
        found = state(salt + customer)
        assert (found.orders if found else 0) == len(times)
        assert found is None or (found.first_order_at, found.last_order_at) == (min(times), max(times))


def test_transactions_that_meet_others_become_smaller(account, monkeypatch):
    # GIVEN a product that everybody buys at once: larger transactions always meet another one
    faults = Faults(monkeypatch, [])
    real = faults.real

    def meets(TransactItems):
        if len(TransactItems) > 6:
            raise ClientError({"Error": {"Code": "TransactionCanceledException", "Message": ""}}, "TransactWriteItems")
        return real(TransactItems=TransactItems)

    faults.real = meets
    orders = [order({"hit": 1, f"p-{i}": 1}, f"c-{i}") for i in range(30)]
    # WHEN a call of many orders is counted
    added = add(orders)
    # THEN all are, and no transaction was larger than DynamoDB takes
    assert added == 30
    assert sums("hit") == expected(orders)["hit"]
    assert max(faults.sizes) <= ACTIONS


def test_a_product_that_stays_contended_is_an_error_and_nothing_is_half_counted(account, monkeypatch):
    # GIVEN a table that cancels every transaction
    Faults(monkeypatch, ["TransactionCanceledException"] * 1000)
    # WHEN an order is counted
    with pytest.raises(counting.ContendedError):
        add([order({"a": 1}, "c-1")])
    # THEN neither marker, customer nor product is there
    assert account.items("counters") == []


@given(
    st.lists(
        st.tuples(st.sampled_from([None, "a", "b", "c"]), st.sets(st.integers(0, 400), max_size=300)), max_size=20
    ),
    st.sampled_from([100, 25, 6, 1]),
)
def test_transactions_hold_every_part_once_and_no_item_twice(orders, most):
    # GIVEN orders of up to 300 products
    counts = {f"m-{i}": OrderCount(who, NOW, {f"p-{p}": 1.0 for p in sold}) for i, (who, sold) in enumerate(orders)}
    pending = list(parts(counts))
    # WHEN they are put into transactions of at most that many actions
    made = list(groups(pending, most))
    # THEN every part is in one of them, no transaction is too large or names an item twice
    assert sorted(p.marker for g in made for p in g.parts) == sorted(p.marker for p in pending)
    for group in made:
        actions = [body for action in group.actions(TABLE, {}, NOW) for body in action.values()]
        keys = [(body.get("Key") or body["Item"]) for body in actions]
        assert len({(key["pk"]["S"], key["sk"]["S"]) for key in keys}) == len(actions) <= ACTIONS
        assert len(actions) <= most or len(group.parts) == 1
