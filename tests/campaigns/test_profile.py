"""What is known of a customer: right on small cases, blind to the future, and the same on both engines."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campaigns.profile import COLUMNS, column, profile
from commerce.campaigns.profile import FIELDS, SAMPLES
from lake import Lake
from tests.campaigns.conftest import AS_OF, at, customer, fill, line, message, order, product


def rows(lake: Lake) -> dict[str, dict[str, Any]]:
    """Profiles by customer, lists in a fixed order."""
    found = profile(lake, AS_OF).to_pyarrow().to_pylist()
    return {row["customer_id"]: row for row in found}


def of(lake: Lake, customer_id: str) -> dict[str, Any]:
    """One profile by the fields' paths."""
    row = rows(lake)[customer_id]
    return {field.path: row[column(field.path)] for field in FIELDS}


def test_a_customer_is_described_by_completed_orders_before_the_as_of_date(lake):
    # GIVEN four orders, one of them cancelled, and a customer who registered before the first
    orders = [
        order(1, "anna", 500, 30),
        order(2, "anna", 100, 20),
        order(3, "anna", 30, 10),
        order(4, "anna", 5, 99, status="cancelled"),
    ]
    fill(lake, customers=[customer("anna", created_at=at(600))], orders=orders)
    # WHEN
    known = of(lake, "anna")
    # THEN
    expected = {
        "customer.id": "anna",
        "customer.country": "DE",
        "customer.time_zone": "Europe/Berlin",
        "customer.known_days": 600,
        "orders.count": 3,
        "orders.count_30d": 1,
        "orders.count_90d": 1,
        "orders.count_365d": 2,
        "orders.spend": 60.0,
        "orders.spend_90d": 10.0,
        "orders.spend_365d": 30.0,
        "orders.average": 20.0,
        "orders.first_days_ago": 500,
        "orders.last_days_ago": 30,
        "orders.usual_gap_days": 235.0,
    }
    assert {path: known[path] for path in expected} == expected


def test_the_vocabulary_tells_each_field_and_its_type(lake):
    # GIVEN a customer of whom everything is known
    bought = [order(1, "anna", 20, 10), order(2, "anna", 10, 10)]
    fill(
        lake,
        customers=[customer("anna")],
        orders=bought,
        order_lines=[line(bought[0])],
        products=[product("p1", "GROCERY", "CHEESE")],
    )
    # WHEN
    known = of(lake, "anna")
    # THEN every field is there, in the type that conditions are checked with
    assert {path: type(value) for path, value in known.items()} == {f.path: type(SAMPLES[f.kind]) for f in FIELDS}


def test_an_order_undone_after_the_as_of_date_still_counts_on_it(lake):
    # GIVEN orders that were cancelled and refunded, before and after
    fill(
        lake,
        orders=[
            order(1, "anna", 9, 10, status="cancelled", status_at=at(-2)),
            order(2, "anna", 8, 10, status="refunded", status_at=at(-2)),
            order(3, "anna", 7, 10, status="refunded", status_at=at(2)),
            order(4, "anna", 6, 10, status="cancelled"),
        ],
    )
    # WHEN
    known = of(lake, "anna")
    # THEN
    assert (known["orders.count"], known["orders.last_days_ago"]) == (2, 8)


def test_days_are_calendar_days(lake):
    # GIVEN an order on the last evening before the as-of date, and one on the first minute of the thirtieth day before
    fill(lake, orders=[order(1, "anna", 0.1, 10), order(2, "anna", 30, 10), order(3, "anna", 30.01, 10)])
    # WHEN
    known = of(lake, "anna")
    # THEN
    assert (known["orders.last_days_ago"], known["orders.first_days_ago"], known["orders.count_30d"]) == (1, 31, 2)


def test_who_did_nothing_has_none_rather_than_an_unknown_number(lake):
    # GIVEN
    fill(lake, customers=[customer("anna", country=None)])
    # WHEN
    known = of(lake, "anna")
    # THEN
    nothing = {path for path, value in known.items() if value in (0, 0.0, [])}
    assert nothing == {p for p in known if p.startswith(("orders.count", "orders.spend", "bought", "letters"))}
    unknown = {path for path, value in known.items() if value is None}
    assert unknown == {
        "customer.country",
        "orders.average",
        "orders.first_days_ago",
        "orders.last_days_ago",
        "orders.usual_gap_days",
    }


def test_what_was_bought_is_told_by_the_catalogue_of_the_day(lake):
    # GIVEN sales of this year, one of long ago, one taken back as a whole, and a catalogue that has changed since
    year, old, gone = order(1, "anna", 20, 10), order(2, "anna", 400, 10), order(3, "anna", 5, 10, status="cancelled")
    lines = [line(year, "p1"), line(year, "p2"), line(year, "p9"), line(old, "p3"), line(gone, "p3")]
    catalogue = [
        product("p1", "GROCERY", "MILK"),
        product("p1", "GROCERY", "CHEESE", days_ago=100),
        product("p1", "FUTURE", "FUTURE", days_ago=-1),
        product("p2", "FUEL", "GASOLINE"),
        product("p3", "FLORAL", "ROSES"),
    ]
    back = line(year, "p3", kind="return", line_id="r", quantity=-1.0)
    fill(lake, orders=[year, old, gone], order_lines=[*lines, back], products=catalogue)
    # WHEN
    known = of(lake, "anna")
    # THEN
    assert known["bought.departments"] == ["FUEL", "GROCERY"]
    assert known["bought.categories"] == ["CHEESE", "GASOLINE"]


def test_letters_are_counted_once_and_machines_do_not_open_them(lake):
    # GIVEN two letters; one opened by a machine, the other twice by the customer and clicked
    first, second = {"letter_id": "l1"}, {"letter_id": "l2"}
    fill(
        lake,
        customers=[customer("anna")],
        messages=[
            message("1", "anna", "sent", 20, **first),
            message("2", "anna", "opened", 20, machine=True, **first),
            message("3", "anna", "sent", 10, **second),
            message("4", "anna", "opened", 10, machine=False, **second),
            message("5", "anna", "opened", 9, **second),
            message("6", "anna", "clicked", 9, **second),
            message("7", "anna", "sent", 40, letter_id="l0"),
            message("8", "anna", "opened", 95, letter_id="l0"),
        ],
    )
    # WHEN
    known = of(lake, "anna")
    # THEN
    assert [known[f"letters.{n}"] for n in ("sent_30d", "opened_90d", "clicked_90d")] == [2, 1, 1]


@pytest.mark.parametrize(("created", "known_days"), [(at(100), 300), (at(400), 400), (at(-3), 300), (None, 300)])
def test_a_customer_is_known_since_they_registered_or_first_ordered(lake, created, known_days):
    # GIVEN an order before, after or without a known registration
    person = customer("anna", created_at=created, updated_at=at(90))
    fill(lake, customers=[person], orders=[order(1, "anna", 300, 10)])
    # WHEN / THEN
    assert of(lake, "anna")["customer.known_days"] == known_days


def test_only_what_is_asked_for_is_computed(lake):
    # GIVEN
    fill(lake, customers=[customer("anna")])
    # WHEN one field is asked for, and none
    one, none = profile(lake, AS_OF, ["orders__count"]), profile(lake, AS_OF, [])
    # THEN
    assert one.columns == ("customer_id", "orders__count")
    assert none.to_pyarrow().to_pylist() == [{"customer_id": "anna"}]
    assert "order_lines" not in str(one.compile())


def shop(lake: Lake, seed: int, people: int = 40) -> None:
    """A year and a half of everything, until half a year after the as-of date."""
    rng = np.random.default_rng(seed)

    def days(n: int = 1, first: float = 360, last: float = -180) -> list[float]:
        # On one day of ten: every day is a file.
        return [float(d // 10 * 10 + rng.random()) for d in rng.uniform(last, first, n)]

    ids = [f"c{i}" for i in range(people)]
    orders = []
    for number, days_ago in enumerate(days(people * 6)):
        status = str(rng.choice(["completed", "completed", "completed", "cancelled", "refunded"]))
        changed = at(days_ago) + timedelta(days=float(rng.uniform(0, 60))) if rng.random() < 0.7 else None
        buyer = str(rng.choice(ids)) if rng.random() < 0.95 else None
        total = float(rng.integers(1, 200))
        orders.append(order(number, buyer, days_ago, total, status=status, status_at=changed))
    products = [f"p{i}" for i in range(12)]
    fill(
        lake,
        customers=[
            customer(
                c, updated_at=at(d), created_at=at(d + 20), country=str(rng.choice(["DE", "AT"])), traits='{"a":1}'
            )
            for c in [*ids[: people // 2], *ids[: people // 4]]
            for d in days(2)
        ],
        orders=orders,
        order_lines=[
            line(o, p, kind="sale" if rng.random() < 0.9 else "return")
            for o in orders
            for p in rng.choice(products, 2, replace=False)
        ],
        products=[
            product(p, str(rng.choice(["A", "B", "C"])), str(rng.choice(["x", "y", "z"])), d)
            for p in products
            for d in days(3)
        ],
        messages=[
            message(
                str(i), str(rng.choice(ids)), str(kind), d, letter_id=f"l{i // 3}", machine=bool(rng.random() < 0.3)
            )
            for i, (d, kind) in enumerate(
                zip(days(300, 120, -60), rng.choice(["sent", "opened", "clicked"], 300), strict=True)
            )
        ],
    )


def cut(whole: Lake, root: Path) -> Lake:
    """A copy of the lake that ends at the as-of date, as it was then: later rows gone, later statuses not yet there."""
    lake, end = Lake.open(root), at(0)
    for name, time in (
        ("customers", "updated_at"),
        ("orders", "ordered_at"),
        ("order_lines", "ordered_at"),
        ("products", "updated_at"),
        ("messages", "occurred_at"),
    ):
        past = [row for row in whole.read(name).to_pylist() if row[time] < end]
        for row in past:
            if name == "orders" and row["status_at"] is not None and row["status_at"] >= end:
                row |= {"status": "completed", "status_at": None}
            if name == "customers" and row["created_at"] >= end:
                row["created_at"] = None
        fill(lake, **{name: past})
    return lake


@pytest.mark.parametrize("seed", range(3))
def test_what_happens_after_the_as_of_date_changes_nothing(lake, tmp_path, seed):
    # GIVEN a shop with a future, and the same shop as it was on the as-of date
    shop(lake, seed)
    before = cut(lake, tmp_path / "before")
    assert before.read("orders").num_rows < lake.read("orders").num_rows
    # WHEN both are asked
    # THEN they know the same
    assert rows(lake) == rows(before)


def test_duckdb_and_spark_give_the_same_profiles(lake):
    # GIVEN a lake of a few days under two engines
    pytest.importorskip("pyspark", reason="the spark extra is not installed")
    shop(lake, seed=9, people=12)
    # WHEN
    one, two = rows(lake), rows(Lake.open(lake.store.root, engine="spark"))
    # THEN
    assert one.keys() == two.keys()
    for customer_id, known in one.items():
        for name in COLUMNS:
            value = two[customer_id][name]
            assert known[name] == (pytest.approx(value, abs=1e-9) if isinstance(value, float) else value), name


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_an_empty_lake_knows_nobody(tmp_path, engine):
    # GIVEN nothing
    if engine == "spark":
        pytest.importorskip("pyspark", reason="the spark extra is not installed")
    # WHEN / THEN
    assert rows(Lake.open(tmp_path, engine=engine)) == {}
