"""However many take letters from the bucket, no more are sent than the account may send."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.deliver.rate import Bucket, allowed
from functions.deliver.storage import AwsStorage


@given(
    per_second=st.floats(0.1, 2000),
    steps=st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(1, 40)), min_size=1, max_size=60),
)
def test_never_above_the_rate(per_second, steps):
    # GIVEN any bucket, and callers that come at any times and want any numbers
    bucket, now, full_at = Bucket(per_second), 1_700_000_000_000_000, None
    taken = []
    for pause, wanted in steps:
        now += pause
        number = min(wanted, bucket.most)
        # WHEN they take what they may
        if not bucket.wait(full_at, now, number):
            full_at = bucket.after(full_at, now, number)
            taken.append((now, number))
    # THEN in no stretch of time more was taken than a full bucket and what came in meanwhile
    for i, (start, _) in enumerate(taken):
        total = 0
        for at, number in taken[i:]:
            total += number
            assert total <= bucket.most + (at - start) * per_second / 1_000_000 + 0.01


@given(per_second=st.floats(0.1, 2000), behind=st.integers(0, 10_000_000), number=st.integers(1, 40))
def test_who_waits_as_long_as_told_may_take(per_second, behind, number):
    # GIVEN a bucket that is full some time ahead
    bucket, now = Bucket(per_second), 1_700_000_000_000_000
    number = min(number, bucket.most)
    full_at = now + min(behind, bucket.depth)
    # WHEN a caller waits as long as it is told
    wait = bucket.wait(full_at, now, number)
    # THEN it may take, and not a moment sooner
    assert bucket.wait(full_at, now + wait, number) == 0
    assert wait == 0 or bucket.wait(full_at, now + wait - 1, number) == 1


@pytest.mark.parametrize(
    ("setting", "account", "limit"),
    [(None, 14.0, 14.0), (5.0, 14.0, 5.0), (50.0, 14.0, 14.0), (5.0, None, 5.0), (None, None, None), (None, -1, None)],
)
def test_the_shops_setting_never_goes_above_the_account(setting, account, limit):
    # GIVEN what the shop set, and what the account may
    # WHEN both are held together
    # THEN the lower one counts; -1 is SES's word for no limit
    assert allowed(setting, account) == limit


def test_workers_share_one_bucket(account, one_at_a_time):
    # GIVEN a rate of twenty a second, and ten workers that take four each at the same moment
    bucket, now, waits = Bucket(20.0), datetime.now(UTC), []
    workers = [
        threading.Thread(target=lambda: waits.append(AwsStorage("spring").take(bucket, 4, now))) for _ in range(10)
    ]
    # WHEN they all do
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # THEN five get theirs, and the others are told how long to wait
    assert sum(wait == 0 for wait in waits) == 5
    assert all(0 < wait <= 0.21 for wait in waits if wait)
    # WHEN one comes back then
    # THEN there is something for it
    assert AwsStorage("spring").take(bucket, 4, now + timedelta(seconds=0.21)) == 0


def test_an_empty_bucket_fills_up_and_no_further(account):
    # GIVEN a bucket that was used long ago
    bucket, now = Bucket(3.0), datetime.now(UTC)
    storage = AwsStorage("spring")
    assert storage.take(bucket, 3, now - timedelta(hours=1)) == 0
    # WHEN more is asked for than it holds
    # THEN an hour's rest is not saved up
    assert storage.take(bucket, 3, now) == 0
    assert storage.take(bucket, 1, now) > 0


def test_a_slow_rate_sends_one_by_one():
    # GIVEN a rate of one letter in four seconds
    bucket = Bucket(0.25)
    # WHEN letters are taken
    # THEN one at a time, four seconds apart
    assert (bucket.most, bucket.cost(1)) == (1, 4_000_000)
    assert bucket.wait(bucket.after(None, 1, 1), 1, 1) == 4_000_000
