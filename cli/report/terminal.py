"""The report on the terminal."""

from __future__ import annotations

from collections import Counter

from rich.markup import escape
from rich.table import Table

from cli import score
from cli.campaigns import measured
from cli.console import out
from cli.cost import show as show_cost
from cli.report.decisions import FraudReport
from cli.report.model import (
    VALUE_DAYS,
    CampaignReport,
    ChurnReport,
    DemandReport,
    DemoReport,
    Learnt,
    RecommendationsReport,
)
from cli.rows import table
from commerce.evaluation import CANDIDATE, Evaluation
from commerce.family import Family


def show(report: DemoReport) -> None:
    """Print it: floors against ours, whom to keep, what to show, what writing did, what it would cost, what next."""
    out.rule(f"[bold]{report.shop}[/bold], as if today were {report.as_of}")
    _learnt(report.churn.learnt, "customers")
    out.print(_worth(report.churn, report.currency))
    _recommendations(report.recommendations)
    if report.demand is not None:
        _demand(report.demand)
    if report.campaign is not None:
        _campaign(report.campaign)
    if report.fraud is not None:
        fraud(report.fraud)
    out.print("What it would cost on AWS", style="bold")
    show_cost(report.cost, lines=False)
    out.print("What to try next", style="bold")
    for command, why in report.next_commands:
        out.print(f"  {command}  [dim]{why}[/dim]", highlight=False)
    out.print(f"\nThe whole loop took {report.total_seconds:.0f} s.", highlight=False)


def _learnt(learnt: Learnt, what: str) -> None:
    """Ours beside the floors, on so many `what`, and where nothing was released that it was not."""
    if learnt.evaluation is not None:
        out.print(_comparison(learnt.family, learnt.evaluation, what))
    if not learnt.released:
        out.print(f"{learnt.family.title}: {learnt.ending}, so nothing new was released", style="yellow")


def _comparison(family: Family, evaluation: Evaluation, what: str) -> Table:
    held_out = f"{evaluation.holdout_rows:,} {what} {evaluation.held_out}"
    shown = Table(title=f"{family.title} on {held_out}, not seen in training", title_justify="left", box=None)
    shown.add_column("method")
    for gate in family.gates:
        shown.add_column(f"{gate.metric} ({gate.better} is better)", justify="right")
    for name, found in evaluation.metrics.items():
        values = (f"{found[g.metric]:.4f}" if g.metric in found else "–" for g in family.gates)
        style = "bold green" if name == CANDIDATE else None
        shown.add_row("ours" if name == CANDIDATE else name, *values, style=style)
    for name, part in evaluation.slices.items():
        ours = part.metrics[CANDIDATE]
        values = (f"{ours[g.metric]:.4f}" if g.metric in ours else "–" for g in family.gates)
        shown.add_row(f"ours, {name.replace('_', ' ')} ({part.rows:,})", *values, style="green")
    return shown


def _worth(report: ChurnReport, currency: str) -> Table:
    title = f"Most worth keeping (at stake = probability × spending of {VALUE_DAYS} days, {currency})"
    shown = Table(title=title, title_justify="left", box=None, header_style="bold")
    for name in ("customer", "leaves with", "spent", "at stake", "why"):
        shown.add_column(name, justify="left" if name in ("customer", "why") else "right")
    for w in report.worth_keeping:
        row = (f"{w.probability:.0%}", f"{w.spent:,.0f}", f"{w.at_stake:,.0f}", "; ".join(w.reasons))
        shown.add_row(w.customer_id, *row)
    return shown


def _recommendations(report: RecommendationsReport) -> None:
    """The household's basket and what it is shown, by names; the page has the reasons."""
    _learnt(report.learnt, "pairs of household and product")
    names = [report.products[id_].name for id_ in report.basket]
    out.print(
        f"Household {report.household}, basket of {report.basket_on}: {_listed(names)}", highlight=False, markup=False
    )
    shown = Table(box=None, header_style="bold")
    for name in ("shown", "products", "from", "ms"):
        shown.add_column(name, justify="right" if name == "ms" else "left")
    for shelf in report.shelves:
        found = _listed([item.name or report.products[item.product_id].name for item in shelf.answer.items])
        row = (shelf.title, found or shelf.answer.note or "–", shelf.origin)
        shown.add_row(*map(escape, row), f"{shelf.milliseconds:.0f}")
    out.print(shown)


def _demand(report: DemandReport) -> None:
    """The forecast of one product in rows, what a plan would change, and the stock actions worth most."""
    _learnt(report.learnt, "products and weeks")
    out.print(f"{report.name}: {score.origin(report.forecast.model_dump())}", highlight=False, markup=False)
    out.print(table(report.planned.rows()))
    for reason in report.planned.reasons:
        out.print(f"because {escape(reason.text)}", highlight=False)
    if report.stock is None:
        return
    _learnt(report.stock.learnt, "replayed products and weeks")
    out.print(f"Simulated: {report.stock.assumed}.", highlight=False)
    rows = [
        {
            "product": report.products[action.product_id].name,
            "action": action.action,
            "at stake": f"{action.money_at_stake:,.2f} {action.currency or ''}".strip(),
            "why": action.reason,
        }
        for action in report.stock.actions
    ]
    if rows:
        out.print(table(rows))


def _listed(names: list[str]) -> str:
    """Products of one name are counted, not repeated."""
    return "; ".join(name if count == 1 else f"{name} ({count})" for name, count in Counter(names).items())


def _campaign(report: CampaignReport) -> None:
    """The measured effect, then the same beside what was simulated."""
    out.print(f"{report.campaign.definition.name}: {report.outbox:,} letters in the outbox", style="bold")
    measured.show(report.result)
    out.print(f"Simulated replies: {report.model.in_words()}.", highlight=False)
    shown = Table(box=None, header_style="bold")
    for name in ("effect of a letter", "measured (interval)", "simulated truth", "inside"):
        shown.add_column(name, justify="left" if name in ("effect of a letter", "inside") else "right")
    for one in report.comparisons:
        metric = one.effect.metric
        truth = measured.change(metric, one.truth)
        shown.add_row(metric, measured.interval(one.effect), truth, "yes" if one.covered else "no")
    out.print(shown)


def fraud(report: FraudReport) -> None:
    """What a week of decisions came to."""
    _learnt(report.learnt, "payments")
    out.print(f"Simulated payments, not the grocer's: {report.assumed}.", highlight=False)
    shown = Table(box=None, show_header=False)
    shown.add_column("what")
    shown.add_column(f"how much, money in {report.currency}")
    for row in report.rows:
        shown.add_row(*row)
    out.print(shown)
    out.print(f"Money in {report.currency}: {report.policy}.", style="dim", highlight=False)
