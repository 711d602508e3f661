"""`shopkeeper score CUSTOMER…`: ask the API, as an app would."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.api import scores
from cli.console import out
from cli.environment import connect


def score(
    context: typer.Context,
    customers: Annotated[list[str], typer.Argument(help="ids of customers, at most 1,000")],
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
) -> None:
    """Scores of customers with reasons, and which version (or the baseline) they come from."""
    results = scores.batch(connect(context.obj), customers[:1000])
    if as_json:
        out.print_json(json.dumps(results))
    else:
        out.print(table(results))


def table(results: list[dict[str, Any]]) -> Table:
    """One row per customer and family: the score's own fields, source, version and reasons."""
    shown = Table(box=None, header_style="bold")
    for name in ("customer", "family", "score", "from", "as of", "reasons"):
        shown.add_column(name, justify="right" if name == "score" else "left")
    for result in results:
        for family, answer in result["scores"].items():
            reasons = "; ".join(r["text"] for r in answer["reasons"])
            shown.add_row(result["customer_id"], family, _main_figure(answer), origin(answer), answer["as_of"], reasons)
    return shown


def origin(answer: dict[str, Any]) -> str:
    """Who answered: the source, and the version where a model did."""
    return f"{answer['source']} {answer['version'] or ''}".strip()


def _main_figure(answer: dict[str, Any]) -> str:
    """The first number that the family's own answer holds."""
    for value in answer.values():
        if isinstance(value, float):
            return f"{value:.3f}"
    return "–"
