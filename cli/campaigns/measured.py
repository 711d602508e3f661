"""What a campaign did, on the terminal: the verdict first, then what it rests on."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from cli.console import out
from commerce.campaigns.result import CampaignResult, Effect, Interactions, Metric


def show(result: CampaignResult) -> None:
    """Print a look."""
    out.print(f"[bold]{escape(result.verdict)}[/bold]", highlight=False)
    state = "the last" if result.final else f"of {result.looks}"
    window = f"{result.window_starts:%Y-%m-%d} to {result.window_ends:%Y-%m-%d}"
    out.print(f"[dim]{escape(result.name)}, look {result.look} ({state}), window {window}[/dim]", highlight=False)
    if result.effects:
        out.print(_effects(result))
    if len(result.history) > 1:
        out.print(_looks(result))
    if result.interactions:
        out.print(_interactions(result.interactions))
    ratio = result.sample_ratio
    mark = "[green]✓[/green] as allocated" if ratio.ok else "[red]✗[/red] not as allocated: something ate customers"
    sizes = ", ".join(f"{arm} {count:,}" for arm, count in ratio.observed.items())
    out.print(f"arms: {mark} ({sizes}; p = {ratio.p_value:.3f})", highlight=False)
    for note in result.notes:
        out.print(f"  · {escape(note)}", highlight=False)


def amount(metric: Metric, value: float) -> str:
    """A mean: a share as percent, or money of a customer."""
    return f"{value:.1%}" if metric == "conversion" else f"{value:,.2f}"


def change(metric: Metric, value: float) -> str:
    """A difference of means: in points, or money of a customer."""
    return f"{100 * value:+.1f}" if metric == "conversion" else f"{value:+,.2f}"


def interval(effect: Effect) -> str:
    """`+3.1 (+0.4 to +5.8)`."""
    low, high = change(effect.metric, effect.low), change(effect.metric, effect.high)
    return f"{change(effect.metric, effect.difference)} ({low} to {high})"


def total(effect: Effect, currency: str | None) -> str:
    """What it came to altogether."""
    if effect.metric == "conversion":
        return f"{effect.total:+,.0f} customers"
    return f"{effect.total:+,.0f} {currency or ''}".rstrip()


def _effects(result: CampaignResult) -> Table:
    shown = Table(box=None, header_style="bold")
    for name in (
        "effect",
        "letter",
        "with letter",
        "held out",
        "difference (interval)",
        "relative",
        "altogether",
        "shown",
    ):
        shown.add_column(name, justify="left" if name in ("effect", "letter", "shown") else "right")
    for e in result.effects:
        relative = "–" if e.relative is None else f"{e.relative:+.1%}"
        letter = "every letter" if e.arm == "all" else e.arm
        means = (amount(e.metric, e.treated_mean), amount(e.metric, e.holdout_mean))
        row = (interval(e), relative, total(e, result.currency), "yes" if e.significant else "no")
        shown.add_row(e.metric, letter, *means, *row, style="green" if e.significant else None)
    return shown


def _looks(result: CampaignResult) -> Table:
    shown = Table("look", "at", "difference (interval)", "level", box=None, header_style="bold")
    for point in result.history:
        low, high = change(result.metric, point.low), change(result.metric, point.high)
        difference = f"{change(result.metric, point.difference)} ({low} to {high})"
        shown.add_row(str(point.number), f"{point.at:%Y-%m-%d %H:%M}", difference, f"{point.level:.1%}")
    return shown


def _interactions(by_arm: dict[str, Interactions]) -> Table:
    shown = Table(box=None, header_style="bold")
    shown.add_column("letters")
    names = tuple(Interactions.model_fields)
    for name in names:
        shown.add_column(name.replace("_", " "), justify="right")
    for arm, found in by_arm.items():
        shown.add_row(arm, *(f"{getattr(found, name):,}" for name in names))
    return shown
