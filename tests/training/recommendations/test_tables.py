"""What is read of the lake: nothing after the day, and the same on both engines."""

from datetime import UTC, datetime, timedelta

import ibis
import pandas as pd

from lake.schema import from_records
from tests.training.recommendations import grocery
from training.recommendations import tables

DAY = grocery.FIRST + timedelta(days=120)


def read(source):
    """Every table as of `DAY`, as data frames with their rows in order."""
    found = {
        "interactions": tables.interactions(source, DAY, 730),
        "catalogue": tables.catalogue(source, DAY, 730),
        "baskets": tables.baskets(source, DAY, 730),
        "views": tables.views(source, DAY, 730),
        "sales": tables.sales(source, DAY, 730),
    }
    return {name: ordered(table.to_pandas()) for name, table in found.items()}


def ordered(frame):
    return frame.sort_values(list(frame.columns), ignore_index=True)


def test_rows_at_or_after_the_day_change_nothing():
    # GIVEN a history that ends at the day, and the same one that goes on, with another catalogue and stock
    rows = grocery.records()
    end = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    times = {"order_lines": "ordered_at", "products": "updated_at", "events": "timestamp", "stock": "counted_at"}
    before = {name: [r for r in listed if r[times[name]] < end] for name, listed in rows.items()}
    before["stock"] = [{**rows["stock"][0], "counted_at": end - timedelta(days=1)}]
    rows["stock"] += before["stock"]
    rows["products"] += [{**rows["products"][1], "updated_at": end, "name": "renamed later"}]
    # WHEN both are read as of the day
    early, late = read(grocery.source(before)), read(grocery.source(rows))
    # THEN they are the same
    for name, frame in early.items():
        pd.testing.assert_frame_equal(frame, late[name], obj=name)


def test_nothing_that_is_read_for_the_model_names_a_customer():
    # GIVEN the grocer
    source = grocery.source()
    # WHEN what the model learns of the shop is read
    context = [tables.catalogue, tables.baskets, tables.views, tables.sales]
    columns = {column for read_ in context for column in read_(source, DAY, 730).columns}
    # THEN no column says who
    assert not columns & {"customer_id", "anonymous_id", "order_id", "session_id", "message_id"}


def test_a_pause_ends_a_visit():
    # GIVEN one visitor who looks at two products, and an hour later at a third
    at = datetime(2025, 2, 1, tzinfo=UTC)
    looked = [(0, "a"), (1, "b"), (70, "c")]
    rows = [
        {
            "message_id": f"m{minutes}",
            "type": "track",
            "name": "Product Viewed",
            "anonymous_id": "v",
            "timestamp": at + timedelta(minutes=minutes),
            "received_at": at,
            "properties": f'{{"price": 1, "product_id": "{product}"}}',
        }
        for minutes, product in looked
    ]
    # WHEN visits are read
    found = tables.views(grocery.source({"events": rows}), DAY, 730).to_pandas()
    # THEN they are two, in order
    visits = found.groupby("visit", sort=True)["product_id"].agg(list).tolist()
    assert visits == [["a", "b"], ["c"]]


def test_a_shop_without_catalogue_views_or_stock_has_its_sold_products():
    # GIVEN order lines alone
    empty = {name: ibis.memtable(from_records(name, [])) for name in ("products", "events", "stock")}
    times = {name: [c for c, t in table.schema().items() if t.is_timestamp()] for name, table in empty.items()}
    made = {n: t.mutate(**{c: t[c].cast("timestamp(6)") for c in times[n]}) for n, t in empty.items()}
    source = grocery.Tables(grocery.source().tables | made)
    # WHEN the catalogue is read
    found = tables.catalogue(source, DAY, 730).to_pandas()
    # THEN it holds what was sold, of which nothing else is known
    assert set(found["product_id"]) <= {grocery.product(n) for n in range(grocery.PRODUCTS)}
    assert found["name"].isna().all()
