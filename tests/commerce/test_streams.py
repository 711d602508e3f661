"""The online form of streaming features: bounded, commutative, and taken back without a trace."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce.streams import D1, D7, D30, Entity, EntityState, Event, Features, Label, Streams, Window, features
from commerce.streams.declaration import RECENTS
from commerce.streams.windows import DAY, HOUR, MINUTE, SECOND
from commerce.streams.wording import words

CARD = Features(
    Entity("card", ("card",)),
    counts=(D1, D7),
    means=(("amount", D7),),
    deviations=(("amount", D30),),
    distinct=(("device", D7),),
    frauds=(D7,),
    fraud_rates=(D7,),
    since_last=True,
    since_first=True,
)
STREAMS = Streams("test", (CARD,))
BEGIN = 1_700_000_000 * SECOND
HOUR_MICROS = 3600 * SECOND

times = st.integers(min_value=0, max_value=60 * 24).map(lambda hours: BEGIN + hours * HOUR_MICROS)
told = st.lists(st.tuples(times, st.sampled_from("xyz"), st.integers(0, 10**6)), max_size=RECENTS)


def counted(number, at, device="x", amount=1):
    return Event(f"e{number}", at, {"card": "a", "device": device}, {"amount": amount}).counted(STREAMS)


def state_of(observations):
    state = EntityState()
    for one in observations:
        state.add(CARD, one)
    return state


@settings(max_examples=60)
@given(told, st.randoms(use_true_random=False))
def test_the_order_in_which_events_come_does_not_matter(rows, shuffler):
    # GIVEN events of sixty days, in two orders
    one = [counted(n, *row) for n, row in enumerate(rows)]
    other = list(one)
    shuffler.shuffle(other)
    # WHEN they are counted THEN the states are equal
    first, second = state_of(one), state_of(other)
    assert (first.tiers, first.recents, first.newest) == (second.tiers, second.recents, second.newest)


@settings(max_examples=60)
@given(told, times)
def test_an_event_taken_back_leaves_the_sums_as_they_were(rows, at):
    # GIVEN a state, and an event that no bucket is too old for
    before = state_of([counted(n, *row) for n, row in enumerate(rows)])
    state, extra = EntityState.of(before.text()), counted("extra", at, amount=5)
    # WHEN the event is counted and taken back
    state.add(CARD, extra)
    state.remove(CARD, extra)
    # THEN nothing of it is left in what its time did not push out
    oldest = {tier.name: tier.bucket(state.newest) - tier.kept for tier in (MINUTE, HOUR, DAY)}
    for name, buckets in before.tiers.items():
        kept = {bucket: vector for bucket, vector in buckets.items() if bucket > oldest[name]}
        assert state.tiers.get(name, {}) == kept


@settings(max_examples=60)
@given(told)
def test_a_state_reads_as_it_was_written(rows):
    state = state_of([counted(n, *row) for n, row in enumerate(rows)])
    state.label(Label(fraud=True, at=BEGIN))
    assert EntityState.of(state.text()) == state


def test_a_state_stays_small_however_much_is_counted():
    # GIVEN an entity with an event every ten minutes for 200 days
    state, rng = EntityState(), random.Random(1)
    for number in range(0, 200 * 144):
        state.add(CARD, counted(number, BEGIN + number * 600 * SECOND, rng.choice("xyz"), rng.randrange(10**9)))
        if number % 500 == 0:
            state.label(Label(fraud=True, at=BEGIN + number * 600 * SECOND))
    # THEN it holds the newest buckets and events alone, within the size that is promised
    assert {name: len(buckets) for name, buckets in state.tiers.items()} == {"hour": HOUR.kept, "day": DAY.kept}
    assert len(state.recents) == RECENTS
    assert len(state.text()) < 16_000


def test_an_event_older_than_what_is_kept_changes_nothing():
    # GIVEN a state of today WHEN an event of last year comes THEN no window has it
    state = state_of([counted(1, BEGIN)])
    before = state.tiers
    state.add(CARD, counted(2, BEGIN - 365 * 24 * HOUR_MICROS))
    assert state.tiers == before


def test_what_is_taken_back_but_was_dropped_before_does_not_go_below_nothing():
    # GIVEN a state that expired WHEN an event and a label of before are taken back THEN nothing is there
    state = EntityState()
    state.remove(CARD, counted(1, BEGIN))
    state.label(Label(fraud=True, at=BEGIN), -1)
    assert (state.tiers["day"], state.frauds) == ({}, {})


def test_an_entity_that_the_event_lacks_has_no_values_and_one_never_seen_counts_nothing():
    # GIVEN an event without a card, and one with a new card
    without = Event("e1", BEGIN, {"card": None, "device": "x"}, {}).counted(STREAMS)
    # WHEN their features are asked for
    lacking, new = features(STREAMS, without, {}, 7), features(STREAMS, counted(1, BEGIN), {}, 7)
    # THEN the first has none, and the second none but counts of nothing
    assert set(lacking.values()) == {None}
    assert (new["card_count_7d"], new["card_amount_mean_7d"], new["card_since_last"]) == (0.0, None, None)


def test_equal_amounts_have_no_deviation():
    # GIVEN a habit of one amount THEN another is infinitely far from it, which is no number
    state = state_of([counted(n, BEGIN + n, amount=10**6) for n in range(5)])
    values = features(STREAMS, counted(9, BEGIN + 10, amount=1), {"card": state}, 7)
    assert values["card_amount_deviation_30d"] is None


@pytest.mark.parametrize("make", [
    lambda: Window("2y", DAY, 730),
    lambda: Features(Entity("card", ("card",)), frauds=(D1,)),
    lambda: Streams("test", (CARD, CARD)),
])  # fmt: skip
def test_a_declaration_that_cannot_be_counted_is_refused(make):
    with pytest.raises(ValueError, match=r"kept|by the day|twice"):
        make()


def test_every_feature_has_words():
    # GIVEN a declaration WHEN it is put into words THEN each feature has a sentence that takes its value
    found = words(STREAMS, "payment", {})
    assert set(found) == set(STREAMS.names)
    assert found["card_count_7d"].format(value=3.0) == "3 payments of this card in the last 7 days"
