"""Families that decide on events, on the command line: which there are, and how a decision is told."""

from __future__ import annotations

from rich.markup import escape

from cli.console import Exit, fail, out
from cli.score import origin
from commerce.assessments.answer import Assessed
from commerce.assessments.assessment import Assessment
from commerce.families import discover

STYLES = {"approve": "green", "review": "yellow", "block": "red"}


def assessment(family: str) -> Assessment:
    """What the family's spec says of its events. Leaves with the families that there are."""
    known = {name: spec.assessment for name, spec in discover().items() if spec.assessment}
    if family not in known:
        fail(f"no family {family!r} decides on events; there are: {', '.join(known) or 'none'}", Exit.USAGE)
    return known[family]


def headline(answer: Assessed) -> str:
    """Outcome, who decided, event, and how likely fraud is, with console markup."""
    style = STYLES[answer.outcome]
    found = f"[bold {style}]{answer.outcome}[/bold {style}] by the {answer.decided_by}: "
    found += escape(f"{answer.event_type} {answer.event_id}")
    if answer.probability is not None:
        found += f", fraud with probability {answer.probability:.3f}"
    if answer.anomaly is not None:
        found += f", more unusual than {answer.anomaly:.1%} of ordinary ones"
    return found


def why(answer: Assessed) -> list[str]:
    """Rules that held, then the model's reasons, in words."""
    return [rule.reason for rule in answer.rules] + [reason.text for reason in answer.reasons]


def show(answer: Assessed) -> None:
    """The decision, its expected costs, rules and reasons, what it had to do without, and who answered."""
    out.print(headline(answer), highlight=False)
    if answer.costs is not None:
        costs = ", ".join(f"{outcome} {cost:,.2f}" for outcome, cost in answer.costs.model_dump().items())
        out.print(f"expected cost: {costs}", highlight=False)
    for rule in answer.rules:
        out.print(f"rule {rule.id} ({rule.outcome}): {escape(rule.reason)}", highlight=False)
    for reason in answer.reasons:
        out.print(f"because {escape(reason.text)}", highlight=False)
    if answer.missing:
        out.print(f"decided without: {', '.join(answer.missing)}", style="yellow", highlight=False)
    who = f"from {origin(answer.model_dump())}, decision {answer.decision_id}"
    out.print(f"{who}, {answer.decided_at:%Y-%m-%d %H:%M:%S} UTC", style="dim", highlight=False)
