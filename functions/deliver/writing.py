"""From drafts to the messages that members get: the arm's template, filled in, with each customer's unsubscribe link.

Where the template shows recommendations, those of a group are asked for at once, and of each customer once in a pass.
With its message comes which of them the letter shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commerce.campaigns.campaign import Arm
from commerce.campaigns.plan import CampaignPlan
from commerce.campaigns.shop import Sender
from commerce.campaigns.template import RenderedLetter, TemplateVersion
from commerce.campaigns.variables import RECOMMENDATIONS
from functions.common import tokens
from functions.common.exposures import Exposure
from functions.deliver.mail import SIMULATOR
from functions.deliver.ports import Draft, Written
from functions.letters.message import message
from functions.letters.recommending import Recommended
from functions.letters.render import LetterError, LetterTemplate
from functions.letters.values import Product, letter_values


@dataclass
class Writer:
    """Writes the letters of one run. `template` gives the version of an arm; each is compiled once.

    `recommend` takes letter ids by customer and gives the answers that `recommendations` are made of.
    """

    plan: CampaignPlan
    sender: Sender
    secret: str
    token_days: int
    unsubscribe_url: str
    template: Callable[[Arm], TemplateVersion]
    recommend: Callable[[Mapping[str, str]], Mapping[str, Recommended]]
    now: Callable[[], datetime]
    _compiled: dict[str, LetterTemplate] = field(default_factory=dict)
    _recommending: dict[str, bool] = field(default_factory=dict)
    _recommended: dict[str, Recommended | None] = field(default_factory=dict)

    def __call__(self, drafts: list[Draft]) -> list[Written | None]:
        """The letters, in the drafts' order; None for one that cannot be written."""
        self._ask(drafts)
        return [self._written(draft) for draft in drafts]

    def _ask(self, drafts: list[Draft]) -> None:
        new = [d for d in drafts if d.member.customer_id not in self._recommended and self._recommends(d.arm)]
        if new:
            found = self.recommend({draft.member.customer_id: draft.letter_id for draft in new})
            self._recommended |= {d.member.customer_id: found.get(d.member.customer_id) for d in new}

    def _recommends(self, arm: Arm) -> bool:
        """Whether the arm's letter uses recommendations; not where it cannot be written at all."""
        if arm.name not in self._recommending:
            try:
                self._recommending[arm.name] = self._letter(arm).uses(RECOMMENDATIONS)
            except LetterError:
                self._recommending[arm.name] = False
        return self._recommending[arm.name]

    def _written(self, draft: Draft) -> Written | None:
        now, member, coupon = self.now(), draft.member, draft.coupon
        expires = now + timedelta(days=self.token_days)
        token = tokens.sign(self.secret, member.customer_id, self.plan.campaign_id, draft.letter_id, expires)
        link = f"{self.unsubscribe_url}?token={token}"
        recommended = self._recommended.get(member.customer_id)
        values = letter_values(
            sender=self.sender,
            campaign_name=self.plan.definition.name,
            unsubscribe=link,
            traits=member.traits,
            country=member.country,
            scores=member.scores,
            offer=draft.offer,
            code=coupon.code if coupon else None,
            expires_on=coupon.expires_on if coupon else None,
            recommendations=recommended.items if recommended else (),
        )
        try:
            letter = self._letter(draft.arm).render(values)
            mime = message(sender=self.sender, to=member.email, letter=letter, at=now, unsubscribe=link)
        except LetterError:
            return None
        return Written(mime, recommended and self._exposure(draft, recommended, values[RECOMMENDATIONS], now))

    def _exposure(self, draft: Draft, recommended: Recommended, products: list[Product], now: datetime) -> Exposure:
        """What of the answer the letter took, at the places that the answer gave it."""
        answer = recommended.answer | {"items": [product.item for product in products if product.taken]}
        context = {"campaign_id": self.plan.campaign_id}
        return Exposure(draft.letter_id, recommended.family, recommended.question, answer, now, context)

    def _letter(self, arm: Arm) -> LetterTemplate:
        if arm.name not in self._compiled:
            self._compiled[arm.name] = LetterTemplate.compile(self.template(arm), arm.subject)
        return self._compiled[arm.name]


def probe(sender: Sender, now: datetime) -> bytes:
    """A mail to SES's mailbox simulator, sent for nothing but its event."""
    letter = RenderedLetter(subject="Probe", html="<p>Probe</p>", text="Probe")
    return message(sender=sender, to=SIMULATOR, letter=letter, at=now)
