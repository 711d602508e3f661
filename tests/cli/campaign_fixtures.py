"""Made-up answers of the campaign routes and the outbox, one of each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import SMTP

from cli.demo.response import ResponseModel, Truth
from cli.mailbox import Mail
from cli.report.model import CampaignReport
from commerce.campaigns.audience import AudienceFacts, Detectable
from commerce.campaigns.campaign import Arm, CampaignDefinition
from commerce.campaigns.lifecycle import Campaign, Delivery
from commerce.campaigns.result import CampaignResult, Effect, Interactions, LookPoint, SampleRatio
from commerce.campaigns.template import TemplateVersion

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def facts(**changes) -> AudienceFacts:
    found = AudienceFacts(
        as_of=date(2026, 5, 4),
        known=2469,
        matching=900,
        unsure=3,
        eligible=880,
        left_out={"no_consent": 15, "bounced": 5},
        arms={"voucher": 660, "holdout": 220},
        detectable=[Detectable(metric="conversion", base=0.55, absolute=0.08, relative=0.145)],
        sample=["1", "2"],
    )
    return found.model_copy(update=changes)


def campaign(**changes) -> Campaign:
    definition = CampaignDefinition(
        name="Win back",
        audience="scores.churn.probability > 0.3",
        arms=[Arm(name="voucher", template_id="win-back", offer_id="five-off")],
        holdout=0.25,
        attribution_days=28,
        looks=1,
    )
    found = Campaign(id="win-back", author="robin", definition=definition, created_at=NOW, changed_at=NOW)
    return found.model_copy(update=changes)


def finished(**changes) -> Campaign:
    sent = Delivery(parts=2, parts_done=2, sent=650, failed=2, skipped={"frequency_cap": 8})
    done = {"status": "finished", "run": 1, "looks_done": 1, "audience": facts(), "delivery": sent}
    return campaign(**done, **changes)


def effect(**changes) -> Effect:
    found = Effect(
        arm="all",
        metric="conversion",
        treated=660,
        held_out=220,
        treated_mean=0.64,
        holdout_mean=0.55,
        difference=0.09,
        low=0.03,
        high=0.15,
        p_value=0.003,
        relative=0.164,
        total=59.4,
        unadjusted=0.085,
        variance_ratio=0.8,
        significant=True,
    )
    return found.model_copy(update=changes)


def result(**changes) -> CampaignResult:
    revenue = effect(
        metric="revenue", treated_mean=61.0, holdout_mean=58.0, difference=3.0, low=-2.0, high=8.0, relative=0.05,
        total=1980.0, unadjusted=4.0, significant=False, p_value=0.24,
    )  # fmt: skip
    found = CampaignResult(
        campaign_id="win-back",
        run="r0001",
        name="Win back",
        metric="conversion",
        as_of=date(2026, 5, 4),
        window_starts=NOW,
        window_ends=datetime(2026, 6, 1, 9, 0, tzinfo=UTC),
        look=2,
        looks=4,
        measured_at=datetime(2026, 5, 18, 10, 0, tzinfo=UTC),
        final=False,
        currency="USD",
        verdict="The letters helped: 9 of 100 more ordered.",
        effects=[effect(), revenue],
        sample_ratio=SampleRatio(
            expected={"voucher": 660, "holdout": 220}, observed={"voucher": 660, "holdout": 220}, p_value=1.0, ok=True
        ),
        interactions={"voucher": Interactions(sent=650, delivered=650, opened=390, clicked=195)},
        history=[
            LookPoint(number=1, at=datetime(2026, 5, 11, 9, 0, tzinfo=UTC), difference=0.05, low=-0.04, high=0.14),
            LookPoint(number=2, at=datetime(2026, 5, 18, 9, 0, tzinfo=UTC), difference=0.09, low=0.03, high=0.15),
        ],
        notes=["one household moved"],
    )
    return found.model_copy(update=changes)


def template(**changes) -> TemplateVersion:
    found = TemplateVersion(
        id="win-back",
        version=3,
        name="Win-back",
        subject="It has been a while",
        mjml="<mjml>[bold]</mjml>",
        html="<html></html>",
        author="robin",
        comment="",
        created_at=NOW,
    )
    return found.model_copy(update=changes)


def mail(number: int = 1, html: str = '<p>Hello <a href="https://shop.example">shop</a></p>') -> Mail:
    message = EmailMessage(policy=SMTP)
    message["To"] = f"household-{number}@shop.example"
    message["Subject"] = f"Letter {number} – welcome"
    message.set_content("Hello")
    message.add_alternative(html, subtype="html")
    tags = {"campaign": "win-back", "arm": "voucher"}
    return Mail(f"mail-{number}", NOW, f"household-{number}@shop.example", tags, message.as_bytes())


def campaign_report(**changes) -> CampaignReport:
    values = {
        "campaign": finished(),
        "preview": facts(arms={}),
        "outbox": 650,
        "letter": mail(),
        "model": ResponseModel(),
        "truth": Truth(conversion=0.1, revenue=6.5, treated=660, extra_orders=148),
        "result": result(),
        "seconds": 80.0,
    }
    return CampaignReport(**values | changes)
