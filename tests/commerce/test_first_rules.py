"""Rules that hold until a shop has its own."""

import pytest

from commerce.families import discover
from commerce.rules.ruling import Rules
from commerce.rules.vocabulary import vocabulary

HONEST = {
    "customer_count_30d": 9.0, "customer_device_count_90d": 7.0, "customer_device_id_distinct_30d": 2.0,
    "customer_failed_mean_30d": 0.1, "customer_failed_sum_1h": 1.0, "customer_ip_country_same_90d": 9.0,
    "device_customer_id_distinct_7d": 1.0, "device_failed_mean_1d": 0.0, "ip_customer_id_distinct_1h": 2.0,
    "ip_failed_mean_1h": 0.0, "user_agent_count_1h": 40.0, "user_agent_failed_mean_1h": 0.1,
}  # fmt: skip
"""Of a customer's usual login."""


@pytest.mark.parametrize(
    ("changed", "fired"),
    [
        ({}, []),
        ({"customer_device_id_distinct_30d": 6.0, "customer_device_count_90d": 0.0}, []),
        (
            {
                "customer_device_id_distinct_30d": 6.0,
                "customer_device_count_90d": 0.0,
                "customer_failed_mean_30d": 0.8,
            },
            ["guessing-from-new-devices"],
        ),
        ({"device_customer_id_distinct_7d": 5.0, "device_failed_mean_1d": 0.9}, ["stuffing-device"]),
        ({"user_agent_failed_mean_1h": 0.9}, ["stuffing-browser"]),
        ({"customer_device_count_90d": 0.0, "customer_ip_country_same_90d": 0.0}, ["new-device-abroad"]),
        ({"ip_customer_id_distinct_1h": 25.0, "ip_failed_mean_1h": 0.9}, ["stuffing-address"]),
        ({"customer_failed_sum_1h": 12.0}, ["guessing"]),
    ],
)
def test_a_login_is_stopped_for_what_honest_ones_hardly_ever_are(changed, fired):
    # GIVEN the rules of access, and a usual login of which something is otherwise
    assessment = discover()["access"].assessment
    rules = Rules(assessment.rules(), vocabulary(assessment))
    # WHEN they are asked
    ruling = rules({"event": {}, "past": HONEST | changed})
    # THEN that alone fires which is meant, and nothing is unknown
    assert [each.id for each in ruling.fired] == fired
    assert not ruling.unknown
