"""`shopkeeper reviews` and `verdict`: decisions that somebody should look at, and what they turned out to be."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.api import assessments
from cli.api.assessments import Status
from cli.assessing import assessment, why
from cli.console import done, out
from cli.environment import connect
from commerce.assessments.reviews import Review, Reviews, Verdict

Family = Annotated[str, typer.Argument(help="model family that decides on events, such as fraud")]


def reviews(
    context: typer.Context,
    family: Family,
    status: Annotated[Status, typer.Option(help="open ones, or those done")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=100, help="reviews to show")] = 50,
    after: Annotated[str | None, typer.Option("--next", help="the next page, as the one before says")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
) -> None:
    """The review queue, the oldest first: what to look at, how much is at stake, and why."""
    assessment(family)
    found = assessments.reviews(connect(context.obj), family, status, limit, after)
    if as_json:
        out.print_json(found.model_dump_json())
    elif found.reviews:
        out.print(_table(found))
        if found.next:
            out.print(f"more: --next {escape(found.next)}", style="dim", highlight=False, soft_wrap=True)
    else:
        out.print(f"no review is {status}")


def verdict(
    context: typer.Context,
    family: Family,
    event: Annotated[str, typer.Argument(help="id of the event")],
    fraud: Annotated[bool, typer.Option("--fraud/--legit", help="what it turned out to be")],
    reviewer: Annotated[str, typer.Option(help="who found out")],
    note: Annotated[str, typer.Option(help="what they saw")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
) -> None:
    """Answer a review, or judge any decision: it becomes the event's label, from which the family learns."""
    spec = assessment(family)
    given = Verdict(fraud=fraud, reviewer=reviewer, note=note)
    review = assessments.judge(connect(context.obj), family, event, given)
    if as_json:
        out.print_json(review.model_dump_json())
    else:
        done(f"{spec.event_type} {escape(event)}, decided {review.decision.outcome}: {_word(review)}")


def _table(found: Reviews) -> Table:
    shown = Table(box=None, header_style="bold")
    for name in ("event", "decided", "probability", "amount", "verdict", "why"):
        shown.add_column(name, justify="right" if name in ("probability", "amount") else "left")
    for review in found.reviews:
        decision = review.decision
        likely = "–" if decision.probability is None else f"{decision.probability:.3f}"
        row = (f"{decision.decided_at:%Y-%m-%d %H:%M}", likely, f"{review.amount:,.2f}", _word(review))
        shown.add_row(escape(decision.event_id), *row, escape("; ".join(why(decision))))
    return shown


def _word(review: Review) -> str:
    if review.verdict is None:
        return "–"
    return f"{'fraud' if review.verdict.fraud else 'legitimate'}, says {escape(review.verdict.reviewer)}"
