"""What a letter needs that is in the ledger already. Pure.

`claimed` means that it was about to be sent. Whether it was, only the mail service can say: it publishes an event for
every mail that it took. A letter is sent again only on evidence that it was not taken: the time for its event has
passed, and events of mails sent later than it have come while its own has not. What has no evidence stays in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from functions.common.ledger import LetterRow

LEASE_SECONDS = 60.0
"""How long after its claim a letter may still be handed over; the claim is renewed before it is over."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`send`: it was never sent, or not yet. `final`: nothing is to be done. `doubt`: look again at `look_at`;
    `unheard` says that the time for its event has passed and no later mail was heard of."""

    kind: Literal["send", "final", "doubt"]
    look_at: datetime | None = None
    unheard: bool = False


SEND, FINAL = Verdict("send"), Verdict("final")


def verdict(row: LetterRow | None, heard: datetime | None, now: datetime, doubt_seconds: float) -> Verdict:
    """`heard` is when the newest mail was sent that an event was seen of, read before `row` was."""
    if row is None:
        return SEND
    if row.state != "claimed":
        return FINAL
    if row.released:
        return SEND
    due = row.claimed_at + timedelta(seconds=doubt_seconds)
    if now < due:
        return Verdict("doubt", due)
    if heard is not None and heard > row.claimed_at + timedelta(seconds=lease(doubt_seconds)):
        return SEND
    return Verdict("doubt", now + timedelta(seconds=min(doubt_seconds, LEASE_SECONDS)), unheard=True)


def lease(doubt_seconds: float) -> float:
    """Seconds after its claim in which a letter may be handed over: over long before anybody doubts it."""
    return min(LEASE_SECONDS, doubt_seconds / 2)
