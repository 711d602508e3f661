"""The report on the terminal."""

from __future__ import annotations

from rich.table import Table

from cli.campaigns import measured
from cli.console import out
from cli.cost import show as show_cost
from cli.report.model import VALUE_DAYS, CampaignReport, ChurnReport, DemoReport
from commerce.evaluation import CANDIDATE


def show(report: DemoReport) -> None:
    """Print it: floors against ours, whom to keep and why, what writing to them did, what it would cost, what next."""
    out.rule(f"[bold]{report.shop}[/bold], as if today were {report.as_of}")
    out.print(_comparison(report.churn))
    out.print(_worth(report.churn, report.currency))
    if report.campaign is not None:
        _campaign(report.campaign)
    out.print("What it would cost on AWS", style="bold")
    show_cost(report.cost, lines=False)
    out.print("What to try next", style="bold")
    for command, why in report.next_commands:
        out.print(f"  {command}  [dim]{why}[/dim]", highlight=False)
    out.print(f"\nThe whole loop took {report.total_seconds:.0f} s.", highlight=False)


def _comparison(report: ChurnReport) -> Table:
    evaluation = report.evaluation
    held_out = f"{evaluation.holdout_rows:,} customers as of {evaluation.holdout_as_of}"
    shown = Table(title=f"{report.family.title} on {held_out}, not seen in training", title_justify="left", box=None)
    shown.add_column("method")
    for gate in report.family.gates:
        shown.add_column(f"{gate.metric} ({gate.better} is better)", justify="right")
    for name, found in evaluation.metrics.items():
        values = (f"{found[g.metric]:.4f}" if g.metric in found else "–" for g in report.family.gates)
        style = "bold green" if name == CANDIDATE else None
        shown.add_row("ours" if name == CANDIDATE else name, *values, style=style)
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
