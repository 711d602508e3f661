"""Quiet hours end when they should, also in the nights in which clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.campaigns.shop import Sending
from functions.deliver.quiet_hours import ends

NIGHT = Sending(quiet_from=21, quiet_until=8)


def local(text, zone, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "zone", "end"),
    [
        # evening and morning of one night
        ("2026-06-10T22:30", "Europe/Berlin", "2026-06-11T08:00"),
        ("2026-06-11T07:59", "Europe/Berlin", "2026-06-11T08:00"),
        # by day
        ("2026-06-10T08:00", "Europe/Berlin", None),
        ("2026-06-10T20:59", "Asia/Tokyo", None),
        # the nights in which clocks go forward and back
        ("2026-03-28T23:00", "Europe/Berlin", "2026-03-29T08:00"),
        ("2026-10-24T23:00", "Europe/Berlin", "2026-10-25T08:00"),
        ("2026-03-07T23:00", "America/New_York", "2026-03-08T08:00"),
        # half an hour off UTC, and days apart
        ("2026-06-10T23:00", "Asia/Kolkata", "2026-06-11T08:00"),
        ("2026-06-10T23:00", "Pacific/Kiritimati", "2026-06-11T08:00"),
    ],
)
def test_a_night_ends_in_the_morning_of_the_customers_own_zone(now, zone, end):
    # GIVEN a moment in a customer's zone
    # WHEN the end of quiet hours is asked for
    found = ends(local(now, zone), NIGHT, (zone, "UTC"))
    # THEN it is the morning there, or none by day
    assert found == (None if end is None else local(end, zone))


def test_an_end_that_clocks_leave_out_is_the_first_moment_after():
    # GIVEN quiet hours until two, in the night in which two o'clock is skipped in New York
    sending = Sending(quiet_from=21, quiet_until=2)
    # WHEN they end
    found = ends(local("2026-03-07T23:00", "America/New_York"), sending, ("America/New_York",))
    # THEN it is three o'clock there, which is when two would have been
    assert found == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert found.astimezone(ZoneInfo("America/New_York")).hour == 3


@pytest.mark.parametrize("fold", [0, 1])
def test_an_hour_that_comes_twice_is_quiet_both_times(fold):
    # GIVEN quiet hours from one to two, in the night in which one o'clock comes twice in New York
    sending = Sending(quiet_from=1, quiet_until=2)
    now = local("2026-11-01T01:30", "America/New_York", fold)
    # WHEN they end
    # THEN it is after the second
    assert ends(now, sending, ("America/New_York",)) == datetime(2026, 11, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize("zones", [(None, "Europe/Berlin"), ("Mars/Olympus", "Europe/Berlin"), ("", "Europe/Berlin")])
def test_a_zone_that_is_not_known_is_the_shops(zones):
    # GIVEN a customer whose zone is absent or no zone
    now = local("2026-06-10T22:00", "Europe/Berlin")
    # WHEN it is night where the shop is
    # THEN it is night for the customer
    assert ends(now, NIGHT, zones) == local("2026-06-11T08:00", "Europe/Berlin")


def test_where_no_zone_is_known_it_is_utc():
    # GIVEN neither the customer's zone nor a shop's that exists
    # WHEN it is night in UTC
    # THEN it is quiet
    assert ends(datetime(2026, 6, 10, 3, tzinfo=UTC), NIGHT, (None, "nowhere")) == datetime(2026, 6, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize("sending", [Sending(quiet_from=None), Sending(quiet_from=8, quiet_until=8)])
def test_without_quiet_hours_it_is_never_quiet(sending):
    # GIVEN a shop that has none
    # WHEN it is asked at any hour
    # THEN nobody waits
    assert all(ends(datetime(2026, 6, 10, hour, tzinfo=UTC), sending, ("UTC",)) is None for hour in range(24))


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/Asuncion",
    "Asia/Kathmandu",
]


@given(
    now=st.datetimes(min_value=datetime(2010, 1, 1), max_value=datetime(2035, 1, 1)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 23),
    end=st.integers(0, 23),
)
def test_the_end_lies_ahead_and_is_not_quiet_and_everything_before_it_is(now, zone, start, end):
    # GIVEN any moment, zone and hours
    sending, now = Sending(quiet_from=start, quiet_until=end), now.replace(tzinfo=UTC)
    # WHEN quiet hours hold
    found = ends(now, sending, (zone,))
    # THEN their end lies ahead, is not quiet itself, and no later than a day and the changes of clocks
    if found is not None:
        assert now < found <= now + timedelta(hours=50)
        assert ends(found, sending, (zone,)) is None
        assert ends(found - timedelta(microseconds=1), sending, (zone,)) == found
