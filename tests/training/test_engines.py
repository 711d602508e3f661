"""Features and tables are the same on DuckDB and on Spark. One file, so that one Spark is started."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from commerce.families.accounts.context import ACCOUNT
from commerce.networks import network
from commerce.streams.windows import micros
from lake import HeldTables, Lake
from lake.schema import from_records
from tests.training.assessing.tables import AS_OF as DECIDED
from tests.training.assessing.tables import decision
from tests.training.conftest import line, shop_orders
from tests.training.demand import shop
from tests.training.recommendations import grocery
from tests.training.streaming_events import DELAY, STREAMS, events, table
from training import frames
from training.assessing.decided import said
from training.churn.features import FIELDS
from training.demand import elasticity
from training.demand.features import FIELDS as DEMAND_FIELDS
from training.recommendations import basket_features, spread, tables
from training.recommendations.candidates import Limits
from training.registry import model_family
from training.streaming import batch, columns

pytest.importorskip("pyspark", reason="the spark extra is not installed")


FEW_TASKS = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""What pays on many rows only: most of a small query's time goes into tasks, and into compiling what they run."""


@pytest.fixture(scope="module", autouse=True)
def _few_tasks(tmp_path_factory):
    settings = cast(Any, Lake.open(tmp_path_factory.mktemp("empty"), "spark").backend)._session.conf
    before = {name: settings.get(name) for name in FEW_TASKS}
    for name, value in FEW_TASKS.items():
        settings.set(name, value)
    yield
    for name, value in before.items():
        settings.set(name, value)


def test_churn_features(tmp_path):
    # GIVEN six weeks of orders and returns in one lake
    first, last = datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 7, 13, tzinfo=UTC)
    orders = [o for o in shop_orders(300, seed=2) if first <= o["ordered_at"] < last]
    lines = [line(o) for o in orders] + [line(o, "return") | {"line_id": "2"} for o in orders[::7]]
    lake = Lake.open(tmp_path)
    lake.write("orders", from_records("orders", orders))
    lake.write("order_lines", from_records("order_lines", lines))
    family = model_family("churn")
    parameters = family.parameters({"horizon_days": 7})
    # WHEN
    one, two = (
        frames.labelled(family, Lake.open(tmp_path, engine), date(2024, 7, 6), parameters)
        for engine in ("duckdb", "spark")
    )
    # THEN
    assert list(one["entity_id"]) == list(two["entity_id"])
    columns = [*(f.name for f in FIELDS), "label"]
    np.testing.assert_allclose(one[columns].to_numpy(float), two[columns].to_numpy(float), rtol=0, atol=1e-6)


def test_demand_features(tmp_path):
    # GIVEN ten weeks of a shop with promotions, prices, stock counts and a catalogue
    lake, day = Lake.open(tmp_path), shop.AS_OF
    since = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(weeks=10)
    rows = shop.records()
    rows["order_lines"] = [r for r in rows["order_lines"] if r["ordered_at"] >= since]
    rows["promotions"] = [r for r in rows["promotions"] if r["starts_on"] >= since.date()]
    rows["promotions"].append(shop.promotion("steady", shop.ORIGIN - timedelta(days=9), 12, "north", discount=0.1))
    rows["stock"] = [shop.count("slow", shop.ORIGIN - timedelta(days=d), 0, "north") for d in (1, 3, 9)]
    own = {"product_id": "steady", "seller": "own", "store_id": "*", "currency": "EUR"}
    rows["prices"] = [own | {"valid_from": since, "price": Decimal(3)}]
    listed = {"product_id": "unsold", "category": "milk", "currency": "EUR"}
    rows["products"].append(listed | {"updated_at": since + timedelta(weeks=6), "active": True})
    for name, listed in rows.items():
        lake.write(name, from_records(name, listed))
    family = model_family("demand")
    parameters = family.parameters({"frequency": "day", "horizon": 3})
    # WHEN
    one, two = (
        frames.labelled(family, HeldTables(Lake.open(tmp_path, engine)), day - timedelta(days=3), parameters)
        for engine in ("duckdb", "spark")
    )
    # THEN
    keys = list(family.keys)
    pd.testing.assert_frame_equal(one[keys], two[keys], check_dtype=False)
    columns = [*(f.name for f in (*DEMAND_FIELDS, *elasticity.FIELDS)), "label"]
    assert one["promoted"].max() > 0 and one["mean_plain"].max() > 0 and "unsold" in set(one["entity_id"])
    np.testing.assert_allclose(one[columns].to_numpy(float), two[columns].to_numpy(float), rtol=1e-9, atol=1e-6)


DAY = grocery.FIRST + timedelta(days=100)


@pytest.fixture(scope="module")
def grocer(tmp_path_factory):
    """The root of a lake of ten days of the grocer before `DAY`."""
    end = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    rows = grocery.records()
    for name, column in (("order_lines", "ordered_at"), ("events", "timestamp")):
        rows[name] = [r for r in rows[name] if end - timedelta(days=10) <= r[column] < end]
    rows["stock"] = [r | {"counted_at": end - timedelta(days=1)} for r in rows["stock"]]
    root = tmp_path_factory.mktemp("grocer")
    lake = Lake.open(root)
    for name, listed in rows.items():
        lake.write(name, from_records(name, listed))
    return root


def test_tables_of_recommendations(grocer):
    # GIVEN ten days of the grocer in one lake
    # WHEN both engines read it
    readers = (tables.catalogue, tables.baskets, tables.views, tables.sales)
    for read in readers:
        one, two = (read(Lake.open(grocer, engine), DAY, 730).to_pandas() for engine in ("duckdb", "spark"))
        # THEN the rows are the same
        columns = list(one.columns)
        one, two = (frame.sort_values(columns, ignore_index=True) for frame in (one, two))
        pd.testing.assert_frame_equal(one, two[columns], check_dtype=False, obj=read.__name__)


def test_spark_finds_new_products_by_itself(grocer):
    # GIVEN settings that leave open how new products are found
    family = model_family("recommendations")
    parameters = family.parameters({"least_lines": 3})
    # WHEN Spark's tables are what is learned from
    resolved = family.resolve(Lake.open(grocer, "spark"), DAY, parameters)
    # THEN it is the engine's own way, without a comparison
    assert resolved == parameters.model_copy(update={"retrieval": "cooccurrence"})


def test_features_of_recommendations(grocer):
    # GIVEN ten days of the grocer in one lake
    limits = Limits(own=5, new=5, popular=5)
    # WHEN each engine finds candidates and makes their features
    one, two = (
        spread.features(
            basket_features.established(tables.interactions(lake, DAY, 730), tables.moment(DAY), 3),
            tables.attributes(lake, DAY),
            ("category",),
            tables.moment(DAY),
            limits,
            most=40,
        )
        for lake in (HeldTables(Lake.open(grocer)), HeldTables(Lake.open(grocer, "spark")))
    )
    # THEN they are of the same customers and products, own and new, and the same
    keys, columns = list(basket_features.KEYS), list(basket_features.columns(("category",)))
    assert set(one["new"]) == {0, 1} and one["customer_id"].nunique() == 40
    pd.testing.assert_frame_equal(one[keys], two[keys])
    np.testing.assert_allclose(one[columns].to_numpy(float), two[columns].to_numpy(float), rtol=1e-6, atol=1e-6)


def both(root, path, make):
    """What `make` makes of the table in the Parquet file, on either engine. A table in memory would ask Spark for
    processes of Python."""
    for engine in ("duckdb", "spark"):
        backend = cast(Any, Lake.open(root, engine).backend)
        yield backend.to_pandas(make(backend.read_parquet(path)))


def test_streaming_features(tmp_path):
    # GIVEN events of weeks, with labels, for a declaration that has every kind of feature
    table(events(300, 60, seed=5)).to_parquet(tmp_path / "events.parquet")
    # WHEN both engines compute their features
    found = both(tmp_path, tmp_path / "events.parquet", lambda rows: batch.features(rows, STREAMS, DELAY))
    one, two = (frame.set_index("event_id").sort_index() for frame in found)
    # THEN every value is the same, and empty where the other's is
    assert list(one.columns) == list(STREAMS.names)
    pd.testing.assert_frame_equal(one, two, rtol=1e-12, atol=0)


def test_times_and_networks_of_events(tmp_path):
    # GIVEN times to the microsecond, before and after the half of a second, and addresses of both kinds
    at = [datetime(2024, 5, 1, 10, 20, 30, micro, tzinfo=UTC) for micro in (0, 499_999, 500_000, 999_999)]
    ips = ["203.0.113.9", "2001:db8:1:2:3::9", "no address", None]
    pd.DataFrame({"at": at, "ip": ips}).to_parquet(tmp_path / "seen.parquet")
    # WHEN both engines derive what streams count
    one, two = both(
        tmp_path,
        tmp_path / "seen.parquet",
        lambda seen: seen.select(at=columns.micros(seen["at"]), network=columns.network(seen["ip"])).order_by("at"),
    )
    # THEN it is the same, and what ingest makes of them
    assert one["at"].tolist() == two["at"].tolist() == [micros(moment) for moment in at]
    assert one["network"].tolist()[:2] == two["network"].tolist()[:2] == [network(ip) for ip in ips[:2]]
    assert one["network"].isna().tolist() == two["network"].isna().tolist() == [False, False, True, True]


def test_what_rules_were_told_of_customers(tmp_path):
    # GIVEN decisions in one lake, one on an event that was decided on twice
    told = {"account.accounts": 4.0, "account.multi_account": 1.0, "account.probability": 1e-05}
    made = [decision("twice", 5, "approve", features=told), decision("new", 4, "approve")]
    made.append(decision("twice", 4, "block", decision_id="again", features={"account.accounts": 9.0}))
    Lake.open(tmp_path).write("decisions", from_records("decisions", made))
    # WHEN
    one, two = (
        said(Lake.open(tmp_path, engine), ACCOUNT, "fraud", DECIDED, 30).to_pandas().sort_values("entity_id")
        for engine in ("duckdb", "spark")
    )
    # THEN
    assert one["said_accounts"].fillna(0.0).tolist() == [0.0, 4.0]
    pd.testing.assert_frame_equal(one.reset_index(drop=True), two.reset_index(drop=True), check_dtype=False)
