"""Features and tables are the same on DuckDB and on Spark. One file, so that one Spark is started."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from lake import HeldTables, Lake
from lake.schema import from_records
from tests.training.conftest import line, shop_orders
from tests.training.recommendations import grocery
from training import frames
from training.churn.features import FIELDS
from training.recommendations import basket_features, tables
from training.registry import model_family

pytest.importorskip("pyspark", reason="the spark extra is not installed")


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


def test_recommendations_that_the_engine_makes(grocer):
    # GIVEN ten days of the grocer in one lake, and settings that leave open how new products are found
    family = model_family("recommendations")
    open_ones = family.parameters({"least_lines": 3, "own": 5, "new": 5, "popular": 5})
    spark = HeldTables(Lake.open(grocer, "spark"))
    # WHEN Spark is asked, and DuckDB is told to do what Spark does
    parameters = family.resolve(spark, DAY, open_ones)
    one, two = (frames.known(family, s, DAY, parameters) for s in (HeldTables(Lake.open(grocer)), spark))
    # THEN Spark finds new products by itself, and both make the same of it
    assert parameters == open_ones.model_copy(update={"retrieval": "cooccurrence"})
    keys, columns = ["entity_id", "item_id"], list(basket_features.columns(tables.LEVELS))
    pd.testing.assert_frame_equal(one[keys], two[keys])
    np.testing.assert_allclose(one[columns].to_numpy(float), two[columns].to_numpy(float), rtol=1e-6, atol=1e-6)
    assert set(one["new"]) == {0, 1}
