"""Hours in which nobody is written to, in the customer's own time zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from commerce.campaigns.shop import Sending

_DAYS = 4
"""Most days to look ahead: an hour that a change of clocks leaves out comes the day after."""


def ends(now: datetime, sending: Sending, zones: tuple[str | None, ...]) -> datetime | None:
    """When the quiet hours that hold at `now` end (UTC), or None where it is not quiet.

    `zones` are IANA names in order of trust; the first that exists counts, UTC where none does. Where clocks are put
    forward over the end, it is the first moment after; where an hour comes twice, both are that hour.
    """
    zone = _zone(zones)
    if not _quiet(now.astimezone(zone), sending):
        return None
    today = now.astimezone(zone).date()
    for days in range(_DAYS):
        local = datetime.combine(today + timedelta(days=days), time(sending.quiet_until), zone)
        end = local.astimezone(UTC)
        if end > now and not _quiet(end.astimezone(zone), sending):
            return end
    # No such hour in four days: no zone has that, and a letter late beats one never sent.
    return now.astimezone(UTC) + timedelta(days=1)


def _quiet(local: datetime, sending: Sending) -> bool:
    start, end = sending.quiet_from, sending.quiet_until
    if start is None or start == end:
        return False
    if start < end:
        return start <= local.hour < end
    return local.hour >= start or local.hour < end


def _zone(names: tuple[str | None, ...]) -> ZoneInfo:
    return next((zone for name in names if name and (zone := _known(name))), ZoneInfo("UTC"))


@cache
def _known(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
