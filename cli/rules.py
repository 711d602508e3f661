"""`shopkeeper rules`: rules as a file, tried on history, and made live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli import definitions
from cli.api import assessments
from cli.api.http import ApiError
from cli.assessing import assessment
from cli.console import Exit, done, err, fail, out
from cli.environment import Environment, connect
from commerce.rules.book import NewRules, Rule, RuleBook
from commerce.rules.effects import Effect, Simulation, Stopped

app = typer.Typer(
    help="Rules of families that decide on events: save, try on history, make live.", no_args_is_help=True
)

Family = Annotated[str, typer.Argument(help="model family that decides on events, such as fraud")]
Version = Annotated[int, typer.Argument(min=1, help="as `rules save` told it")]
AsJson = Annotated[bool, typer.Option("--json", help="print the API's answer")]


@app.command()
def show(context: typer.Context, family: Family, as_json: AsJson = False) -> None:
    """The rules that hold, and the versions saved after them."""
    spec = assessment(family)
    found = assessments.rules(connect(context.obj), family)
    if as_json:
        out.print_json(found.model_dump_json())
        return
    if found.live is None:
        out.print("none of the shop's own is live, so these hold, which come with the family:")
        out.print(_table(list(spec.rules())))
    else:
        out.print(f"live since {found.live.since:%Y-%m-%d %H:%M} UTC: {_named(found.live.book)}", highlight=False)
        out.print(_table(found.live.book.rules))
    for draft in found.drafts:
        tried = f"tried on {draft.trial.events:,} events" if draft.trial else "not tried yet"
        out.print(f"saved: {_named(draft)}, {tried}", highlight=False)


@app.command()
def save(
    context: typer.Context,
    family: Family,
    file: Annotated[Path, typer.Argument(help="TOML, such as cli/examples/fraud-rules.toml")],
    as_json: AsJson = False,
) -> None:
    """Save a version. It is not live before it is simulated and activated. Exit code 5 where a rule cannot be read."""
    assessment(family)
    book = _saved(connect(context.obj), family, definitions.rules(file))
    if as_json:
        out.print_json(book.model_dump_json())
    else:
        done(
            f"rules of {family}: {_named(book)}, {len(book.rules)} rules; next: rules simulate {family} {book.version}"
        )


@app.command()
def simulate(context: typer.Context, family: Family, version: Version, as_json: AsJson = False) -> None:
    """What a version would have done to the events that the live model was judged on."""
    assessment(family)
    found = assessments.simulate_rules(connect(context.obj), family, version)
    if as_json:
        out.print_json(found.model_dump_json())
    else:
        _effects(found)


@app.command()
def activate(context: typer.Context, family: Family, version: Version, as_json: AsJson = False) -> None:
    """Make a simulated version live; decisions follow within seconds."""
    assessment(family)
    live = assessments.activate_rules(connect(context.obj), family, version)
    if as_json:
        out.print_json(live.model_dump_json())
    else:
        done(f"rules of {family}: {_named(live.book)} is live")


def _saved(environment: Environment, family: str, new: NewRules) -> RuleBook:
    try:
        return assessments.save_rules(environment, family, new)
    except ApiError as error:
        if error.code != "invalid_rules":
            raise
        for problem in error.body.get("problems", []):
            err.print(f"  [red]✗[/red] {escape(problem['rule'])}: {escape(problem['message'])}", highlight=False)
        fail("the rules are not saved", Exit.PROBLEMS)


def _named(book: RuleBook) -> str:
    comment = f", {escape(book.comment)}" if book.comment else ""
    return f"version {book.version} by {escape(book.author)}{comment}"


def _table(rules: list[Rule]) -> Table:
    shown = Table("rule", "outcome", "when", "reason", box=None, header_style="bold")
    for rule in rules:
        outcome = rule.outcome if rule.enabled else f"{rule.outcome} (off)"
        shown.add_row(rule.id, outcome, escape(rule.when), escape(rule.reason))
    return shown


def _effects(found: Simulation) -> None:
    """Each rule as if it were alone, all of them, and what is stopped before and after."""
    out.print(
        f"{found.events:,} events, {found.known:,} of them known, {found.frauds:,} frauds: "
        f"rules of {found.family}, version {found.version}",
        highlight=False,
    )
    if found.note:
        out.print(escape(found.note), style="yellow", highlight=False)
    shown = Table(box=None, header_style="bold")
    names = ("rule", "fires", "to review", "to block", "to approve", "precision", "of frauds", "of good ones")
    for name in names:
        shown.add_column(name, justify="left" if name == "rule" else "right")
    for rule in found.rules:
        shown.add_row(rule.id, *_cells(rule))
    shown.add_row("[bold]all[/bold]", *_cells(found.total))
    out.print(shown)
    for name, stopped in (("before", found.before), ("after", found.after)):
        out.print(f"{name}: {_stopped(stopped)}", highlight=False)


def _cells(effect: Effect) -> list[str]:
    blocked = effect.approve_to_block.events + effect.review_to_block.events
    moved = (effect.fired.events, effect.approve_to_review.events, blocked, effect.to_approve.events)
    shares = (effect.precision, effect.caught, effect.false_positive_rate)
    return [*(f"{count:,}" for count in moved), *map(_share, shares)]


def _stopped(stopped: Stopped) -> str:
    return (
        f"{stopped.review.events:,} reviews, {stopped.block.events:,} blocks of {stopped.block.amount:,.2f}; "
        f"precision {_share(stopped.precision)}, {_share(stopped.caught)} of frauds, "
        f"{_share(stopped.false_positive_rate)} of good ones"
    )


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
