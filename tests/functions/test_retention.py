"""Retention: whole days, only of tables that have one, counted from today."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.tables import TABLES
from functions.retention import handler as module
from functions.retention.handler import handler
from functions.retention.logic import day_of, expired, oldest_kept
from tests.functions.support import LAKE

TODAY = date(2026, 1, 31)
KEPT = {name: table.retention_days for name, table in TABLES.items() if table.retention_days}


def key(table, day):
    return f"lake/{table}/dt={day.isoformat()}/data.parquet"


def keys(account):
    pages = account.s3.get_paginator("list_objects_v2").paginate(Bucket=LAKE)
    return {entry["Key"] for page in pages for entry in page.get("Contents", ())}


@pytest.fixture
def lake(account):
    """Partitions on both sides of every table's last day, and things that are no partitions."""
    for name in TABLES:
        for days in (1, 364, 365, 366, 729, 730, 731, 1094, 1095, 1096, 5000):
            account.s3.put_object(Bucket=LAKE, Key=key(name, TODAY - timedelta(days=days)), Body=b"x")
    for other in ("lake/events/notes.txt", "lake/_curation/ledger.json", "raw/events/dt=2001-01-01/x"):
        account.s3.put_object(Bucket=LAKE, Key=other, Body=b"x")
    return account


def test_what_is_older_than_its_tables_retention_goes(lake, context):
    # GIVEN partitions of all ages
    before = keys(lake)
    # WHEN retention runs
    answer = handler({"today": TODAY.isoformat()}, context)
    # THEN of each table exactly those are gone that are older than it keeps, and nothing else
    gone = before - keys(lake)
    ages = {(k.split("/")[1], (TODAY - day_of(k)).days) for k in gone}
    everything = (1, 364, 365, 366, 729, 730, 731, 1094, 1095, 1096, 5000)
    assert ages == {(name, days) for name, kept in KEPT.items() for days in everything if days > kept}
    assert answer["removed"]["logins"] == {"objects": 8, "first": "2012-05-24", "last": "2025-01-30"}
    assert "orders" not in answer["removed"]


def test_a_dry_run_answers_the_same_and_removes_nothing(lake, context):
    # GIVEN partitions that are past retention
    before = keys(lake)
    # WHEN retention runs dry, then really, then again
    dry = handler({"today": TODAY.isoformat(), "dry": True}, context)
    assert keys(lake) == before
    real = handler({"today": TODAY.isoformat()}, context)
    again = handler({"today": TODAY.isoformat()}, context)
    # THEN the dry run told what went, and the second found nothing
    assert dry["removed"] == real["removed"]
    assert again["removed"] == {}


def test_more_than_a_page_goes_in_one_run(account, context, monkeypatch):
    # GIVEN more old partitions than a page lists
    for days in range(366, 400):
        account.s3.put_object(Bucket=LAKE, Key=key("logins", TODAY - timedelta(days=days)), Body=b"x")
    account.s3.put_object(Bucket=LAKE, Key=key("logins", TODAY), Body=b"x")
    s3 = module.client("s3")
    real = s3.get_paginator("list_objects_v2").paginate
    small = lambda **request: real(**request, PaginationConfig={"PageSize": 10})  # noqa: E731
    monkeypatch.setattr(s3, "get_paginator", lambda _: type("Pages", (), {"paginate": staticmethod(small)}))
    # WHEN retention runs
    answer = handler({"today": TODAY.isoformat()}, context)
    # THEN all are gone but today's
    assert answer["removed"]["logins"]["objects"] == 34
    assert keys(account) == {key("logins", TODAY)}


@given(
    table=st.sampled_from(sorted(TABLES)),
    today=st.dates(date(2010, 1, 1), date(2100, 1, 1)),
    age=st.integers(-2, 4000),
)
def test_a_day_goes_exactly_when_it_is_older_than_the_retention(table, today, age):
    # GIVEN a partition of any age (or of tomorrow, by another clock)
    name = key(table, today - timedelta(days=age))
    # WHEN it is asked whether it goes
    oldest = oldest_kept(TABLES[table], today)
    goes = oldest is not None and expired([name], oldest) == [name]
    # THEN it does when its whole day lies more than the retention back
    assert goes == (TABLES[table].retention_days is not None and age > (TABLES[table].retention_days or 0))


@pytest.mark.parametrize(
    "other",
    [
        "lake/events/dt=2001-02-30/data.parquet",
        "lake/events/dt=x/data.parquet",
        "lake/events/dt=2001-01-01",
        "lake",
        "",
    ],
)
def test_what_is_no_partition_stays(other):
    # GIVEN a key that is no partition's
    # WHEN it is asked whether it goes
    # THEN it does not
    assert expired([other], date(2100, 1, 1)) == []
