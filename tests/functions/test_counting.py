"""Counting orders: once per message, in any order, whoever else counts at the same time."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.counters import CustomerState, OrderCount
from functions.common import counters
from functions.common.aws import client
from functions.ingest import counting

NOW = datetime(2026, 1, 31, tzinfo=UTC)
TABLE = "test-counters"


def count(*numbers, customer="c-1"):
    """Orders by number: number n was made n hours after New Year."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [(f"{customer}-{n}", OrderCount(customer, start + timedelta(hours=n))) for n in numbers]


def add(counts):
    return counting.add(client("dynamodb"), TABLE, counts, now=NOW)


def state(customer="c-1"):
    return counters.read(client("dynamodb"), TABLE, [customer], consistent=True).get(customer)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(counting, "pause", lambda attempt: None)


def test_an_order_is_counted_with_its_time(account):
    # GIVEN a customer's first two orders, the later one first
    # WHEN they are counted
    added = [add(count(5)), add(count(2))]
    # THEN number and times are right
    assert added == [1, 1]
    times = [c.ordered_at for _, c in count(2, 5)]
    assert state() == CustomerState(orders=2, first_order_at=times[0], last_order_at=times[1])


def test_a_message_sent_again_is_not_counted_again(account):
    # GIVEN orders that were counted
    add(count(1, 2))
    # WHEN they come again, with a new one among them
    added = add(count(2, 3, 1))
    # THEN only the new one counts
    assert added == 1
    assert state().orders == 3


def test_more_orders_than_a_transaction_holds_are_all_counted(account):
    # GIVEN 120 orders of one customer and one each of 60 others
    many = count(*range(120))
    others = [one for i in range(60) for one in count(1, customer=f"o-{i}")]
    # WHEN they are counted in one call
    added = add(many + others)
    # THEN none is missing
    assert added == 180
    assert state().orders == 120
    assert state("o-59").orders == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(calls=st.lists(st.lists(st.integers(0, 8), max_size=6), max_size=5))
def test_any_calls_in_any_order_count_each_message_once(account, calls):
    # GIVEN any sequence of calls with repeated messages
    customer = str(uuid4())
    # WHEN all are counted
    for numbers in calls:
        add(count(*numbers, customer=customer))
    # THEN the state is that of the distinct messages
    distinct = sorted({n for numbers in calls for n in numbers})
    expected = None
    if distinct:
        times = [c.ordered_at for _, c in count(*distinct)]
        expected = CustomerState(orders=len(times), first_order_at=times[0], last_order_at=times[-1])
    assert state(customer) == expected


def test_a_count_that_another_invocation_made_in_between_is_neither_lost_nor_doubled(account, monkeypatch):
    # GIVEN another invocation that counts order 1 and the shared order 2 between this one's reading and writing
    real = client("dynamodb").transact_write_items
    raced = []

    def race(**parameters):
        if not raced:
            raced.append(True)
            add(count(1, 2))
        return real(**parameters)

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", race)
    # WHEN this one counts the shared order and one of its own
    added = add(count(2, 3))
    # THEN all three are counted, the shared one once
    assert added == 1
    assert state().orders == 3


def test_counters_that_stay_contended_are_an_error_that_says_so(account, monkeypatch):
    # GIVEN a table that another invocation changes before every write
    real = client("dynamodb").transact_write_items
    calls = iter(range(100, 1000))

    def race(**parameters):
        monkeypatch.setattr(client("dynamodb"), "transact_write_items", real)
        add(count(next(calls)))
        monkeypatch.setattr(client("dynamodb"), "transact_write_items", race)
        return real(**parameters)

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", race)
    # WHEN an order is counted
    # THEN the caller is told, and the order is not half counted
    with pytest.raises(counting.ContendedError):
        add(count(1))
    assert "message#c-1-1" not in {item["pk"]["S"] for item in account.items("counters")}


def test_markers_expire_and_states_do_not(account):
    # GIVEN an order
    # WHEN it is counted
    add(count(1))
    # THEN only its marker has a time to live, as far ahead as a client may retry
    ttls = {item["pk"]["S"]: int(item["ttl"]["N"]) for item in account.items("counters") if "ttl" in item}
    assert ttls == {"message#c-1-1": int((NOW + timedelta(days=30)).timestamp())}
