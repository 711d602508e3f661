"""What a pass over a part is given, and what it tells: the job, the ledger, the mail service, the clock, the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from commerce.campaigns.audience import Member
from commerce.campaigns.campaign import Arm
from commerce.campaigns.lifecycle import Status
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.shop import Sender, Sending
from functions.common.exposures import Exposure
from functions.common.ledger import LetterRow
from functions.deliver.claims import Claim, Label, Limits
from functions.deliver.coupons import Coupon
from functions.deliver.mail import Outcome
from functions.deliver.rate import Bucket
from functions.deliver.skipping import Standing

State = Literal["done", "more", "waiting", "stopped", "failed"]


class Storage(Protocol):
    """What a pass reads and writes; each method is one call or one transaction."""

    def status(self) -> Status:
        """Of the campaign, as it is now."""
        ...

    def letters(self, customers: Iterable[str]) -> dict[str, LetterRow]:
        """Letters of the campaign by customer."""
        ...

    def standings(self, members: Iterable[Member]) -> Mapping[str, Standing]:
        """What the ledger says of each customer."""
        ...

    def heard(self) -> datetime | None:
        """When the newest mail was sent that an event was seen of."""
        ...

    def may_probe(self, now: datetime, before: datetime) -> bool:
        """Whether this pass is the one to send a probe."""
        ...

    def claim(self, claims: list[Claim], limits: Limits, sending: Sending, now: datetime) -> frozenset[Label]:
        """Claim all or none; what stood against it, nothing where they are claimed."""
        ...

    def renew(self, row: LetterRow, renewed: LetterRow) -> bool:
        """Whether the claim was still this pass's own, and is from now on `renewed`."""
        ...

    def sent(self, row: LetterRow, message_id: str, at: datetime) -> None:
        """The mail service has it."""
        ...

    def closed(self, row: LetterRow, reason: str) -> None:
        """It was not sent and never will be: what it had taken is given back."""
        ...

    def released(self, row: LetterRow) -> None:
        """It was certainly not sent: the next pass may."""
        ...

    def take(self, bucket: Bucket, letters: int, now: datetime) -> float:
        """Seconds to wait for so many tokens; 0 where they were taken."""
        ...


class Mail(Protocol):
    """The mail service."""

    def send(self, message: bytes, tags: Mapping[str, str]) -> Outcome:
        """Hand one MIME message over, once."""
        ...


class Exposed(Protocol):
    """Where it is kept what letters showed. Neither method raises."""

    def add(self, exposure: Exposure) -> None:
        """That of a letter which was sent."""
        ...

    def flush(self) -> None:
        """Keep what was added and is not kept yet."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to be written: to whom, of which arm, with which offer and coupon."""

    member: Member
    arm: Arm
    offer: OfferDefinition | None
    coupon: Coupon | None
    letter_id: str


@dataclass(frozen=True, slots=True)
class Written:
    """A letter's MIME message, and what it shows where it recommends something."""

    message: bytes
    exposure: Exposure | None = None


Write = Callable[[list[Draft]], list[Written | None]]
"""The letters of a group's drafts, in their order; None for a letter that cannot be written."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the pass knows it: now (UTC), sleeping, and the seconds that the invocation has left."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    left: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done: a part of a run, and within which bounds. `bucket` is None where nothing limits the rate."""

    plan: CampaignPlan
    members: list[Member]
    sender: Sender
    sending: Sending
    secret: str
    bucket: Bucket | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How far the part is, from the ledger. `resume_at` says from when on another pass can do more."""

    state: State
    sent: int = 0
    failed: int = 0
    deferred: int = 0
    in_doubt: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    resume_at: datetime | None = None
    reason: str = ""
    probe: bool = False
    """Whether letters are in doubt of which only the event of another mail can tell."""
