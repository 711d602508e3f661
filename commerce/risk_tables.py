"""The lake's tables about risks: logins, payments and sessions, what they turned out to be, and what was decided.

They are tables like any other: `commerce.tables.TABLES` has them all.
"""

from __future__ import annotations

from commerce.schema import CURRENCY, MONEY, Column, Table, required

LOGINS = Table(
    "logins",
    "Attempts to log in.",
    (
        required("login_id", "string", "the shop's id of the attempt, else the message's"),
        Column("customer_id", "string", "the account tried, where it exists"),
        required("occurred_at", "timestamp", "when"),
        required("succeeded", "bool", "whether it was let in"),
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
        required("payment_id", "string", "the shop's or provider's id"),
        Column("order_id", "string", "for which order"),
        Column("customer_id", "string", "who"),
        required("occurred_at", "timestamp", "when"),
        required("amount", "decimal(18,4)", "how much", MONEY),
        CURRENCY,
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
        required("session_id", "string", "the sender's id of the session"),
        Column("customer_id", "string", "who, where they logged in"),
        Column("anonymous_id", "string", "who, before they are known"),
        required("ended_at", "timestamp", "when the last request of the session came"),
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
        required("event_type", "string", "payment, login or session"),
        required("event_id", "string", "payment_id, login_id or session_id"),
        required("labelled_at", "timestamp", "when the label became known, which may be weeks after the event"),
        required("fraud", "bool", "whether it was fraud: of a login, not the account's owner; of a session, a robot"),
        required("source", "string", "who says so: chargeback, review, customer, provider, …"),
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
        required("decision_id", "string", "the answer's id"),
        required("event_type", "string", "payment, login or session"),
        required("event_id", "string", "payment_id, login_id or session_id"),
        required("decided_at", "timestamp", "when"),
        required("family", "string", "model family that decided"),
        Column("version", "string", "model version; empty where no model answered"),
        Column("rules_version", "int64", "version of the rules; empty where there were none", "number"),
        required("source", "string", "model, cold_start or rules"),
        required("outcome", "string", "approve, review or block"),
        Column("probability", "float64", "calibrated probability of fraud, 0 to 1", "probability"),
        Column("anomaly", "float64", "without labels: share of ordinary events that are less unusual, 0 to 1", "share"),
        Column("amount", "decimal(18,4)", "amount at risk", MONEY),
        Column("expected_cost_approve", "decimal(18,4)", "expected cost of letting it through", MONEY),
        Column("expected_cost_review", "decimal(18,4)", "expected cost of having somebody look", MONEY),
        Column("expected_cost_block", "decimal(18,4)", "expected cost of turning it away", MONEY),
        CURRENCY,
        Column("features", "json", "name → value of every feature at that moment: a snapshot"),
        Column("rules", "json", "ids of the rules that fired"),
        Column("reasons", "json", "reasons in words"),
    ),
    key=("decision_id",),
    time="decided_at",
    retention_days=1095,
    personal=("event_id", "features", "reasons"),
)

EVENT_IDS = {
    "payment": ("payments", "payment_id"),
    "login": ("logins", "login_id"),
    "session": ("sessions", "session_id"),
}
"""Type of an event that labels and decisions are about → its table, and the column that holds its id."""
