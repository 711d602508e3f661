"""The envelope: what is accepted, what is refused and why, and the row that is kept."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from commerce.events import PROPERTIES, lake_row, parse, reasons
from commerce.tables import EVENTS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4),
    max_leaves=10,
)

LABEL = {"event_type": "payment", "event_id": "p-1", "fraud": True, "source": "chargeback"}
DECISION = {
    "decision_id": "d-1", "event_type": "payment", "event_id": "p-1", "family": "fraud", "source": "rules",
    "outcome": "review",
}  # fmt: skip


def track(**changes):
    message = {
        "type": "track",
        "messageId": "m-1",
        "userId": "c-1",
        "event": "Order Completed",
        "timestamp": NOW.isoformat(),
        "properties": {"order_id": "o-1", "total": 9.5, "currency": "EUR", "products": [{"product_id": "p-1"}]},
    }
    return message | changes


def test_a_known_event_is_validated_and_kept_whole():
    # GIVEN an order whose ids and prices are sent as other types than the spec's, with a property of the shop's own
    message = track(
        properties={"order_id": 7, "gift": True, "products": [{"product_id": 1, "price": "3.50", "quantity": 2}]}
    )
    # WHEN it is parsed
    event = parse(message, received_at=NOW)
    # THEN known properties have their types and the own one stays
    assert event.properties == {
        "order_id": "7",
        "gift": True,
        "products": [{"product_id": "1", "price": 3.5, "quantity": 2.0}],
    }


def test_an_unknown_event_name_is_kept_as_a_custom_event():
    # GIVEN an event that no spec knows
    message = track(event="Gift Wrapped", properties={"paper": "blue", "nested": {"a": [1, None]}})
    # WHEN it is parsed
    event = parse(message, received_at=NOW)
    # THEN name and properties are as they came
    assert (event.name, event.properties) == ("Gift Wrapped", {"paper": "blue", "nested": {"a": [1, None]}})


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (track(properties={"order_id": "o-1"}), "properties.products"),
        (track(properties={"order_id": "o-1", "products": [{"sku": "x"}]}), "properties.products.0.product_id"),
        (track(userId=None), "userId"),
        (track(event=""), "event"),
        (track(type="buy"), "type"),
        (track(messageId=""), "messageId"),
        (track(timestamp="yesterday"), "timestamp"),
        (track(timestamp="1970-01-01T00:00:00Z"), "timestamp"),
        (track(timestamp="2031-01-01T00:00:00Z"), "timestamp"),
        (track(properties=[]), "properties"),
        (
            track(event="Payment Attempted", properties={"payment_id": "1", "amount": 1, "card_fingerprint": "4" * 16}),
            "card_fingerprint",
        ),
        (
            track(event="Payment Attempted", properties={"payment_id": "1", "amount": 1, "currency": "EURO"}),
            "currency",
        ),
        (
            track(event="Payment Attempted", properties={"payment_id": "1", "amount": 1, "card_country": "GER"}),
            "card_country",
        ),
        (
            track(event="Payment Attempted", properties={"payment_id": "1", "amount": 1, "coupon": "x" * 1_000_000}),
            "coupon",
        ),
        (track(event="Payment Attempted", properties={"payment_id": "1", "amount": 1e300}), "amount"),
        (track(event="Payment Attempted", properties={"payment_id": "1", "amount": float("nan")}), "amount"),
        (track(event="Login Attempted", properties={"succeeded": True, "ip_country": "1"}), "ip_country"),
        (track(event="Session Observed", properties={"session_id": "s", "status_4xx": 4.0}), "status_4xx"),
        (
            track(event="Label Given", properties=LABEL | {"event_type": "order"}),
            "event_type",
        ),
        (track(event="Label Given", properties=LABEL | {"event_id": ""}), "event_id"),
        (track(event="Label Given", properties=LABEL | {"fraud": None}), "fraud"),
        (track(event="Decision Made", properties=DECISION | {"outcome": "maybe"}), "outcome"),
        (track(event="Decision Made", properties=DECISION | {"probability": 1.5}), "probability"),
    ],
)
def test_what_is_wrong_is_refused_with_the_field_that_is_wrong(message, field):
    # GIVEN a message with one thing wrong
    # WHEN it is parsed
    with pytest.raises(ValidationError) as refused:
        parse(message, received_at=NOW)
    # THEN the reason names the field
    assert any(field in reason for reason in reasons(refused.value))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Kim@Mail.Example", "mail.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("ｍａｉｌ．ｅｘａｍｐｌｅ", "mail.example"),
        ("not a domain", None),
    ],
)
def test_a_payment_keeps_one_spelling_of_the_domain_and_is_never_lost_to_it(given, kept):
    # GIVEN a payment with whatever somebody typed as their address, and a country in small letters
    properties = {"payment_id": "p-1", "amount": 5, "email_domain": given, "ip_country": "de"}
    # WHEN it is parsed
    event = parse(track(event="Payment Attempted", properties=properties), received_at=NOW)
    # THEN the domain has one spelling, or is empty, and the country too
    assert (event.properties["email_domain"], event.properties["ip_country"]) == (kept, "DE")


def test_a_decision_is_kept_with_its_whole_snapshot():
    # GIVEN a decision with features of every kind
    snapshot = {"amount": 12.5, "card.attempts.1h": 3, "new_device": True, "country": "DE", "email_age": None}
    message = track(event="Decision Made", properties=DECISION | {"features": snapshot, "rules": ["r-1"]})
    # WHEN it is parsed and made a row
    row = lake_row(parse(message, received_at=NOW))
    # THEN every value is there as it was
    assert json.loads(row["properties"])["features"] == snapshot


def test_reasons_do_not_repeat_the_value():
    # GIVEN an event with a personal value in the wrong place
    message = track(event="Product Viewed", properties={"product_id": "p", "price": "ann@example.com"})
    # WHEN it is refused
    with pytest.raises(ValidationError) as refused:
        parse(message, received_at=NOW)
    # THEN the reasons may be logged: they do not hold it
    assert "ann@" not in " ".join(reasons(refused.value))


@given(skew=st.timedeltas(timedelta(days=-3000), timedelta(days=3000)), age=st.timedeltas(timedelta(0), timedelta(90)))
def test_a_wrong_sender_clock_is_corrected(skew, age):
    # GIVEN a sender whose clock is off by `skew` and an event that is `age` old when it is sent
    sent = datetime(2020, 6, 1, tzinfo=UTC) + skew
    # WHEN it is parsed at NOW
    event = parse(track(timestamp=(sent - age).isoformat()), received_at=NOW, sent_at=sent)
    # THEN it happened `age` before it was received
    assert event.timestamp == NOW - age


def test_the_row_has_the_columns_of_the_events_table():
    # GIVEN an accepted event
    event = parse(track(context={"sessionId": 5}), received_at=NOW)
    # WHEN its row is made
    row = lake_row(event)
    # THEN its names are the table's, in order, and it is JSON
    assert tuple(row) == EVENTS.column_names
    assert json.loads(json.dumps(row, allow_nan=False))["session_id"] == "5"


def test_identify_group_and_alias_keep_what_they_name():
    # GIVEN one message of each kind
    common = {"messageId": "m", "userId": "c"}
    messages = [
        {"type": "identify", **common, "traits": {"email": "a@b.c"}},
        {"type": "group", **common, "groupId": "g"},
        {"type": "alias", **common, "previousId": "anon"},
    ]
    # WHEN they are parsed
    traits = [parse(m, received_at=NOW).traits for m in messages]
    # THEN the traits hold it
    assert traits == [{"email": "a@b.c"}, {"groupId": "g"}, {"previousId": "anon"}]


@given(st.dictionaries(st.sampled_from([*track(), "anonymousId", "context", "x"]), JSON))
def test_any_json_object_is_accepted_or_refused_with_reasons(changes):
    # GIVEN a message in which anything may be anything
    message = track(**changes)
    # WHEN it is parsed
    try:
        row = lake_row(parse(message, received_at=NOW))
    except ValidationError as refused:
        # THEN it is refused with reasons
        assert reasons(refused)
    else:
        # THEN or it is kept, as JSON that any reader takes
        assert json.loads(json.dumps(row, allow_nan=False))["message_id"]


@given(
    st.sampled_from(sorted(PROPERTIES)),
    st.dictionaries(
        st.sampled_from(
            [
                "product_id",
                "order_id",
                "products",
                "price",
                "amount",
                "items",
                "payment_id",
                "email_domain",
                "ip_country",
                "session_id",
                "requests",
                "event_type",
                "event_id",
                "fraud",
                "features",
                "rules",
            ]
        ),
        JSON,
    ),
)
def test_any_properties_of_a_known_event_are_accepted_or_refused(name, properties):
    # GIVEN a known event with arbitrary properties
    message = track(event=name, properties=properties)
    # WHEN it is parsed
    try:
        event = parse(message, received_at=NOW)
    except ValidationError as refused:
        # THEN the reasons point into the properties
        assert all(reason.startswith("properties") for reason in reasons(refused))
    else:
        # THEN or no property was lost
        assert set(event.properties) == set(properties)
