"""Curation: every message once, whatever the order of files, and tables that follow from the set of events."""

from __future__ import annotations

import itertools
import json
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.events import lake_row, parse
from commerce.tables import TABLES
from lake import Lake
from lake.curate import curate

START = datetime(2024, 3, 1, 9, tzinfo=UTC)


def raw(message_id: str, name: str, properties: dict[str, Any], *, hours: float = 0, user: str = "c1") -> dict:
    """A line of the raw area: a track event that came through the tracking API."""
    at = START + timedelta(hours=hours)
    message = {
        "type": "track",
        "messageId": message_id,
        "userId": user,
        "event": name,
        "properties": properties,
        "timestamp": at.isoformat(),
    }
    return lake_row(parse(message, received_at=at + timedelta(seconds=2)))


def identify(message_id: str, traits: dict[str, Any], *, hours: float = 0, user: str = "c1") -> dict:
    """A line of the raw area: an identify."""
    at = START + timedelta(hours=hours)
    message = {
        "type": "identify",
        "messageId": message_id,
        "userId": user,
        "traits": traits,
        "timestamp": at.isoformat(),
    }
    return lake_row(parse(message, received_at=at + timedelta(seconds=2)))


def put(root: Path, name: str, *lines: dict | str) -> None:
    """A raw file of these lines."""
    path = root / "2024/03/01" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))


def rows(lake: Lake, table: str) -> list[dict]:
    """A table's rows by key."""
    key = TABLES[table].key
    return sorted(lake.read(table).to_pylist(), key=lambda r: tuple(r[k] for k in key))


A = {"product_id": "A", "price": 10, "quantity": 2, "name": "Apple"}
B = {"product_id": "B", "price": 5, "quantity": 1, "discount": 1}
PURCHASE = {
    "purchase_order_id": "po1",
    "product_id": "A",
    "supplier": "s1",
    "quantity": 12,
    "promised_on": "2024-03-03",
}
PURCHASE |= {"ordered_at": START.isoformat()}
DECISION = {
    "decision_id": "d1",
    "event_type": "payment",
    "event_id": "p1",
    "family": "fraud",
    "rules_version": 3,
    "source": "cold_start",
    "outcome": "review",
    "anomaly": 0.997,
    "amount": 23,
    "features": {"card.attempts.1h": 2, "new_device": True},
    "rules": ["new-device"],
}
STORY = [
    raw("m1", "Order Completed", {"order_id": "o1", "currency": "EUR", "products": [A, B], "shipping": 3}),
    raw("m2", "Order Updated", {"order_id": "o1", "currency": "EUR", "products": [A], "total": 23}, hours=1),
    raw("m3", "Order Refunded", {"order_id": "o1", "products": [{"product_id": "A", "quantity": 1}]}, hours=50),
    raw("m4", "Order Completed", {"order_id": "o2", "products": [B]}, hours=2, user="c2"),
    raw("m5", "Order Cancelled", {"order_id": "o2"}, hours=30, user="c2"),
    identify("m6", {"email": "a@example.com", "plan": "basic"}),
    identify("m7", {"plan": "gold", "email_consent": True}, hours=26),
    raw("m8", "Payment Attempted", {"payment_id": "p1", "amount": 23, "outcome": "pending"}, hours=20),
    raw("m9", "Payment Attempted", {"payment_id": "p1", "amount": 23, "outcome": "approved"}, hours=28),
    raw("m10", "Login Attempted", {"succeeded": False, "failure_reason": "wrong_password"}),
    raw("m10a", "Login Attempted", {"login_id": "l9", "succeeded": False, "failure_reason": "second_factor"}, hours=1),
    raw("m10b", "Login Attempted", {"login_id": "l9", "succeeded": True, "ip_country": "de"}, hours=1.1),
    raw("m10c", "Session Observed", {"session_id": "s1", "requests": 7, "status_2xx": 1}, hours=30),
    raw(
        "m10d", "Label Given", {"event_type": "payment", "event_id": "p1", "fraud": False, "source": "review"}, hours=90
    ),
    raw(
        "m10e",
        "Label Given",
        {"event_type": "payment", "event_id": "p1", "fraud": True, "source": "chargeback"},
        hours=900,
    ),
    raw(
        "m10f", "Label Given", {"event_type": "login", "event_id": "p1", "fraud": False, "source": "customer"}, hours=80
    ),
    raw("m10g", "Decision Made", DECISION, hours=20),
    raw("m11", "Email Opened", {"email_id": "l1", "campaign_id": "k1"}, hours=3),
    raw("m12", "Stock Counted", {"product_id": "A", "location_id": "w1", "quantity": 7}),
    raw("m12a", "Delivery Updated", PURCHASE),
    raw("m12b", "Delivery Updated", PURCHASE | {"arrived_at": "2024-03-03T09:00:00+01:00"}, hours=60),
    raw("m12c", "Supply Terms Changed", {"product_id": "A", "supplier": "s1", "unit_cost": 1.5, "pack_size": 6}),
    raw("m12d", "Location Changed", {"location_id": "w1", "name": "Harbour", "region": "North"}),
    raw("m12e", "Location Changed", {"location_id": "w1", "name": "Harbour", "region": "South"}, hours=4),
    raw("m13", "Competitor Price Observed", {"product_id": "A", "competitor": "x", "price": 9.5}),
    raw("m14", "Marketing Spent", {"channel": "search", "amount": 10, "spent_on": "2024-03-01"}),
    raw("m15", "Marketing Spent", {"channel": "search", "amount": 12, "spent_on": "2024-03-01"}, hours=48),
    raw(
        "m16",
        "Items Shown",
        {
            "exposure_id": "e1",
            "family": "churn",
            "source": "cold_start",
            "context": {"question": "next"},
            "items": [
                {"item_id": "A", "position": 1, "propensity": 0.5},
                {"item_id": "B", "position": 2, "propensity": 0.1, "source": "exploration"},
            ],
        },
    ),
    raw("m17", "Product Viewed", {"product_id": "A", "name": "Apple, red", "brand": "Orchard"}, hours=4),
    raw("m18", "Custom Thing", {"whatever": [1, 2]}),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    root = tmp_path_factory.mktemp("told")
    put(root / "raw", "all.json", *STORY)
    lake = Lake.open(root / "lake")
    curate(lake, root / "raw")
    return lake


def test_every_event_is_kept_also_a_custom_one(told: Lake) -> None:
    # GIVEN a curated story
    # WHEN its events are read
    # THEN all are there
    assert {r["message_id"] for r in rows(told, "events")} == {e["message_id"] for e in STORY}


def test_an_updated_order_has_its_latest_content_and_its_first_time(told: Lake) -> None:
    # GIVEN an order that was completed and updated
    # WHEN it is read
    order = rows(told, "orders")[0]
    # THEN the amounts are the update's, the time is when it was placed
    assert (order["order_id"], order["status"], float(order["total"]), order["ordered_at"]) == (
        "o1",
        "completed",
        23.0,
        START,
    )


def test_lines_follow_updates_and_refunds(told: Lake) -> None:
    # GIVEN an order that lost a line, and of which one piece came back two days later
    # WHEN its lines are read
    lines = {r["line_id"]: r for r in rows(told, "order_lines") if r["order_id"] == "o1"}
    # THEN the lost line holds nothing, and the return is dated when it happened
    assert {i: (r["kind"], r["quantity"], float(r["total"])) for i, r in lines.items()} == {
        "A": ("sale", 2.0, 20.0),
        "B": ("sale", 0.0, 0.0),
        "return/m3/A": ("return", -1.0, -10.0),
    }
    assert lines["return/m3/A"]["ordered_at"] == START + timedelta(hours=50)


def test_a_cancelled_order_gives_everything_back(told: Lake) -> None:
    # GIVEN an order that was cancelled
    # WHEN it is read
    order = rows(told, "orders")[1]
    lines = [r for r in rows(told, "order_lines") if r["order_id"] == "o2"]
    # THEN its status says so, and its lines sum to nothing
    assert order["status"] == "cancelled"
    assert sum(r["total"] for r in lines) == 0
    assert len(lines) == 2


def test_a_customer_carries_on_what_was_known(told: Lake) -> None:
    # GIVEN two identifies
    # WHEN the customer is read
    first, second = rows(told, "customers")
    # THEN each row is the whole state from its time on
    assert (first["email"], first["email_consent"], json.loads(first["traits"])) == (
        "a@example.com",
        None,
        {"plan": "basic"},
    )
    assert (second["email"], second["email_consent"], json.loads(second["traits"])) == (
        "a@example.com",
        True,
        {"plan": "gold"},
    )


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("payments", "outcome", ["approved"]),
        ("logins", "login_id", ["l9", "m10"]),
        ("logins", "succeeded", [True, False]),
        ("logins", "ip_country", ["DE", None]),
        ("sessions", "requests", [7.0]),
        ("labels", "event_type", ["login", "payment"]),
        ("labels", "fraud", [False, True]),
        ("labels", "source", ["customer", "chargeback"]),
        ("decisions", "rules_version", [3]),
        ("decisions", "anomaly", [0.997]),
        ("decisions", "features", ['{"card.attempts.1h": 2, "new_device": true}']),
        ("decisions", "reasons", [None]),
        ("messages", "interaction", ["opened"]),
        ("stock", "quantity", [7.0]),
        ("deliveries", "arrived_at", [datetime(2024, 3, 3, 8, tzinfo=UTC)]),
        ("deliveries", "location_id", ["*"]),
        ("supply_terms", "pack_size", [6.0]),
        ("locations", "region", ["North", "South"]),
        ("prices", "seller", ["x"]),
        ("exposures", "propensity", [0.5, 0.1]),
        ("exposures", "source", ["cold_start", "exploration"]),
        ("exposures", "context", ['{"question": "next"}'] * 2),
        ("spend", "clicks", [None]),
        ("products", "name", ["Apple, red", None]),
    ],
)
def test_each_event_fills_its_table(told: Lake, table: str, column: str, values: list) -> None:
    # GIVEN a curated story
    # WHEN a table is read
    # THEN it holds what the story's latest word was
    assert [r[column] for r in rows(told, table)] == values


@given(order=st.permutations(STORY), cuts=st.lists(st.integers(1, len(STORY) - 1), max_size=3), seed=st.integers(0, 99))
@settings(max_examples=4)
def test_any_order_of_files_and_any_repetition_end_in_the_same_tables(
    told: Lake, order: list[dict], cuts: list[int], seed: int
) -> None:
    # GIVEN the story cut anywhere, in any order, with messages sent again, each piece curated by itself
    random.seed(seed)
    bounds = [0, *sorted(set(cuts)), len(order)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lake = Lake.open(root / "lake")
        for n, (start, end) in enumerate(itertools.pairwise(bounds)):
            again = random.sample(order[:start], min(start, 4))
            put(root / "raw", f"{n}.json", *order[start:end], *again, *again)
            # WHEN it is curated after each piece
            curate(lake, root / "raw")
        # THEN every table is what the whole story gives at once
        for table in TABLES:
            assert rows(lake, table) == rows(told, table), table


def test_curating_again_reads_nothing(tmp_path: Path) -> None:
    # GIVEN raw files that were taken in
    put(tmp_path / "raw", "a.json", *STORY[:3])
    lake = Lake.open(tmp_path / "lake")
    first = curate(lake, tmp_path / "raw")
    # WHEN the curation runs again
    second = curate(lake, tmp_path / "raw")
    # THEN there is nothing to do
    assert (first.files, first.events, second.files, second.events) == (1, 3, 0, 0)


def test_a_run_killed_before_its_ledger_is_repeated_without_effect(tmp_path: Path) -> None:
    # GIVEN a curation whose ledger was lost
    put(tmp_path / "raw", "a.json", *STORY)
    lake = Lake.open(tmp_path / "lake")
    curate(lake, tmp_path / "raw")
    (ledger,) = (tmp_path / "lake/_curation").glob("ledger-*.json")
    ledger.unlink()
    # WHEN it runs again
    report = curate(lake, tmp_path / "raw")
    # THEN every message is known, and no row changes
    assert (report.events, report.repeated) == (0, len(STORY))
    assert {t: (c.inserted, c.updated) for t, c in report.tables.items()} == dict.fromkeys(report.tables, (0, 0))


def test_of_copies_the_one_received_first_is_kept(tmp_path: Path) -> None:
    # GIVEN a message and its copy, which came later and on another day
    line = raw("m", "Custom", {})
    late = line | {"timestamp": "2024-03-02T00:00:01+00:00", "received_at": "2024-03-02T00:00:02+00:00"}
    put(tmp_path / "raw", "a.json", late)
    lake = Lake.open(tmp_path / "lake")
    curate(lake, tmp_path / "raw")
    # WHEN the first is curated last
    put(tmp_path / "raw", "b.json", line)
    curate(lake, tmp_path / "raw")
    # THEN it is the one that stays, on its own day
    (kept,) = rows(lake, "events")
    assert kept["timestamp"] == START


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        (json.dumps({"message_id": "x"}), "type is missing"),
        (json.dumps(raw("x", "E", {}) | {"timestamp": "yesterday"}), "timestamp is not an ISO 8601 time"),
        (json.dumps(raw("x", "E", {}) | {"properties": "[1]"}), "properties is not a JSON object"),
        (json.dumps(raw("x", "E", {}) | {"colour": "red"}), "has unknown fields colour"),
        (json.dumps(raw("x", "E", {}) | {"name": "\ud800"}), "name is not valid Unicode"),
    ],
)
def test_a_bad_line_is_kept_aside_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    # GIVEN a raw file with a bad line between two good ones
    put(tmp_path / "raw", "a.json", STORY[0], line, STORY[3])
    lake = Lake.open(tmp_path / "lake")
    # WHEN it is curated
    report = curate(lake, tmp_path / "raw")
    # THEN the good ones are in, and the bad one is kept with place and reason
    assert (report.events, report.bad_lines) == (2, 1)
    kept = json.loads((tmp_path / "lake/_curation/rejected/2024/03/01/a.json.jsonl").read_text())
    assert (kept["line"], kept["text"]) == (2, line)
    assert kept["reason"].startswith(reason)


def test_a_refund_of_an_order_loaded_from_a_file_takes_back_its_lines(tmp_path: Path) -> None:
    # GIVEN an order that no event tells of
    lake = Lake.open(tmp_path / "lake")
    put(tmp_path / "raw", "a.json", raw("m1", "Order Completed", {"order_id": "o1", "products": [A]}))
    curate(lake, tmp_path / "raw")
    for path in (tmp_path / "lake/events").rglob("*.parquet"):
        path.unlink()
    # WHEN it is refunded
    put(tmp_path / "raw", "b.json", raw("m2", "Order Refunded", {"order_id": "o1"}, hours=30))
    curate(lake, tmp_path / "raw")
    # THEN order and lines say so
    assert rows(lake, "orders")[0]["status"] == "refunded"
    assert sum(r["total"] for r in rows(lake, "order_lines")) == 0


def test_a_refund_without_its_order_is_counted_until_the_order_comes(tmp_path: Path) -> None:
    # GIVEN a refund that came before its order
    lake = Lake.open(tmp_path / "lake")
    put(tmp_path / "raw", "a.json", raw("m2", "Order Refunded", {"order_id": "o1"}, hours=30))
    report = curate(lake, tmp_path / "raw")
    # WHEN the order comes
    put(tmp_path / "raw", "b.json", raw("m1", "Order Completed", {"order_id": "o1", "products": [A]}))
    curate(lake, tmp_path / "raw")
    # THEN it was counted first, and is applied then
    assert sum(report.underivable.values()) == 1
    assert rows(lake, "orders")[0]["status"] == "refunded"
