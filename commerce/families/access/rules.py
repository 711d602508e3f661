"""Rules that hold until a shop has its own: what hardly any honest visitor does."""

from __future__ import annotations

from commerce.rules.book import Rule

RULES = (
    Rule(
        id="stuffing-address",
        when="past.ip_customer_id_distinct_1h >= 20.0 && past.ip_failed_mean_1h >= 0.7",
        outcome="block",
        reason="one internet address tries the passwords of many accounts",
    ),
    Rule(
        id="guessing",
        when="past.customer_failed_sum_1h >= 10.0",
        outcome="review",
        reason="many wrong passwords for one account within the hour",
    ),
    Rule(
        id="guessing-from-new-devices",
        when="past.customer_device_id_distinct_30d >= 4.0 && past.customer_device_count_90d == 0.0 && "
        "past.customer_failed_mean_30d >= 0.4",
        outcome="review",
        reason="wrong passwords for one account from ever new devices",
    ),
    Rule(
        id="stuffing-device",
        when="past.device_customer_id_distinct_7d >= 4.0 && past.device_failed_mean_1d >= 0.7",
        outcome="review",
        reason="one device tries the passwords of several accounts",
    ),
    Rule(
        id="stuffing-browser",
        when="past.user_agent_count_1h >= 15.0 && past.user_agent_failed_mean_1h >= 0.8",
        outcome="review",
        reason="most attempts with this browser failed within the hour",
    ),
    Rule(
        id="new-device-abroad",
        when="past.customer_count_30d >= 2.0 && past.customer_device_count_90d == 0.0 && "
        "past.customer_ip_country_same_90d == 0.0",
        outcome="review",
        reason="a new device, from a country that this customer was never seen in",
    ),
)
