"""The simulated replies: seeded, as stated, and with a truth that is exactly what was added."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.demo import contacts
from cli.demo import replies as bringing
from cli.demo.response import Reply, ResponseModel, replies, truth
from lake import Lake
from lake.schema import from_records
from tests.cli.campaign_fixtures import mail

STARTS, DAYS = datetime(2017, 12, 5, tzinfo=UTC), 28
MODEL = ResponseModel()
MANY = {f"c{number}": [f"o{number}-1", f"o{number}-2"] for number in range(4000)}


@cache
def of_everybody():
    return {reply.customer_id: reply for reply in replies(MODEL, MANY, STARTS, DAYS)}


def test_the_same_seed_gives_the_same_replies():
    # GIVEN the model
    # WHEN replies are drawn twice, and with another seed
    first, second = replies(MODEL, MANY, STARTS, DAYS), replies(MODEL, MANY, STARTS, DAYS)
    other = replies(replace(MODEL, seed=1), MANY, STARTS, DAYS)
    # THEN only the other seed changes them
    assert first == second
    assert first != other


@given(st.sets(st.integers(0, 200), min_size=1))
def test_a_household_replies_the_same_whoever_else_got_a_letter(chosen):
    # GIVEN some of the households
    some = {f"c{number}": MANY[f"c{number}"] for number in chosen}
    # WHEN replies are drawn for them and for all
    everybody = of_everybody()
    # THEN each does what it did among all
    assert all(everybody[reply.customer_id] == reply for reply in replies(MODEL, some, STARTS, DAYS))


def test_shares_are_those_that_are_stated():
    # GIVEN 4,000 households
    given_ = replies(MODEL, MANY, STARTS, DAYS)
    # WHEN the steps are counted
    opened = sum(reply.opened for reply in given_) / len(given_)
    clicked = sum(reply.clicked for reply in given_) / len(given_)
    ordered = sum(reply.basket is not None for reply in given_) / len(given_)
    # THEN they are the model's, to within three standard errors and more
    assert opened == pytest.approx(MODEL.opens, abs=0.03)
    assert clicked == pytest.approx(MODEL.opens * MODEL.clicks, abs=0.03)
    assert ordered == pytest.approx(MODEL.orders, abs=0.03)
    assert MODEL.orders == pytest.approx(0.322)


def test_nobody_clicks_or_orders_unopened_and_orders_fall_into_the_window():
    # GIVEN many replies
    given_ = replies(MODEL, MANY, STARTS, DAYS)
    # WHEN they are looked at
    extra = [reply for reply in given_ if reply.basket is not None]
    # THEN each step needs the one before, and an order is a past basket of the household's own
    assert not any((reply.clicked or reply.basket) and not reply.opened for reply in given_)
    assert all(STARTS <= reply.at < STARTS + timedelta(days=DAYS) for reply in extra)
    assert all(reply.basket in MANY[reply.customer_id] for reply in extra)


def test_a_household_without_a_past_orders_nothing():
    # GIVEN households that never ordered
    given_ = replies(MODEL, {f"c{number}": [] for number in range(500)}, STARTS, DAYS)
    # WHEN their replies are drawn
    # THEN none is an order
    assert all(reply.basket is None for reply in given_)


def test_the_truth_counts_only_whom_the_letter_changed():
    # GIVEN four allocated, of whom two order once more, one of them would have ordered anyway
    given_ = [
        Reply("a", True, True, "oa", STARTS),
        Reply("b", True, False, "ob", STARTS),
        Reply("c", False, False),
    ]
    # WHEN the truth is told; the fourth got no letter
    found = truth(given_, ["a", "b", "c", "d"], {"b", "d"}, {"oa": 10.0, "ob": 30.0})
    # THEN one of four was converted, and all the money counts
    assert (found.conversion, found.revenue, found.treated, found.extra_orders) == (0.25, 10.0, 4, 2)


@pytest.fixture
def lake(tmp_path):
    """Two households with a past basket of two lines; `b` orders in the window too."""
    lake = Lake.open(tmp_path)
    orders = [("o1", "a", date(2017, 11, 1)), ("o2", "b", date(2017, 11, 2)), ("o3", "b", date(2017, 12, 10))]
    money = {"currency": "USD"}
    lake.write(
        "orders",
        from_records(
            "orders",
            [
                {
                    "order_id": order,
                    "customer_id": customer,
                    "ordered_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
                    "status": "completed",
                    "channel": "store",
                    "total": Decimal(7),
                    **money,
                }
                for order, customer, day in orders
            ],
        ),
    )
    lake.write(
        "order_lines",
        from_records(
            "order_lines",
            [
                {
                    "order_id": order,
                    "line_id": line,
                    "customer_id": customer,
                    "product_id": f"p{line}",
                    "ordered_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
                    "kind": "sale",
                    "quantity": 1.0,
                    "total": Decimal(total),
                    **money,
                }
                for order, customer, day in orders
                for line, total in (("1", 3), ("2", 4))
            ],
        ),
    )
    return lake


def test_what_is_written_is_exactly_the_truth(lake):
    # GIVEN both households order once more, as they did before
    past = bringing.past(lake, ["a", "b"], STARTS.date(), DAYS)
    at = STARTS + timedelta(days=3)
    given_ = [Reply("a", True, True, "o1", at), Reply("b", True, False, "o2", at)]
    # WHEN the orders are written, twice
    for _ in range(2):
        assert bringing.write_orders(lake, "win-back", given_, STARTS.date()) == 2
    # THEN the lake holds them once, on top of the real ones, labelled, with their lines
    rows = {row["order_id"]: row for row in lake.read("orders").to_pylist()}
    added = {name: row for name, row in rows.items() if row["channel"] == bringing.CHANNEL}
    lines = [row for row in lake.read("order_lines").to_pylist() if row["order_id"] in added]
    assert set(rows) - set(added) == {"o1", "o2", "o3"}
    assert {row["ordered_at"] for row in (*added.values(), *lines)} == {at}
    assert sum(row["total"] for row in added.values()) == sum(row["total"] for row in lines) == 14
    found = truth(given_, ["a", "b"], past.ordered_in_window, past.amounts)
    assert (found.conversion, found.revenue) == (0.5, 7.0)


def test_nothing_is_written_where_nobody_orders(lake):
    # GIVEN replies without an order
    # WHEN they are written
    written = bringing.write_orders(lake, "win-back", [Reply("a", True, False)], STARTS.date())
    # THEN the lake is as it was
    assert written == 0
    assert lake.read("orders").num_rows == 3


def test_opens_come_late_enough_for_a_person(lake):
    # GIVEN a household that clicked and one that did nothing
    given_ = [Reply("1", True, True), Reply("2", False, False)]
    # WHEN the reactions are told
    found = bringing.reactions(given_, {"1": mail(1), "2": mail(2)}, "https://shop.example")
    # THEN the open is more than five seconds after delivery, and the click after the open
    opened, clicked = found
    assert (opened.type, clicked.type) == ("open", "click")
    assert mail(1).at + timedelta(seconds=5) < opened.at < clicked.at


def test_made_up_contacts_are_labelled_and_keep_what_is_known(tmp_path):
    # GIVEN a household of whom the shop knows a country and a trait
    lake = Lake.open(tmp_path)
    known = {
        "customer_id": "7",
        "updated_at": datetime(2017, 1, 1, tzinfo=UTC),
        "country": "US",
        "traits": '{"age": "35-44"}',
    }
    lake.write("customers", from_records("customers", [known]))
    # WHEN contacts are made up, twice
    for _ in range(2):
        assert contacts.make_up(lake, STARTS.date()) == 1
    # THEN there is one more row, known before the as-of date, with an address that is nobody's
    _, row = sorted(lake.read("customers").to_pylist(), key=lambda row: row["updated_at"])
    assert row["updated_at"] < STARTS
    assert (row["email"], row["email_consent"], row["country"]) == ("household-7@shop.example", True, "US")
    assert contacts.customer(row["email"]) == "7"
    assert contacts.MADE_UP in row["traits"]
    assert "35-44" in row["traits"]
