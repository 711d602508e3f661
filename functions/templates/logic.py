"""Saving a template when it is found right, and filling one in for a look at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from commerce.campaigns.audience import Member
from commerce.campaigns.campaign import Arm
from commerce.campaigns.lifecycle import Campaign
from commerce.campaigns.offer import OfferDefinition
from commerce.campaigns.shop import Sender
from commerce.campaigns.template import (
    NewTemplate,
    PreviewRequest,
    RenderedLetter,
    SendTestRequest,
    SentTest,
    TemplateSummary,
    TemplateVersion,
)  # fmt: skip
from commerce.campaigns.variables import RECOMMENDATIONS
from functions.common.http import ApiError
from functions.letters.check import check, check_subject, examples
from functions.letters.message import message
from functions.letters.recommending import Items
from functions.letters.render import LetterError, LetterTemplate
from functions.letters.values import letter_values

TEST_PREFIX = "[Test] "
TEST_LINK = "#this-link-of-a-test-letter-unsubscribes-nobody"
SAMPLE_CODE = "SAMPLE-CODE"


class Storage(Protocol):
    """Where templates and what they are filled with are kept."""

    def template(self, id_: str, version: int | None) -> TemplateVersion | None:
        """That version, or the newest."""
        ...

    def save(self, id_: str, make: Callable[[int], TemplateVersion]) -> TemplateVersion:
        """Keep the next version."""
        ...

    def templates(self) -> list[TemplateSummary]:
        """The newest version of each template."""
        ...

    def versions(self, id_: str) -> list[TemplateSummary]:
        """Every version of one template."""
        ...

    def campaign(self, id_: str) -> Campaign | None:
        """A campaign."""
        ...

    def offer(self, id_: str) -> OfferDefinition | None:
        """An offer."""
        ...

    def sample(self, campaign_id: str) -> list[Member]:
        """Members of the campaign's last preview."""
        ...

    def scores(self, customer_id: str) -> dict[str, dict[str, Any]]:
        """Answers by family."""
        ...

    def recommendations(self, customer_id: str) -> Items:
        """What the customer's letter would recommend; nothing where that cannot be told."""
        ...

    def send(self, message: bytes) -> str:
        """Hand a test letter to the mail service."""
        ...


def save(storage: Storage, id_: str, new: NewTemplate, now: datetime) -> TemplateVersion:
    """Keep a new version; the same text as the newest version's is none. Raises `ApiError` 422 with every problem."""
    checked = check(new)
    if checked.errors:
        first, more = checked.errors[0], len(checked.errors) - 1
        where = f"line {first.line}: " if first.line else ""
        others = f", and {more} more" if more else ""
        details = {"problems": [problem.model_dump() for problem in checked.problems]}
        raise ApiError(422, "invalid_template", f"{where}{first.message}{others}", details=details)
    newest = storage.template(id_, None)
    if newest and (newest.name, newest.subject, newest.mjml) == (new.name, new.subject, new.mjml):
        return newest

    def make(version: int) -> TemplateVersion:
        return TemplateVersion(
            id=id_,
            version=version,
            html=checked.html,
            variables=checked.variables,
            problems=checked.problems,
            created_at=now,
            **new.model_dump(),
        )

    return storage.save(id_, make)


def found(storage: Storage, id_: str, version: int | None) -> TemplateVersion:
    """That version, or the newest. Raises `ApiError` 404."""
    template = storage.template(id_, version)
    if template is None:
        which = f"no version {version} of template" if version is not None else "no template"
        raise ApiError(404, "unknown_template", f"there is {which} {id_!r}")
    return template


def preview(storage: Storage, sender: Sender, id_: str, asked: PreviewRequest, now: datetime) -> RenderedLetter:
    """The letter as one customer would get it. Raises `ApiError` 404, 409 or 422."""
    campaign = _campaign(storage, asked.campaign_id) if asked.campaign_id is not None else None
    arm = _arm(campaign, id_)
    version = asked.version or (arm.template_version if arm else None)
    template = found(storage, id_, version)
    subject = asked.subject or (arm.subject if arm else None)
    if subject is not None and (wrong := [p for p in check_subject(subject) if p.severity == "error"]):
        raise ApiError(422, "invalid_subject", wrong[0].message, details={"problems": [p.model_dump() for p in wrong]})
    offer_id = asked.offer_id or (arm.offer_id if arm else None)
    try:
        compiled = LetterTemplate.compile(template, subject)
        recommend = storage.recommendations if compiled.uses(RECOMMENDATIONS) else _nothing
        values, invented = _values(storage, sender, campaign, asked.customer_id, offer_id, now.date(), recommend)
        letter = compiled.render(values)
    except LetterError as error:
        raise ApiError(422, "not_renderable", str(error)) from None
    return letter.model_copy(update={"made_up": [name for name in template.variables if _is_below(name, invented)]})


def send_test(storage: Storage, sender: Sender, id_: str, asked: SendTestRequest, now: datetime) -> SentTest:
    """The previewed letter, really sent, and marked as a test. Raises `ApiError`, and what `Storage.send` raises."""
    letter = preview(storage, sender, id_, asked, now)
    marked = letter.model_copy(update={"subject": f"{TEST_PREFIX}{letter.subject}"})
    try:
        made = message(sender=sender, to=asked.to, letter=marked, at=now)
    except LetterError as error:
        raise ApiError(400, "invalid_request", f"to: {error}") from None
    return SentTest(message_id=storage.send(made))


def _campaign(storage: Storage, id_: str) -> Campaign:
    campaign = storage.campaign(id_)
    if campaign is None:
        raise ApiError(404, "unknown_campaign", f"there is no campaign {id_!r}")
    return campaign


def _arm(campaign: Campaign | None, template_id: str) -> Arm | None:
    """The first arm of the campaign that sends this template."""
    arms = campaign.definition.arms if campaign else []
    return next((arm for arm in arms if arm.template_id == template_id), None)


def _values(
    storage: Storage,
    sender: Sender,
    campaign: Campaign | None,
    customer_id: str | None,
    offer_id: str | None,
    on: date,
    recommend: Callable[[str], Items],
) -> tuple[dict[str, Any], set[str]]:
    """What the letter says, and which names, or groups of names, of it are made up."""
    offer = storage.offer(offer_id) if offer_id is not None else None
    if offer_id is not None and offer is None:
        raise ApiError(404, "unknown_offer", f"there is no offer {offer_id!r}")
    member = _member(storage, campaign, customer_id) if campaign else None
    scores = storage.scores(customer_id) if customer_id is not None and member is None else {}
    if customer_id is not None and member is None and not scores:
        raise ApiError(404, "unknown_customer", f"there are no scores of customer {customer_id!r}")
    customer = member.customer_id if member else customer_id
    values = letter_values(
        sender=sender,
        campaign_name=campaign.definition.name if campaign else "",
        unsubscribe=f"{sender.url.rstrip('/')}/{TEST_LINK}",
        traits=member.traits if member else None,
        country=member.country if member else None,
        scores=member.scores if member else scores,
        offer=offer,
        code=SAMPLE_CODE,
        expires_on=on + timedelta(days=offer.valid_days) if offer else None,
        recommendations=recommend(customer) if customer is not None else (),
    )
    invented = {"links.unsubscribe", "offer.code"}
    if member is None:
        made_up = examples()
        known = {"scores"} if scores else set()
        known |= {"offer"} if offer else set()
        known |= {RECOMMENDATIONS} if customer is not None else set()
        stand_in = {"customer", "campaign", "offer", "scores", RECOMMENDATIONS} - known
        values |= {name: made_up[name] for name in stand_in}
        invented |= stand_in
    return values, invented


def _nothing(_customer_id: str) -> Items:
    return []


def _member(storage: Storage, campaign: Campaign, customer_id: str | None) -> Member:
    sample = storage.sample(campaign.id)
    if not sample:
        raise ApiError(
            409, "no_preview", f"campaign {campaign.id!r} has no preview, or it found nobody: preview it first"
        )
    if customer_id is None:
        return sample[0]
    for member in sample:
        if member.customer_id == customer_id:
            return member
    raise ApiError(404, "unknown_customer", f"customer {customer_id!r} is not in the sample of the campaign's preview")


def _is_below(name: str, groups: set[str]) -> bool:
    return name in groups or name.split(".")[0] in groups
