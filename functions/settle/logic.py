"""What follows from how far the parts are. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, Field

from commerce.campaigns.lifecycle import Status
from functions.common.campaigns import PartProgress

IDLE_ROUNDS = 12
"""Rounds in a row in which nothing came of it; then a person has to look. With the waits between them some hours."""
DOUBT_ROUNDS = 6
"""Rounds in a row after which letters that are in doubt are left there: they are never sent on a guess."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=30)


class Rounds(BaseModel):
    """What is remembered from one round to the next: letters that were settled, and rounds since one was."""

    settled: int = 0
    idle: int = 0


class Decision(BaseModel):
    """How the workflow goes on: `wait` until `at` and send again, or one of the ways to end sending."""

    next: Literal["measure", "wait", "paused", "cancelled", "failed"]
    at: datetime | None = None
    reason: str = ""
    rounds: Rounds = Field(default_factory=Rounds)


def decide(status: Status, parts: list[PartProgress], before: Rounds, now: datetime) -> Decision:
    """From the campaign's status and its parts. `now` is UTC."""
    if status == "paused" or status == "cancelled":
        return Decision(next=status)
    if status != "sending":
        return Decision(next="failed", reason=f"the campaign is {status}, not sending")
    unfinished = [part for part in parts if part.state != "done"]
    if not unfinished:
        return Decision(next="measure")
    settled = sum(_settled(part) for part in parts)
    idle = 0 if settled > before.settled else before.idle + 1
    if idle > DOUBT_ROUNDS and all(_only_doubt(part) for part in unfinished):
        letters = sum(part.in_doubt for part in unfinished)
        return Decision(
            next="measure", reason=f"{letters} letters stay in doubt: the mail service said nothing of them"
        )
    if idle > IDLE_ROUNDS:
        return Decision(next="failed", reason=f"{len(unfinished)} parts could not be sent in {IDLE_ROUNDS} rounds")
    pause = min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, idle - 1)) if idle else timedelta(seconds=1)
    # Nothing that can go on at once is kept waiting for a part that cannot.
    earliest = min(part.resume_at or now for part in unfinished)
    return Decision(next="wait", at=max(earliest, now + pause), rounds=Rounds(settled=settled, idle=idle))


def broken(parts: list[PartProgress]) -> int:
    """Parts whose last pass ended badly, or never came to its end: what waits for something says until when."""
    return sum(part.state != "done" and (part.state != "waiting" or part.resume_at is None) for part in parts)


def _settled(part: PartProgress) -> int:
    return part.sent + part.failed + sum(part.skipped.values())


def _only_doubt(part: PartProgress) -> bool:
    return part.state == "waiting" and part.in_doubt > 0 and _settled(part) + part.in_doubt >= part.rows
