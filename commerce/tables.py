"""The tables of the lake, each declared once: what a shop remembers.

Every timestamp is UTC. Money is decimal with the row's ISO 4217 `currency`. A quantity is signed: what comes back from
a customer is negative.
"""

from __future__ import annotations

from commerce.schema import Column, ColumnType, Table


def _required(name: str, type_: ColumnType, doc: str, unit: str = "") -> Column:
    return Column(name, type_, doc, unit, nullable=False)


_MONEY = "currency"
_CURRENCY = Column("currency", "string", "ISO 4217 code of every money column of the row")

EVENTS = Table(
    "events",
    "Everything that was accepted from the tracking API, as it came.",
    (
        _required("message_id", "string", "the sender's id of the message; makes ingestion idempotent"),
        _required("type", "string", "track, identify, page, screen, group or alias"),
        Column("name", "string", "the event's name for track, the page's or screen's name for page and screen"),
        Column("customer_id", "string", "userId of the envelope"),
        Column("anonymous_id", "string", "anonymousId of the envelope"),
        Column("session_id", "string", "context.sessionId, where the sender keeps sessions"),
        _required("timestamp", "timestamp", "when it happened, corrected for the sender's clock"),
        _required("received_at", "timestamp", "when the API took it in"),
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
        _required("order_id", "string", "the shop's order number"),
        Column("customer_id", "string", "who ordered; empty for an anonymous order"),
        _required("ordered_at", "timestamp", "when the order was placed"),
        _required("status", "string", "completed, cancelled or refunded"),
        Column("status_at", "timestamp", "since when the status is what it is; empty: since the order was placed"),
        Column("channel", "string", "web, app, store, …"),
        Column("store_id", "string", "where, for a shop with stores"),
        Column("subtotal", "decimal(18,4)", "sum of the lines before order-level discount, shipping and tax", _MONEY),
        Column("discount", "decimal(18,4)", "discounts given, positive", _MONEY),
        Column("shipping", "decimal(18,4)", "shipping charged", _MONEY),
        Column("tax", "decimal(18,4)", "tax charged", _MONEY),
        Column("total", "decimal(18,4)", "what the customer paid", _MONEY),
        _CURRENCY,
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
        _required("order_id", "string", "the order it belongs to"),
        _required("line_id", "string", "unique within the order"),
        Column("customer_id", "string", "as in orders, repeated so that features need no join"),
        _required("product_id", "string", "what was bought (SKU)"),
        _required("ordered_at", "timestamp", "as in orders"),
        _required("kind", "string", "sale or return"),
        _required("quantity", "float64", "negative when returned", "units"),
        Column("unit_price", "decimal(18,4)", "price of one unit as charged, before the line's discount", _MONEY),
        Column("discount", "decimal(18,4)", "discount on the line, positive", _MONEY),
        _required("total", "decimal(18,4)", "quantity × unit_price − discount; negative when returned", _MONEY),
        _CURRENCY,
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
        _required("product_id", "string", "SKU"),
        _required("updated_at", "timestamp", "from when on the row is valid"),
        Column("name", "string", "what the customer reads"),
        Column("brand", "string", "brand or manufacturer"),
        Column("department", "string", "widest level of the hierarchy"),
        Column("category", "string", "middle level"),
        Column("subcategory", "string", "narrowest level"),
        Column("price", "decimal(18,4)", "list price", _MONEY),
        Column("cost", "decimal(18,4)", "what the shop pays for one unit", _MONEY),
        _CURRENCY,
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
        _required("customer_id", "string", "the shop's id of the customer"),
        _required("updated_at", "timestamp", "from when on the row is valid"),
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
        _required("product_id", "string", "SKU"),
        _required("seller", "string", "`own`, or the competitor's name"),
        _required("store_id", "string", "where it holds; `*` for everywhere"),
        _required("valid_from", "timestamp", "from when on"),
        _required("price", "decimal(18,4)", "price of one unit", _MONEY),
        _CURRENCY,
    ),
    key=("product_id", "seller", "store_id", "valid_from"),
    time="valid_from",
)

STOCK = Table(
    "stock",
    "Stock counts.",
    (
        _required("product_id", "string", "SKU"),
        _required("location_id", "string", "warehouse or store"),
        _required("counted_at", "timestamp", "when"),
        _required("quantity", "float64", "on hand", "units"),
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
        _required("purchase_order_id", "string", "the shop's number of the purchase order"),
        _required("line_id", "string", "unique within the purchase order"),
        _required("product_id", "string", "SKU"),
        _required("location_id", "string", "warehouse or store it goes to; `*` for the whole shop"),
        Column("supplier", "string", "who delivers"),
        _required("ordered_at", "timestamp", "when it was ordered"),
        Column("promised_on", "date", "day the supplier promised"),
        Column("arrived_at", "timestamp", "when the last of it arrived; empty: not yet"),
        _required("quantity", "float64", "ordered", "units"),
        Column("arrived", "float64", "arrived so far; empty: as ordered, once `arrived_at` is filled", "units"),
    ),
    key=("purchase_order_id", "line_id"),
    time="ordered_at",
)

SUPPLY_TERMS = Table(
    "supply_terms",
    "On which terms a product can be had of a supplier, from `updated_at` on; of several suppliers, the latest row.",
    (
        _required("product_id", "string", "SKU"),
        _required("supplier", "string", "who delivers; `*` where the shop does not tell them apart"),
        _required("updated_at", "timestamp", "from when on the row is valid"),
        Column("unit_cost", "decimal(18,4)", "what the shop pays for one unit", _MONEY),
        _CURRENCY,
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
        _required("location_id", "string", "warehouse or store, as `store_id` of order lines has it"),
        _required("updated_at", "timestamp", "from when on the row is valid"),
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
        _required("promotion_id", "string", "campaign, week or flyer it belongs to"),
        _required("product_id", "string", "SKU"),
        _required("store_id", "string", "`*` for everywhere"),
        _required("starts_on", "date", "first day"),
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
        _required("regressor", "string", "its name, such as temperature"),
        _required("location_id", "string", "store or region; `*` for everywhere"),
        _required("day", "date", "the day it is the value of"),
        _required("known_at", "timestamp", "since when the value is known; what was foreseen is known before its day"),
        _required("value", "float64", "the value; 0 or 1 of what is or is not"),
    ),
    key=("regressor", "location_id", "day", "known_at"),
    time="known_at",
)

MESSAGES = Table(
    "messages",
    "Letters and what happened to them, one row per interaction.",
    (
        _required("message_id", "string", "the interaction's own id"),
        Column("customer_id", "string", "who was written to"),
        _required("occurred_at", "timestamp", "when"),
        _required("interaction", "string", "sent, delivered, opened, clicked, bounced, complained or unsubscribed"),
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

LOGINS = Table(
    "logins",
    "Attempts to log in.",
    (
        _required("login_id", "string", "the shop's id of the attempt, else the message's"),
        Column("customer_id", "string", "the account tried, where it exists"),
        _required("occurred_at", "timestamp", "when"),
        _required("succeeded", "bool", "whether it was let in"),
        Column("failure_reason", "string", "wrong_password, unknown_account, locked, second_factor, …"),
        Column("ip", "string", "address"),
        Column("ip_country", "string", "country of the address, ISO 3166-1 alpha-2"),
        Column("device_id", "string", "device fingerprint"),
        Column("user_agent", "string", "browser"),
    ),
    key=("login_id",),
    time="occurred_at",
    retention_days=365,
    personal=("customer_id", "ip", "device_id"),
)

PAYMENTS = Table(
    "payments",
    "Attempts to pay.",
    (
        _required("payment_id", "string", "the shop's or provider's id"),
        Column("order_id", "string", "for which order"),
        Column("customer_id", "string", "who"),
        _required("occurred_at", "timestamp", "when"),
        _required("amount", "decimal(18,4)", "how much", _MONEY),
        _CURRENCY,
        Column("method", "string", "card, invoice, wallet, …"),
        Column("outcome", "string", "approved, declined, error or pending"),
        Column("card_fingerprint", "string", "the provider's token of the card, never its number"),
        Column("device_id", "string", "device fingerprint"),
        Column("card_country", "string", "country of the card's issuer, ISO 3166-1 alpha-2"),
        Column("ip", "string", "address"),
        Column("ip_country", "string", "country of the address, ISO 3166-1 alpha-2"),
        Column("email_domain", "string", "domain of the e-mail address given, in lower-case ASCII"),
        Column("shipping_address", "string", "a token of where it is sent to, never the address itself"),
        Column("shipping_country", "string", "country it is sent to, ISO 3166-1 alpha-2"),
        Column("product_id", "string", "the dearest product of the order (SKU)"),
        Column("coupon", "string", "coupon code used"),
        Column("fraud", "bool", "label of a loaded file: chargeback or verdict; a row of `labels` goes before it"),
        Column("labelled_at", "timestamp", "when the label became known"),
    ),
    key=("payment_id",),
    time="occurred_at",
    retention_days=1095,
    personal=("customer_id", "card_fingerprint", "device_id", "ip", "shipping_address"),
)

TRAFFIC = (
    Column("requests", "float64", "requests", "count"),
    Column("duration_seconds", "float64", "from the first to the last request", "seconds"),
    Column("mean_gap_seconds", "float64", "mean time between requests; empty for a single one", "seconds"),
    Column("gap_std_seconds", "float64", "standard deviation of the time between requests", "seconds"),
    Column("repeated", "float64", "requests for what was just asked for", "share"),
    Column("status_2xx", "float64", "answered with a status 200 to 299", "share"),
    Column("status_3xx", "float64", "answered with a status 300 to 399", "share"),
    Column("status_4xx", "float64", "answered with a status 400 to 499", "share"),
    Column("status_5xx", "float64", "answered with a status 500 to 599", "share"),
    Column("get", "float64", "asked with GET", "share"),
    Column("post", "float64", "asked with POST", "share"),
    Column("head", "float64", "asked with HEAD", "share"),
    Column("other_method", "float64", "asked with another method", "share"),
    Column("night", "float64", "asked at night by the shop's clock", "share"),
    Column("no_referrer", "float64", "asked without a referrer", "share"),
    Column("images", "float64", "asked for images", "share"),
    Column("html", "float64", "asked for pages", "share"),
    Column("html_to_image", "float64", "images asked for per page", "ratio"),
    Column("html_to_css", "float64", "style sheets asked for per page", "ratio"),
    Column("html_to_js", "float64", "scripts asked for per page", "ratio"),
    Column("width", "float64", "leaves of the tree of paths asked for", "count"),
    Column("depth", "float64", "greatest depth of the paths asked for", "count"),
    Column("depth_std", "float64", "standard deviation of the depth of the paths asked for", "count"),
    Column("consecutive", "float64", "requests that follow another in the same folder", "share"),
    Column("bytes", "float64", "sent in answer", "bytes"),
    Column(
        "popularity", "float64", "how rarely what was asked for is asked for: mean of the site's own index", "ratio"
    ),
    Column("referrer_switches", "float64", "requests that change the referrer", "share"),
    Column("filetype_switches", "float64", "requests that change the type of file", "share"),
    Column("max_barrage", "float64", "longest run of requests that a page brings about", "count"),
    Column("penalty", "float64", "returns to what was asked for before", "count"),
)
"""Statistics of a session's traffic, which the shop's servers know: the features of Lagopoulos and Tsoumakas,
"Content-aware web robot detection" (2020), in the order of their data set. A share is of the session's requests."""

SESSIONS = Table(
    "sessions",
    "Visits to the shop's servers, one row per session that ended, with what its traffic was like.",
    (
        _required("session_id", "string", "the sender's id of the session"),
        Column("customer_id", "string", "who, where they logged in"),
        Column("anonymous_id", "string", "who, before they are known"),
        _required("ended_at", "timestamp", "when the last request of the session came"),
        Column("ip", "string", "address"),
        Column("user_agent", "string", "browser, as it calls itself"),
        Column("device_id", "string", "device fingerprint"),
        *TRAFFIC,
    ),
    key=("session_id",),
    time="ended_at",
    retention_days=365,
    personal=("customer_id", "anonymous_id", "ip", "device_id"),
)

LABELS = Table(
    "labels",
    "What payments, logins and sessions turned out to be: one row per event, the latest word.",
    (
        _required("event_type", "string", "payment, login or session"),
        _required("event_id", "string", "payment_id, login_id or session_id"),
        _required("labelled_at", "timestamp", "when the label became known, which may be weeks after the event"),
        _required("fraud", "bool", "whether it was fraud: of a login, not the account's owner; of a session, a robot"),
        _required("source", "string", "who says so: chargeback, review, customer, provider, …"),
    ),
    key=("event_type", "event_id"),
    time="labelled_at",
    retention_days=1095,
    personal=("event_id",),
)

DECISIONS = Table(
    "decisions",
    "What was decided on payments, logins and sessions, with all it was decided on.",
    (
        _required("decision_id", "string", "the answer's id"),
        _required("event_type", "string", "payment, login or session"),
        _required("event_id", "string", "payment_id, login_id or session_id"),
        _required("decided_at", "timestamp", "when"),
        _required("family", "string", "model family that decided"),
        Column("version", "string", "model version; empty where no model answered"),
        Column("rules_version", "int64", "version of the rules; empty where there were none", "number"),
        _required("source", "string", "model, cold_start or rules"),
        _required("outcome", "string", "approve, review or block"),
        Column("probability", "float64", "calibrated probability of fraud, 0 to 1", "probability"),
        Column("amount", "decimal(18,4)", "amount at risk", _MONEY),
        Column("expected_cost_approve", "decimal(18,4)", "expected cost of letting it through", _MONEY),
        Column("expected_cost_review", "decimal(18,4)", "expected cost of having somebody look", _MONEY),
        Column("expected_cost_block", "decimal(18,4)", "expected cost of turning it away", _MONEY),
        _CURRENCY,
        Column("features", "json", "name → value of every feature at that moment: a snapshot"),
        Column("rules", "json", "ids of the rules that fired"),
        Column("reasons", "json", "reasons in words"),
    ),
    key=("decision_id",),
    time="decided_at",
    retention_days=1095,
    personal=("event_id", "features", "reasons"),
)

EXPOSURES = Table(
    "exposures",
    "What was shown to whom, by which version, at which position, with which propensity.",
    (
        _required("exposure_id", "string", "the answer's id; with the position it is unique"),
        _required("position", "int64", "1 is the first", "rank"),
        Column("customer_id", "string", "to whom"),
        Column("anonymous_id", "string", "to whom, before they are known"),
        _required("occurred_at", "timestamp", "when"),
        _required("family", "string", "model family that answered"),
        Column("version", "string", "model version; empty for the baseline"),
        _required("source", "string", "model, cold_start, baseline or exploration"),
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
        _required("channel", "string", "search, social, email, …"),
        _required("campaign_id", "string", "`*` for the whole channel"),
        _required("spent_on", "date", "day"),
        _required("amount", "decimal(18,4)", "how much", _MONEY),
        _CURRENCY,
        Column("impressions", "int64", "shown", "count"),
        Column("clicks", "int64", "clicked", "count"),
    ),
    key=("channel", "campaign_id", "spent_on"),
    time="spent_on",
)

EVENT_IDS = {
    "payment": ("payments", "payment_id"),
    "login": ("logins", "login_id"),
    "session": ("sessions", "session_id"),
}
"""Type of an event that labels and decisions are about → its table, and the column that holds its id."""

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
