"""Loader of *Online Retail II* (UCI, CC BY 4.0): two years of invoices of a UK gift shop.

Source: https://archive.ics.uci.edu/dataset/502/online+retail+ii. Times are the shop's local ones, amounts pounds.
What is dealt with, each counted in the report:

- the two sheets overlap on 1–9 December 2010, and both repeat lines: exact repeats are dropped (descriptions are
  compared without surrounding blanks, which the sheets set differently);
- invoices `C…` are credit notes: orders with status `cancelled`, their lines `return` with negative quantity;
- invoices `A…` book bad debt and are left out;
- negative quantities on ordinary invoices, and lines without price and customer, are stock write-offs, not sales;
- codes that are no products (postage, fees, manual bookings, samples, tests) make no order line; postage and carriage
  become the order's shipping, discounts its discount, and all of them count in its total;
- lines without customer stay, with the customer empty;
- codes that differ only in case or blanks are one product.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from lake.lake import Lake
from lake.loaders import files
from lake.loaders.loading import Loading
from lake.loaders.report import LoadReport, Progress
from lake.partitions import connect
from lake.problems import Problem

_LISTED = 1000

# What the columns are called in the parquet, CSV and Excel editions, compared in lower case without blanks.
_NAMES = {
    "invoice": ("invoice", "invoiceno"),
    "code": ("stockcode",),
    "description": ("description",),
    "quantity": ("quantity",),
    "sold_at": ("invoicedate",),
    "price": ("price", "unitprice"),
    "customer": ("customerid",),
    "country": ("country",),
}
_TYPED = """
CREATE TEMP TABLE typed AS SELECT "~row" AS row, nullif(trim(CAST({invoice} AS VARCHAR)), '') AS invoice,
    nullif(upper(trim(CAST({code} AS VARCHAR))), '') AS code, CAST({code} AS VARCHAR) AS code_as_given,
    nullif(nullif(trim(CAST({description} AS VARCHAR)), ''), 'nan') AS description,
    TRY_CAST({quantity} AS BIGINT) AS quantity, CAST({quantity} AS VARCHAR) AS quantity_text,
    coalesce(TRY_CAST({sold_at} AS TIMESTAMP),
        TRY_STRPTIME(CAST({sold_at} AS VARCHAR), ['%d/%m/%Y %H:%M', '%m/%d/%Y %H:%M'])) AS sold_at,
    CAST({sold_at} AS VARCHAR) AS sold_at_text,
    TRY_CAST({price} AS DECIMAL(18, 4)) AS price, CAST({price} AS VARCHAR) AS price_text,
    regexp_replace(nullif(nullif(trim(CAST({customer} AS VARCHAR)), ''), 'nan'), '\\.0$', '') AS customer,
    nullif(nullif(trim(CAST({country} AS VARCHAR)), ''), 'Unspecified') AS country
FROM raw
"""
_LINES_TABLE = """
CREATE TEMP TABLE lines AS WITH once AS (
    SELECT invoice, code, description, quantity, sold_at, price, customer, country FROM typed
    WHERE invoice IS NOT NULL AND code IS NOT NULL AND quantity IS NOT NULL AND sold_at IS NOT NULL
        AND price IS NOT NULL
    GROUP BY ALL
)
SELECT *, invoice LIKE 'C%' AS credit, code IN ('POST', 'DOT', 'C2', 'C3', 'D', 'M', 'S', 'B',
        'BANK CHARGES', 'AMAZONFEE', 'CRUK', 'ADJUST', 'ADJUST2', 'TEST001', 'TEST002') AS no_product,
    invoice LIKE 'A%' AS bad_debt,
    (quantity < 0 AND invoice NOT LIKE 'C%') OR (price = 0 AND customer IS NULL) AS write_off,
    timezone('Europe/London', min(sold_at) OVER (PARTITION BY invoice)) AS ordered_at,
    row_number() OVER (PARTITION BY invoice ORDER BY code, sold_at, quantity, price, description) AS line
FROM once
"""
_SALES = "CREATE TEMP VIEW sales AS SELECT * FROM lines WHERE NOT bad_debt AND NOT write_off"
_ORDER_LINES = """
SELECT invoice AS order_id, CAST(line AS VARCHAR) AS line_id, customer AS customer_id, code AS product_id, ordered_at,
    CASE WHEN credit THEN 'return' ELSE 'sale' END AS kind, CAST(quantity AS DOUBLE) AS quantity,
    price AS unit_price, CAST(0 AS DECIMAL(18, 4)) AS discount, CAST(quantity * price AS DECIMAL(18, 4)) AS total,
    'GBP' AS currency
FROM sales WHERE NOT no_product
"""
_ORDERS = """
SELECT invoice AS order_id, min(customer) AS customer_id, min(ordered_at) AS ordered_at,
    CASE WHEN any_value(credit) THEN 'cancelled' ELSE 'completed' END AS status, 'web' AS channel,
    CAST(coalesce(sum(quantity * price) FILTER (NOT no_product), 0) AS DECIMAL(18, 4)) AS subtotal,
    CAST(coalesce(-sum(quantity * price) FILTER (code = 'D'), 0) AS DECIMAL(18, 4)) AS discount,
    CAST(coalesce(sum(quantity * price) FILTER (code IN ('POST', 'DOT', 'C2', 'C3')), 0) AS DECIMAL(18, 4)) AS shipping,
    CAST(sum(quantity * price) AS DECIMAL(18, 4)) AS total, 'GBP' AS currency
FROM sales GROUP BY invoice
"""
_CUSTOMERS = """
SELECT customer AS customer_id, ordered_at AS updated_at, country FROM (
    SELECT customer, ordered_at, min(country) AS country,
        lag(min(country)) OVER (PARTITION BY customer ORDER BY ordered_at) AS before,
        row_number() OVER (PARTITION BY customer ORDER BY ordered_at) AS nth
    FROM sales WHERE customer IS NOT NULL GROUP BY customer, ordered_at
) WHERE nth = 1 OR country IS DISTINCT FROM before
"""
_PRODUCTS = """
SELECT code AS product_id, min(ordered_at) AS updated_at, 'GBP' AS currency,
    arg_max(description, (uses, description)) AS name
FROM (
    SELECT code, description, min(ordered_at) AS ordered_at, count(*) FILTER (quantity > 0 AND price > 0) AS uses
    FROM sales WHERE NOT no_product GROUP BY code, description
) GROUP BY code
"""


def load(lake: Lake, path: str | Path, *, dry_run: bool = False, progress: Progress | None = None) -> LoadReport:
    """Load the file at `path` (.parquet, .csv or .xlsx) into orders, order_lines, customers and products.

    Rows that cannot be read (no number, no date) are left out and listed. With `dry_run` nothing is written.
    """
    path = Path(path)
    loading = Loading(lake, f"online-retail ({path.name})", dry_run=dry_run, progress=progress, steps=6)
    with connect() as source:
        loading.step(f"reading {path.name}")
        files.read(source, path, "raw")
        source.execute(_TYPED.format(**_columns(source, path)))
        _note_unreadable(loading, source, path.name)
        loading.step("sorting out")
        source.execute(_LINES_TABLE)
        source.execute(_SALES)
        _note_mess(loading, source)
        for name, sql in (
            ("order_lines", _ORDER_LINES),
            ("orders", _ORDERS),
            ("customers", _CUSTOMERS),
            ("products", _PRODUCTS),
        ):
            loading.step(name)
            loading.put(name, source.sql(sql).to_arrow_table())
    return loading.finish()


def _columns(source: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    found = {c.lower().replace(" ", ""): c for c in source.table("raw").columns}
    columns = {}
    for ours, theirs in _NAMES.items():
        name = next((found[t] for t in theirs if t in found), None)
        if name is None:
            known = ", ".join(column for column in found.values() if column != files.ROW)
            raise ValueError(f"{path.name} has no column {theirs[0]!r}; it has {known}")
        columns[ours] = f'"{name}"'
    return columns


def _note_unreadable(loading: Loading, source: duckdb.DuckDBPyConnection, file: str) -> None:
    checks = (
        ("quantity", "quantity", "quantity_text", "is not a whole number"),
        ("ordered_at", "sold_at", "sold_at_text", "is not a date and time"),
        ("unit_price", "price", "price_text", "is not an amount"),
        ("order_id", "invoice", "NULL", "is empty and may not be"),
        ("product_id", "code", "NULL", "is empty and may not be"),
    )
    for column, typed, text, reason in checks:
        unread = source.table("typed").filter(f"{typed} IS NULL").order("row").limit(_LISTED)
        found = unread.select(f"row, {text}").fetchall()
        loading.problems(Problem("order_lines", row, column, value, reason, file) for row, value in found)
    missing = " OR ".join(f"{typed} IS NULL" for _, typed, _, _ in checks)
    count = source.table("typed").filter(missing).count("*").fetchall()[0][0]
    loading.refuse("order_lines", count)


def _note_mess(loading: Loading, source: duckdb.DuckDBPyConnection) -> None:
    readable, spelled = source.sql(
        """SELECT count(*), count(*) FILTER (code <> code_as_given) FROM typed
        WHERE invoice IS NOT NULL AND code IS NOT NULL AND quantity IS NOT NULL AND sold_at IS NOT NULL
            AND price IS NOT NULL"""
    ).fetchall()[0]
    lines, credit, bad_debt, write_offs = source.sql(
        """SELECT count(*), count(*) FILTER (credit), count(*) FILTER (bad_debt), count(*) FILTER (write_off)
        FROM lines"""
    ).fetchall()[0]
    no_product, anonymous, free = source.sql(
        """SELECT count(*) FILTER (no_product), count(*) FILTER (customer IS NULL), count(*) FILTER (price = 0)
        FROM sales"""
    ).fetchall()[0]
    loading.handled("lines repeated exactly, between the overlapping sheets or within one", readable - lines, "dropped")
    loading.handled("lines of credit notes (C…)", credit, "orders with status cancelled, lines of kind return")
    loading.handled("lines that book bad debt (A…)", bad_debt, "left out")
    loading.handled(
        "stock write-offs (negative without credit note, or without price and customer)", write_offs, "left out"
    )
    loading.handled("lines with a code that is no product", no_product, "in the order's amounts, not among its lines")
    loading.handled("lines without customer", anonymous, "kept, customer empty")
    loading.handled("lines given away (price 0, customer known)", free, "kept with total 0")
    loading.handled("product codes in another spelling (case, blanks)", spelled, "brought to capitals")
