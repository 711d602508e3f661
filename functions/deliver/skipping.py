"""Who of a part gets no letter, or not yet. Pure.

Consent was asked for when the audience was chosen; what came after it (unsubscribing, complaining, bouncing) is in the
ledger, and is asked for here and again in the claim itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from commerce.campaigns.audience import Member
from commerce.campaigns.ledger import SkipReason
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.shop import Sending
from functions.deliver import quiet_hours


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger says of a customer. `letters` has the time of each campaign's last letter to them."""

    unsubscribed: bool = False
    complained: bool = False
    suppressed: str = ""
    """Why the address is not written to: bounced or complained."""
    letters: dict[str, datetime] = field(default_factory=dict)
    revision: int = 0
    """Of `letters`."""

    def recent(self, sending: Sending, now: datetime) -> dict[str, datetime]:
        """The letters that count against the cap at `now`."""
        since = now - timedelta(days=sending.cap_days)
        return {campaign: at for campaign, at in self.letters.items() if at > since}


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for everyone of an arm at the moment: its offer, and which budgets were found used up."""

    offer: OfferDefinition | None
    today: date
    exhausted: SkipReason | None = None


def barred(member: Member, standing: Standing) -> SkipReason | None:
    """Why the customer may not be written to at all."""
    if not member.email.strip():
        return "no_address"
    if standing.unsubscribed:
        return "unsubscribed"
    if standing.complained or standing.suppressed == "complained":
        return "complained"
    if standing.suppressed:
        return "bounced"
    return None


def decide(
    member: Member, standing: Standing, terms: Terms, sending: Sending, shop_zone: str, now: datetime
) -> SkipReason | datetime | None:
    """Why the customer gets no letter, when they may get it (UTC), or None where they get it now."""
    if reason := barred(member, standing):
        return reason
    if terms.offer is not None and terms.offer.ends_on is not None and terms.today > terms.offer.ends_on:
        return "offer_ended"
    if terms.exhausted:
        return terms.exhausted
    if len(standing.recent(sending, now)) >= sending.cap_letters:
        return "frequency_cap"
    return quiet_hours.ends(now, sending, (member.time_zone, shop_zone))
