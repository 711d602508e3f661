"""The demo's simulated payments: what the shop tells of them, and when."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from cli.demo import payments
from commerce.events import parse
from functions.ingest.observing import observation

TODAY = date(2026, 3, 9)
MIDNIGHT = datetime.combine(TODAY, time(), UTC)


@pytest.fixture(scope="module")
def shop():
    return payments.simulate(TODAY, customers=800)


def test_the_same_day_and_seed_give_the_same_payments(shop):
    # GIVEN a simulated shop
    # WHEN it is simulated again
    again = payments.simulate(TODAY, customers=800)
    # THEN it is the same
    assert (again.history, again.week) == (shop.history, shop.week)


def test_the_week_ends_at_midnight_and_history_lies_before_it(shop):
    # GIVEN a shop
    # WHEN its times are looked at
    week, history = [each.at for each in shop.week], [each.at for each in shop.history]
    # THEN the week is the last seven days, in order, and all else is older
    assert week == sorted(week) and history == sorted(history)
    begin = MIDNIGHT - timedelta(days=7)
    assert begin <= week[0] and week[-1] < MIDNIGHT
    assert history[-1] < begin
    assert shop.as_of == begin.date()


def test_what_is_told_of_the_past_is_what_was_known(shop):
    # GIVEN the messages of the history
    messages = shop.told()
    # WHEN they are read as ingest does
    events = [parse(message, received_at=MIDNIGHT) for message in messages]
    # THEN they come in the order of time, all are counted, and none was known after the day of learning
    times = [event.timestamp for event in events]
    assert times == sorted(times)
    assert times[-1].date() < shop.as_of
    assert all(observation(event) for event in events)
    labels = [event for event in events if event.name == "Label Given"]
    frauds = {each.id for each in shop.history if each.known_at and each.known_at.date() < shop.as_of}
    assert {label.properties["event_id"] for label in labels} == frauds
    assert frauds


def test_what_is_heard_later_is_kept_for_later(shop):
    # GIVEN frauds of the history of which nobody had told
    coming = shop.coming()
    # WHEN they are looked at
    known = [each.known_at for each in coming]
    # THEN they become known in the week or after it, in that order
    assert known == sorted(known) and known
    assert known[0].date() >= shop.as_of


def test_a_payment_is_asked_as_it_is_told(shop):
    # GIVEN a payment
    payment = shop.week[0]
    # WHEN it is asked about and told
    question, told = payment.question(), payment.attempted()
    # THEN both have the same fields, and only what is told has an outcome
    asked = question.model_dump(exclude_unset=True, exclude={"event_id", "occurred_at", "customer_id"})
    assert told["properties"] == {"payment_id": payment.id, "outcome": told["properties"]["outcome"], **asked}
    assert (question.event_id, question.occurred_at, question.customer_id) == (payment.id, payment.at, told["userId"])
    assert "outcome" not in asked and asked["amount"] == payment.amount


def test_nobody_tells_of_a_fraud_that_nobody_knows(shop):
    # GIVEN a good payment
    payment = next(each for each in shop.week if not each.fraud and each.known_at is None)
    # WHEN its label is asked for
    # THEN there is none
    with pytest.raises(ValueError, match="nobody tells"):
        payment.labelled()
