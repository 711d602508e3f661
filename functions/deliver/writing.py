"""From a member to the message they get: the arm's template, filled in, with the customer's own unsubscribe link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commerce.campaigns.audience import Member
from commerce.campaigns.campaign import Arm
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.shop import Sender
from commerce.campaigns.template import RenderedLetter, TemplateVersion
from functions.common import tokens
from functions.deliver.coupons import Coupon
from functions.deliver.mail import SIMULATOR
from functions.deliver.ports import UnwritableError
from functions.letters.message import message
from functions.letters.render import LetterError, LetterTemplate
from functions.letters.values import letter_values


@dataclass
class Writer:
    """Writes the letters of one run. `template` gives the version of an arm; each is compiled once."""

    plan: CampaignPlan
    sender: Sender
    secret: str
    token_days: int
    unsubscribe_url: str
    template: Callable[[Arm], TemplateVersion]
    now: Callable[[], datetime]
    _compiled: dict[str, LetterTemplate] = field(default_factory=dict)

    def __call__(
        self, member: Member, arm: Arm, offer: OfferDefinition | None, coupon: Coupon | None, letter_id: str
    ) -> bytes:
        """The MIME message. Raises `UnwritableError`."""
        now = self.now()
        expires = now + timedelta(days=self.token_days)
        token = tokens.sign(self.secret, member.customer_id, self.plan.campaign_id, letter_id, expires)
        link = f"{self.unsubscribe_url}?token={token}"
        values = letter_values(
            sender=self.sender,
            campaign_name=self.plan.definition.name,
            unsubscribe=link,
            traits=member.traits,
            country=member.country,
            scores=member.scores,
            offer=offer,
            code=coupon.code if coupon else None,
            expires_on=coupon.expires_on if coupon else None,
        )
        try:
            letter = self._letter(arm).render(values)
            return message(sender=self.sender, to=member.email, letter=letter, at=now, unsubscribe=link)
        except LetterError as error:
            raise UnwritableError(str(error)) from error

    def _letter(self, arm: Arm) -> LetterTemplate:
        if arm.name not in self._compiled:
            self._compiled[arm.name] = LetterTemplate.compile(self.template(arm), arm.subject)
        return self._compiled[arm.name]


def probe(sender: Sender, now: datetime) -> bytes:
    """A mail to SES's mailbox simulator, sent for nothing but its event."""
    letter = RenderedLetter(subject="Probe", html="<p>Probe</p>", text="Probe")
    return message(sender=sender, to=SIMULATOR, letter=letter, at=now)
