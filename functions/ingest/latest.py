"""Which actions of a visitor are kept. Pure: no AWS, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from commerce.actions import DAYS, KEPT
from functions.common.actions import Told, instant


def too_old_at(now: datetime) -> str:
    """What happened until then is too old to be kept; as `instant` writes it."""
    return instant(now - timedelta(days=DAYS))


def merged(known: Sequence[Told], told: Sequence[Told], too_old: str) -> Sequence[Told]:
    """The newest `KEPT` actions after `too_old`, oldest first, each message once; `known` itself if nothing is new.

    In whatever order and however often messages come, the outcome is the same: one that was dropped for newer ones is
    dropped again. A message without a time of its own seems to have happened later when it is sent again; what is
    known of it stays.
    """
    ids = {each.message for each in known}
    new = {each.message: each for each in told if each.message not in ids and each.at > too_old}
    if not new:
        return known
    latest = sorted([*known, *new.values()])
    too_many = sum([len(each.products) for each in latest]) - KEPT
    first = 0
    while latest[first].at <= too_old or len(latest[first].products) <= too_many:
        too_many -= len(latest[first].products)
        first += 1
    if too_many > 0:
        latest[first] = latest[first]._replace(products=latest[first].products[too_many:])
    return known if new.keys().isdisjoint(each.message for each in latest[first:]) else latest[first:]
