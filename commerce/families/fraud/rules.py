"""Rules that hold until a shop has its own: what hardly any honest payment does."""

from __future__ import annotations

from commerce.rules.book import Rule

RULES = (
    Rule(
        id="card-testing",
        when="past.device_card_fingerprint_distinct_1d >= 5.0 || past.ip_card_fingerprint_distinct_1d >= 8.0",
        outcome="block",
        reason="many cards are tried from one device or internet address",
    ),
    Rule(
        id="declined-often",
        when="past.card_declined_sum_1h >= 4.0",
        outcome="block",
        reason="this card was declined again and again within the hour",
    ),
    Rule(
        id="burst",
        when="past.card_count_10m >= 6.0",
        outcome="review",
        reason="many payments with one card within minutes",
    ),
    Rule(
        id="known-fraud",
        when="past.card_frauds_90d >= 1.0 || past.device_frauds_28d >= 3.0 || past.address_frauds_90d >= 2.0",
        outcome="review",
        reason="card, device or shipping address is known for fraud",
    ),
    Rule(
        id="shared-accounts",
        when="past.device_customer_id_distinct_7d >= 5.0 || past.card_customer_id_distinct_30d >= 4.0",
        outcome="review",
        reason="many customer accounts share a device or a card",
    ),
    Rule(
        id="coupon-accounts",
        when="past.coupon == 1.0 && past.device_customer_id_distinct_7d >= 3.0",
        outcome="review",
        reason="a coupon, used by one of several accounts that share a device",
    ),
    Rule(
        id="coupon-abuse",
        when="past.coupon == 1.0 && account.coupon_abuse == 1.0",
        outcome="review",
        reason="a coupon, used by one of a group of accounts that use one coupon far more than others do",
    ),
    Rule(
        id="account-group",
        when="account.multi_account == 1.0 && (account.known_fraud_nearby == 1.0 || account.refund_abuse == 1.0)",
        outcome="review",
        reason="one of many accounts that share what they use, with known fraud or unusual refunds among them",
    ),
    Rule(
        id="unlike-the-customer",
        when="past.customer_count_30d >= 3.0 && past.customer_log_amount_deviation_90d >= 4.0 && "
        "past.customer_device_count_90d == 0.0",
        outcome="review",
        reason="an amount unlike this customer, from a device never used before",
    ),
    Rule(
        id="dear-and-abroad",
        when="past.payment_amount >= 500.0 && (past.foreign_ip == 1.0 || past.foreign_card == 1.0) && "
        "past.customer_count_30d == 0.0",
        outcome="review",
        reason="a high amount of a new customer, from another country than the parcel goes to",
    ),
)
