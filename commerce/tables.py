"""The tables of the lake, each declared once: what a shop remembers.

Every timestamp is UTC. Money is decimal with the row's ISO 4217 `currency`. A quantity is signed: what comes back from
a customer is negative.
"""

from __future__ import annotations

from commerce.risk_tables import DECISIONS, LABELS, LOGINS, PAYMENTS, SESSIONS
from commerce.schema import CURRENCY, MONEY, Column, Table, required

EVENTS = Table(
    "events",
    "Everything that was accepted from the tracking API, as it came.",
    (
        required("message_id", "string", "the sender's id of the message; makes ingestion idempotent"),
        required("type", "string", "track, identify, page, screen, group or alias"),
        Column("name", "string", "the event's name for track, the page's or screen's name for page and screen"),
        Column("customer_id", "string", "userId of the envelope"),
        Column("anonymous_id", "string", "anonymousId of the envelope"),
        Column("session_id", "string", "context.sessionId, where the sender keeps sessions"),
        required("timestamp", "timestamp", "when it happened, corrected for the sender's clock"),
        required("received_at", "timestamp", "when the API took it in"),
        Column("properties", "json", "properties of track, page and screen"),
        Column("traits", "json", "traits of identify and group"),
        Column("context", "json", "context of the envelope"),
    ),
    key=("message_id",),
    time="timestamp",
    retention_days=730,
    personal=("customer_id", "anonymous_id", "properties", "traits", "context"),
)

ORDERS = Table(
    "orders",
    "One row per order; a cancelled or refunded order stays, with its status.",
    (
        required("order_id", "string", "the shop's order number"),
        Column("customer_id", "string", "who ordered; empty for an anonymous order"),
        required("ordered_at", "timestamp", "when the order was placed"),
        required("status", "string", "completed, cancelled or refunded"),
        Column("status_at", "timestamp", "since when the status is what it is; empty: since the order was placed"),
        Column("channel", "string", "web, app, store, …"),
        Column("store_id", "string", "where, for a shop with stores"),
        Column("subtotal", "decimal(18,4)", "sum of the lines before order-level discount, shipping and tax", MONEY),
        Column("discount", "decimal(18,4)", "discounts given, positive", MONEY),
        Column("shipping", "decimal(18,4)", "shipping charged", MONEY),
        Column("tax", "decimal(18,4)", "tax charged", MONEY),
        Column("total", "decimal(18,4)", "what the customer paid", MONEY),
        CURRENCY,
        Column("coupon", "string", "coupon code used"),
    ),
    key=("order_id",),
    time="ordered_at",
    personal=("customer_id",),
)

ORDER_LINES = Table(
    "order_lines",
    "One row per order line, sales and returns.",
    (
        required("order_id", "string", "the order it belongs to"),
        required("line_id", "string", "unique within the order"),
        Column("customer_id", "string", "as in orders, repeated so that features need no join"),
        required("product_id", "string", "what was bought (SKU)"),
        required("ordered_at", "timestamp", "as in orders"),
        required("kind", "string", "sale or return"),
        required("quantity", "float64", "negative when returned", "units"),
        Column("unit_price", "decimal(18,4)", "price of one unit as charged, before the line's discount", MONEY),
        Column("discount", "decimal(18,4)", "discount on the line, positive", MONEY),
        required("total", "decimal(18,4)", "quantity × unit_price − discount; negative when returned", MONEY),
        CURRENCY,
        Column("store_id", "string", "as in orders"),
    ),
    key=("order_id", "line_id"),
    time="ordered_at",
    personal=("customer_id",),
)

PRODUCTS = Table(
    "products",
    "The catalogue, one row per product and change: what is known of a product from `updated_at` on.",
    (
        required("product_id", "string", "SKU"),
        required("updated_at", "timestamp", "from when on the row is valid"),
        Column("name", "string", "what the customer reads"),
        Column("brand", "string", "brand or manufacturer"),
        Column("department", "string", "widest level of the hierarchy"),
        Column("category", "string", "middle level"),
        Column("subcategory", "string", "narrowest level"),
        Column("price", "decimal(18,4)", "list price", MONEY),
        Column("cost", "decimal(18,4)", "what the shop pays for one unit", MONEY),
        CURRENCY,
        Column("active", "bool", "whether it can be bought"),
        Column("attributes", "json", "everything else the shop knows"),
    ),
    key=("product_id", "updated_at"),
    time="updated_at",
)

CUSTOMERS = Table(
    "customers",
    "What is known of a customer from `updated_at` on.",
    (
        required("customer_id", "string", "the shop's id of the customer"),
        required("updated_at", "timestamp", "from when on the row is valid"),
        Column("created_at", "timestamp", "when the customer registered"),
        Column("email", "string", "address for letters"),
        Column("country", "string", "ISO 3166-1 alpha-2 where the shop keeps it, else as it came"),
        Column("time_zone", "string", "IANA name"),
        Column("email_consent", "bool", "whether letters may be sent"),
        Column(
            "churned", "bool", "label of a contract business: whether the contract had ended when the row was taken"
        ),
        Column("traits", "json", "everything else, as name → value"),
    ),
    key=("customer_id", "updated_at"),
    time="updated_at",
    personal=("customer_id", "email", "traits"),
)

PRICES = Table(
    "prices",
    "Prices as they were set or observed, own and competitors'.",
    (
        required("product_id", "string", "SKU"),
        required("seller", "string", "`own`, or the competitor's name"),
        required("store_id", "string", "where it holds; `*` for everywhere"),
        required("valid_from", "timestamp", "from when on"),
        required("price", "decimal(18,4)", "price of one unit", MONEY),
        CURRENCY,
    ),
    key=("product_id", "seller", "store_id", "valid_from"),
    time="valid_from",
)

STOCK = Table(
    "stock",
    "Stock counts.",
    (
        required("product_id", "string", "SKU"),
        required("location_id", "string", "warehouse or store"),
        required("counted_at", "timestamp", "when"),
        required("quantity", "float64", "on hand", "units"),
        Column("on_order", "float64", "ordered from the supplier and not yet here", "units"),
    ),
    key=("product_id", "location_id", "counted_at"),
    time="counted_at",
    retention_days=1095,
)

DELIVERIES = Table(
    "deliveries",
    "What was ordered from suppliers, one row per line of a purchase order, and when it came.",
    (
        required("purchase_order_id", "string", "the shop's number of the purchase order"),
        required("line_id", "string", "unique within the purchase order"),
        required("product_id", "string", "SKU"),
        required("location_id", "string", "warehouse or store it goes to; `*` for the whole shop"),
        Column("supplier", "string", "who delivers"),
        required("ordered_at", "timestamp", "when it was ordered"),
        Column("promised_on", "date", "day the supplier promised"),
        Column("arrived_at", "timestamp", "when the last of it arrived; empty: not yet"),
        required("quantity", "float64", "ordered", "units"),
        Column("arrived", "float64", "arrived so far; empty: as ordered, once `arrived_at` is filled", "units"),
    ),
    key=("purchase_order_id", "line_id"),
    time="ordered_at",
)

SUPPLY_TERMS = Table(
    "supply_terms",
    "On which terms a product can be had of a supplier, from `updated_at` on; of several suppliers, the latest row.",
    (
        required("product_id", "string", "SKU"),
        required("supplier", "string", "who delivers; `*` where the shop does not tell them apart"),
        required("updated_at", "timestamp", "from when on the row is valid"),
        Column("unit_cost", "decimal(18,4)", "what the shop pays for one unit", MONEY),
        CURRENCY,
        Column("pack_size", "float64", "orders are multiples of it", "units"),
        Column("min_order", "float64", "least that can be ordered at once", "units"),
        Column("shelf_life_days", "float64", "how long a unit can be sold after it arrived", "days"),
    ),
    key=("product_id", "supplier", "updated_at"),
    time="updated_at",
)

LOCATIONS = Table(
    "locations",
    "The shop's stores and warehouses, one row per location and change: what is known of it from `updated_at` on.",
    (
        required("location_id", "string", "warehouse or store, as `store_id` of order lines has it"),
        required("updated_at", "timestamp", "from when on the row is valid"),
        Column("name", "string", "what people call it"),
        Column("region", "string", "region that it counts in; empty: in none"),
    ),
    key=("location_id", "updated_at"),
    time="updated_at",
)

PROMOTIONS = Table(
    "promotions",
    "Which product was promoted where, how and when.",
    (
        required("promotion_id", "string", "campaign, week or flyer it belongs to"),
        required("product_id", "string", "SKU"),
        required("store_id", "string", "`*` for everywhere"),
        required("starts_on", "date", "first day"),
        Column("ends_on", "date", "last day"),
        Column("kind", "string", "display, mailer, discount, coupon, …"),
        Column("display", "string", "where in the store or on the site"),
        Column("mailer", "string", "where in the mailer"),
        Column("discount", "float64", "share of the price, 0 to 1", "ratio"),
    ),
    key=("promotion_id", "product_id", "store_id", "starts_on"),
    time="starts_on",
)

REGRESSORS = Table(
    "regressors",
    "What else moves demand, day by day, as it was known or foreseen: weather, school holidays, events, footfall.",
    (
        required("regressor", "string", "its name, such as temperature"),
        required("location_id", "string", "store or region; `*` for everywhere"),
        required("day", "date", "the day it is the value of"),
        required("known_at", "timestamp", "since when the value is known; what was foreseen is known before its day"),
        required("value", "float64", "the value; 0 or 1 of what is or is not"),
    ),
    key=("regressor", "location_id", "day", "known_at"),
    time="known_at",
)

MESSAGES = Table(
    "messages",
    "Letters and what happened to them, one row per interaction.",
    (
        required("message_id", "string", "the interaction's own id"),
        Column("customer_id", "string", "who was written to"),
        required("occurred_at", "timestamp", "when"),
        required("interaction", "string", "sent, delivered, opened, clicked, bounced, complained or unsubscribed"),
        Column("channel", "string", "email, sms, push, …"),
        Column("campaign_id", "string", "the campaign"),
        Column("template_id", "string", "the template"),
        Column("letter_id", "string", "the letter: the same for its delivery, opens and clicks"),
        Column("url", "string", "what was clicked"),
        Column("reason", "string", "why it bounced or was complained of"),
        Column("machine", "bool", "whether a machine opened it, such as a mail provider's prefetching proxy"),
    ),
    key=("message_id",),
    time="occurred_at",
    retention_days=730,
    personal=("customer_id",),
)

EXPOSURES = Table(
    "exposures",
    "What was shown to whom, by which version, at which position, with which propensity.",
    (
        required("exposure_id", "string", "the answer's id; with the position it is unique"),
        required("position", "int64", "1 is the first", "rank"),
        Column("customer_id", "string", "to whom"),
        Column("anonymous_id", "string", "to whom, before they are known"),
        required("occurred_at", "timestamp", "when"),
        required("family", "string", "model family that answered"),
        Column("version", "string", "model version; empty for the baseline"),
        required("source", "string", "model, cold_start, baseline or exploration"),
        Column("item_id", "string", "what was shown"),
        Column("score", "float64", "the model's score of it"),
        Column("propensity", "float64", "probability with which it was shown here, 0 to 1", "probability"),
        Column("context", "json", "what was asked for, such as the question"),
    ),
    key=("exposure_id", "position"),
    time="occurred_at",
    retention_days=365,
    personal=("customer_id", "anonymous_id"),
)

SPEND = Table(
    "spend",
    "What marketing cost, by channel, campaign and day.",
    (
        required("channel", "string", "search, social, email, …"),
        required("campaign_id", "string", "`*` for the whole channel"),
        required("spent_on", "date", "day"),
        required("amount", "decimal(18,4)", "how much", MONEY),
        CURRENCY,
        Column("impressions", "int64", "shown", "count"),
        Column("clicks", "int64", "clicked", "count"),
    ),
    key=("channel", "campaign_id", "spent_on"),
    time="spent_on",
)

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        EVENTS,
        ORDERS,
        ORDER_LINES,
        PRODUCTS,
        CUSTOMERS,
        PRICES,
        STOCK,
        DELIVERIES,
        SUPPLY_TERMS,
        LOCATIONS,
        PROMOTIONS,
        REGRESSORS,
        MESSAGES,
        LOGINS,
        PAYMENTS,
        SESSIONS,
        LABELS,
        DECISIONS,
        EXPOSURES,
        SPEND,
    )
}
