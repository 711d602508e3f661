"""A campaign, its audience and how far it is, on the terminal."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from cli.console import out
from commerce.campaigns.audience import AudienceFacts, Detectable
from commerce.campaigns.lifecycle import Campaign, Delivery

_REASONS = {
    "no_address": "have no address",
    "no_consent": "did not consent",
    "unsubscribed": "unsubscribed",
    "complained": "called a letter spam",
    "bounced": "have an address that bounced",
    "shared_address": "share an address with another who is written to",
    "frequency_cap": "had enough letters lately",
    "offer_exhausted": "the offer's coupons were used up",
    "budget_exhausted": "the budget was used up",
    "offer_ended": "the offer had ended",
    "not_renderable": "the letter could not be written",
}


def why(reason: str) -> str:
    """A reason in words, to stand after a number of customers."""
    return _REASONS.get(reason, reason.replace("_", " "))


def table(found: list[Campaign]) -> Table:
    """One row per campaign."""
    shown = Table(box=None, header_style="bold")
    for name in ("campaign", "name", "status", "sent", "looks", "by", "changed"):
        shown.add_column(name, justify="right" if name in ("sent", "looks") else "left", no_wrap=name == "campaign")
    for c in found:
        sent = "–" if c.delivery is None else f"{c.delivery.sent:,}"
        looks = f"{c.looks_done}/{c.definition.looks}"
        row = (escape(c.definition.name), c.status, sent, looks, escape(c.author), f"{c.changed_at:%Y-%m-%d %H:%M}")
        shown.add_row(c.id, *row)
    return shown


def show(campaign: Campaign) -> None:
    """What was decided and what became of it."""
    definition = campaign.definition
    facts = Table.grid(padding=(0, 2))
    facts.add_row(
        "status", f"[bold]{campaign.status}[/bold]" + (f": {escape(campaign.reason)}" if campaign.reason else "")
    )
    facts.add_row("audience", escape(definition.audience))
    facts.add_row("held out", f"{definition.holdout:.0%}")
    for arm in definition.arms:
        version = f" version {arm.template_version}" if arm.template_version else ""
        offer = f", offer {arm.offer_id}" if arm.offer_id else ""
        weight = f", weight {arm.weight:g}" if len(definition.arms) > 1 else ""
        facts.add_row("arm", f"{arm.name}: template {arm.template_id}{version}{offer}{weight}")
    window = f"{definition.attribution_days} days from {definition.as_of or 'the start'}"
    facts.add_row("measured", f"{definition.metric} over {window}, {_looks(definition.looks)}")
    if definition.budget:
        facts.add_row("budget", f"{definition.budget.amount:,f} {definition.budget.currency}")
    for name, at in (("starts", campaign.scheduled_at), ("started", campaign.started_at), ("ended", campaign.ended_at)):
        if at is not None:
            facts.add_row(name, f"{at:%Y-%m-%d %H:%M:%S %Z}")
    out.print(f"[bold]{escape(definition.name)}[/bold] ({campaign.id})", highlight=False)
    out.print(facts, highlight=False)
    if found := campaign.audience or campaign.preview:
        funnel(found)
    if campaign.delivery is not None:
        delivery(campaign.delivery)


def funnel(facts: AudienceFacts) -> None:
    """From those known to those who can be written to, and what could be shown with them."""
    out.print(_funnel(facts), highlight=False)
    for effect in facts.detectable:
        out.print(f"  · {detectable(effect)}", highlight=False)
    for note in facts.notes:
        out.print(f"  [yellow]![/yellow] {escape(note)}", highlight=False)


def delivery(found: Delivery) -> None:
    """What became of the letters."""
    parts = f"{found.parts_done} of {found.parts} parts"
    out.print(f"letters: {found.sent:,} sent ({parts})", highlight=False)
    for count, words in (
        (found.failed, "refused by the mail service"),
        (found.deferred, "wait for the end of quiet hours"),
        (found.in_doubt, "in doubt"),
        *((count, why(reason)) for reason, count in found.skipped.items()),
    ):
        if count:
            out.print(f"  · {count:,} {words}", highlight=False)


def detectable(effect: Detectable) -> str:
    """The smallest effect that would be shown, in a sentence."""
    chance = f"{effect.power:.0%} of the time"
    relative = f" ({effect.relative:+.1%})" if effect.relative is not None else ""
    if effect.metric == "conversion":
        base, size = f"{effect.base:.1%} ordered", f"{100 * effect.absolute:.1f} points"
    else:
        base, size = f"{effect.base:,.2f} a customer", f"{effect.absolute:,.2f} a customer"
    return f"{effect.metric}: {base} in the window before; an effect of {size}{relative} would be shown {chance}"


def _funnel(facts: AudienceFacts) -> Table:
    shown = Table.grid(padding=(0, 2))
    shown.add_column(justify="right")
    shown.add_column()
    unsure = f" ({facts.unsure:,} more could not be judged)" if facts.unsure else ""
    shown.add_row(f"{facts.known:,}", f"known before {facts.as_of}")
    shown.add_row(f"{facts.matching:,}", f"meant{unsure}")
    for reason, count in facts.left_out.items():
        if count:
            shown.add_row(f"−{count:,}", f"[dim]{why(reason)}[/dim]")
    shown.add_row(f"[bold]{facts.eligible:,}[/bold]", "[bold]can be written to[/bold]")
    for arm, count in facts.arms.items():
        shown.add_row(f"{count:,}", f"  {arm}")
    if facts.sample:
        shown.add_row("", f"[dim]such as {escape(', '.join(facts.sample))}[/dim]")
    return shown


def _looks(count: int) -> str:
    return "one look at its end" if count == 1 else f"{count} looks"
