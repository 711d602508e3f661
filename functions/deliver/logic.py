"""One pass over a part: every member gets the letter, is skipped, waits, or stays in doubt.

The order makes it safe to end anywhere: tokens of the rate, then the claim with everything that must hold, then the
mail service, then the mark. Whatever is repeated finds the claim and does not send again without evidence (`doubt`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from commerce.campaigns.audience import Member
from commerce.campaigns.campaign import Arm
from commerce.campaigns.ledger import SkipReason, letter_id
from commerce.campaigns.offer import OfferDefinition
from functions.common.backoff import pause
from functions.common.exposures import Exposure
from functions.common.ledger import LetterRow
from functions.deliver import doubt, quiet_hours
from functions.deliver.claims import GROUP, Claim, Limits, taking_over
from functions.deliver.coupons import Coupon, coupon
from functions.deliver.mail import Outcome
from functions.deliver.ports import Clock, Draft, Exposed, Job, Mail, Report, State, Storage, Write
from functions.deliver.reporting import report
from functions.deliver.skipping import Standing, Terms, barred, decide

STOP_SECONDS = 60.0
"""With less time left than this no further group is begun."""
HAND_OVER_SECONDS = 15.0
"""With less time left than this no further letter is handed over: its answer might not be lived to see."""
STALE_SECONDS = 30.0
"""What was read of a customer is read again when it is older."""
NOTED_SECONDS = 20.0
"""How often it is noted how far the part is."""
LATER = timedelta(seconds=60)
"""When to try again what is throttled or contended for longer than a pass can wait."""
CLAIM_ATTEMPTS = 6
THROTTLED_ATTEMPTS = 6
UNKNOWN_IN_A_ROW = 3
"""So many letters without an answer say that the service is ill: the others are not put in doubt as well."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter ready to be claimed."""

    claim: Claim
    message: bytes
    exposure: Exposure | None


class _HaltError(Exception):
    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state: State = state
        self.reason = reason


def deliver(
    job: Job,
    storage: Storage,
    mail: Mail,
    write: Write,
    clock: Clock,
    exposed: Exposed,
    noted: Callable[[Report], None],
) -> Report:
    """Do as much of the part as can be done now; `noted` is told in between how far it is."""
    try:
        return _Pass(job, storage, mail, write, clock, exposed, noted).run()
    finally:
        exposed.flush()


class _Pass:
    def __init__(
        self,
        job: Job,
        storage: Storage,
        mail: Mail,
        write: Write,
        clock: Clock,
        exposed: Exposed,
        noted: Callable[[Report], None],
    ) -> None:
        self.job, self.storage, self.mail, self.write, self.clock = job, storage, mail, write, clock
        self.exposed, self.noted = exposed, noted
        definition = job.plan.definition
        self.arms = {arm.name: arm for arm in definition.arms}
        money = definition.budget.amount if definition.budget else None
        self.limits = Limits(money, {id_: offer.limit for id_, offer in job.plan.offers.items()})
        # A part that names a customer twice would claim one letter twice in a transaction.
        self.members = {member.customer_id: member for member in job.members}
        self.rows: dict[str, LetterRow] = {}
        self.skipped: dict[str, SkipReason] = {}
        self.waiting: dict[str, datetime] = {}
        self.doubts: dict[str, doubt.Verdict] = {}
        self.exhausted: dict[str, SkipReason] = {}
        self.unknown = 0
        self.heard: datetime | None = None

    def run(self) -> Report:
        # Heard first: of a letter whose event comes in between, the row read after it knows.
        self.heard = self.storage.heard()
        self.rows = self.storage.letters(self.members)
        pending = deque(member for member in self.members.values() if self._unsent(member))
        try:
            self._send_all(pending)
        except _HaltError as halt:
            return self._report(halt.state, halt.reason)
        return self._report("waiting" if self.waiting or self.doubts else "done")

    def _send_all(self, pending: deque[Member]) -> None:
        ready: list[_Letter] = []
        read_at, noted_at = self.clock.now(), None
        while pending or ready:
            if self.storage.status() != "sending":
                raise _HaltError("stopped", "the campaign is not sending")
            if self.clock.left() < STOP_SECONDS:
                raise _HaltError("more", "time is up")
            now = self.clock.now()
            if noted_at is None or now - noted_at > timedelta(seconds=NOTED_SECONDS):
                self.noted(self._report("more"))
                noted_at = now
            if ready and now - read_at > timedelta(seconds=STALE_SECONDS):
                pending.extendleft(letter.claim.member for letter in ready)
                ready = []
            if not ready:
                read_at = now
                ready = self._consider([pending.popleft() for _ in range(min(GROUP, len(pending)))])
            number = self._tokens(len(ready)) if ready else 0
            if number:
                group, ready = ready[:number], ready[number:]
                self._hand_over_all(self._claim(group))

    def _unsent(self, member: Member) -> bool:
        """Whether there is something to send now; what is in doubt is noted."""
        row = self.rows.get(member.customer_id)
        verdict = doubt.verdict(row, self.heard, self.clock.now(), self.job.sending.doubt_seconds)
        self.doubts.pop(member.customer_id, None)
        if verdict.kind == "doubt":
            self.doubts[member.customer_id] = verdict
        return verdict.kind == "send"

    def _consider(self, members: list[Member]) -> list[_Letter]:
        """Those of the members who get the letter now; of the others it is noted why not."""
        standings = self.storage.standings(members)
        considered = [self._considered(member, standings[member.customer_id]) for member in members]
        drafted = [found for found in considered if found is not None]
        letters: list[_Letter] = []
        for (claim, _), written in zip(drafted, self.write([draft for _, draft in drafted]), strict=True):
            if written is None:
                self.skipped[claim.member.customer_id] = "not_renderable"
            else:
                letters.append(_Letter(claim, written.message, written.exposure))
        return letters

    def _considered(self, member: Member, standing: Standing) -> tuple[Claim, Draft] | None:
        now = self.clock.now()
        arm = self.arms[member.arm]
        offer = self.job.plan.offers[arm.offer_id] if arm.offer_id else None
        before = self.rows.get(member.customer_id)
        if before is None:
            terms = Terms(offer, self._today(now), self.exhausted.get(arm.offer_id or ""))
            decision = decide(member, standing, terms, self.job.sending, self.job.sender.time_zone, now)
        else:
            decision = self._again(member, standing, before, now)
        if isinstance(decision, datetime):
            self.waiting[member.customer_id] = decision
            return None
        if decision is not None:
            self.skipped[member.customer_id] = decision
            return None
        row, issued = self._row(member, arm, offer, before, now)
        return Claim(member, standing, row, before), Draft(member, arm, offer, issued, row.letter_id)

    def _again(self, member: Member, standing: Standing, row: LetterRow, now: datetime) -> SkipReason | datetime | None:
        """For a letter that was claimed and never sent: caps and budgets counted it then."""
        reason = barred(member, standing)
        if reason is None:
            return quiet_hours.ends(now, self.job.sending, (member.time_zone, self.job.sender.time_zone))
        self.storage.closed(row, reason)
        return reason

    def _row(
        self, member: Member, arm: Arm, offer: OfferDefinition | None, before: LetterRow | None, now: datetime
    ) -> tuple[LetterRow, Coupon | None]:
        if before is not None:
            expires = datetime.fromisoformat(before.coupon_expires_on).date() if before.coupon else None
            return taking_over(before, now), Coupon(before.coupon, expires) if expires else None
        plan, customer = self.job.plan, member.customer_id
        row = LetterRow(
            customer_id=customer,
            campaign_id=plan.campaign_id,
            letter_id=letter_id(plan.campaign_id, plan.run_number, customer),
            run=plan.run_number,
            arm=arm.name,
            template_id=arm.template_id,
            state="claimed",
            attempt=1,
            claimed_at=now,
        )
        if offer is None or arm.offer_id is None:
            return row, None
        issued = coupon(self.job.secret, plan.campaign_id, arm.offer_id, customer, offer, self._today(now))
        expires_on = issued.expires_on.isoformat()
        row = replace(row, coupon=issued.code, coupon_expires_on=expires_on, offer_id=arm.offer_id, cost=offer.cost)
        return row, issued

    def _today(self, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.job.sender.time_zone)).date()

    def _tokens(self, wanted: int) -> int:
        """How many letters may be sent now; 0 after some waiting, so that the campaign is looked at again."""
        bucket = self.job.bucket
        if bucket is None:
            return wanted
        number = min(wanted, bucket.most)
        wait = self.storage.take(bucket, number, self.clock.now())
        if wait:
            self.clock.sleep(min(wait, 1.0))
            return 0
        return number

    def _claim(self, letters: list[_Letter]) -> list[_Letter]:
        """Those that are claimed: all together, or where something stood against one of them, one by one."""
        now = self.clock.now()
        letters = [self._dated(letter, now) for letter in letters]
        if not self.storage.claim([letter.claim for letter in letters], self.limits, self.job.sending, now):
            return letters
        claimed = [self._claim_alone(letter) for letter in letters]
        return [letter for letter in claimed if letter is not None]

    def _claim_alone(self, letter: _Letter) -> _Letter | None:
        member = letter.claim.member
        offer_id = letter.claim.row.offer_id
        for attempt in range(CLAIM_ATTEMPTS):
            self.heard = self.storage.heard()
            self.rows.pop(member.customer_id, None)
            self.rows |= self.storage.letters([member.customer_id])
            if not self._unsent(member):
                return None
            [fresh] = self._consider([member]) or [None]
            if fresh is None:
                return None
            now = self.clock.now()
            fresh = self._dated(fresh, now)
            against = self.storage.claim([fresh.claim], self.limits, self.job.sending, now)
            if not against:
                return fresh
            for reason in ("offer_exhausted", "budget_exhausted"):
                if reason in against:
                    self.skipped[member.customer_id] = self.exhausted[offer_id] = reason
                    return None
            pause(attempt)
        self.waiting[member.customer_id] = self.clock.now() + LATER
        return None

    def _dated(self, letter: _Letter, now: datetime) -> _Letter:
        claim = letter.claim
        return replace(letter, claim=replace(claim, row=replace(claim.row, claimed_at=now)))

    def _hand_over_all(self, letters: list[_Letter]) -> None:
        """Send what was claimed. Where that ends early, the rest is released: it was certainly not sent."""
        for letter in letters:
            self.rows[letter.claim.row.customer_id] = letter.claim.row
        for number, letter in enumerate(letters):
            try:
                self._hand_over(letter)
            except Exception:
                for rest in letters[number + 1 :]:
                    # What cannot even be released is in doubt, which is safe.
                    with suppress(Exception):
                        self._release(rest.claim.row)
                raise

    def _hand_over(self, letter: _Letter) -> None:
        row = self._leased(letter.claim.row)
        if row is None:
            return
        outcome = self._send(letter, row)
        if outcome.kind == "sent":
            self.unknown = 0
            at = self.clock.now()
            self.rows[row.customer_id] = replace(row, state="sent", sent_at=at, ses_message_id=outcome.message_id)
            self.storage.sent(row, outcome.message_id, at)
            if letter.exposure is not None:
                self.exposed.add(letter.exposure)
        elif outcome.kind == "refused":
            self.rows[row.customer_id] = replace(row, state="failed", reason=outcome.reason)
            self.storage.closed(row, outcome.reason)
        elif outcome.kind == "unknown":
            self.unknown += 1
            self._note_doubt(row)
            if self.unknown >= UNKNOWN_IN_A_ROW:
                raise _HaltError("waiting", outcome.reason)
        else:
            self._release(row)
            if self.clock.left() < STOP_SECONDS:
                raise _HaltError("more", "time is up")
            self.waiting[row.customer_id] = self.clock.now() + LATER
            raise _HaltError("waiting" if outcome.kind == "throttled" else "failed", outcome.reason)

    def _send(self, letter: _Letter, row: LetterRow) -> Outcome:
        """A throttled letter was not taken, so the same claim may be tried again."""
        tags = {
            "campaign": row.campaign_id,
            "run": self.job.plan.run,
            "arm": row.arm,
            "letter": row.letter_id,
            "attempt": str(row.attempt),
        }
        outcome = Outcome("throttled", reason="time is up")
        for attempt in range(THROTTLED_ATTEMPTS):
            if self.clock.left() < HAND_OVER_SECONDS:
                break
            outcome = self.mail.send(letter.message, tags)
            if outcome.kind != "throttled":
                break
            self.clock.sleep(0.25 * 2**attempt)
        return outcome

    def _leased(self, row: LetterRow) -> LetterRow | None:
        """The claim, young enough for no other pass to doubt it; None where another has taken it over."""
        now = self.clock.now()
        if now - row.claimed_at < timedelta(seconds=doubt.lease(self.job.sending.doubt_seconds)):
            return row
        renewed = replace(row, claimed_at=now)
        if not self.storage.renew(row, renewed):
            self._note_doubt(row)
            return None
        self.rows[row.customer_id] = renewed
        return renewed

    def _release(self, row: LetterRow) -> None:
        self.storage.released(row)
        self.rows[row.customer_id] = replace(row, released=True)

    def _note_doubt(self, row: LetterRow) -> None:
        due = row.claimed_at + timedelta(seconds=self.job.sending.doubt_seconds)
        self.doubts[row.customer_id] = doubt.Verdict("doubt", due)

    def _report(self, state: State, reason: str = "") -> Report:
        return report(state, reason, rows=self.rows, skipped=self.skipped, waiting=self.waiting, doubts=self.doubts)
