"""`shopkeeper <collection> PRODUCT…`, such as `forecasts`: what a family of products says of each, over the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from rich.markup import escape

from cli.api import scores
from cli.console import Exit, fail, out
from cli.environment import connect
from cli.rows import table
from cli.score import origin
from commerce.families import discover
from commerce.family import Family
from commerce.scores import Score


def commands() -> Iterator[tuple[str, Callable[..., None]]]:
    """A verb for the collection of each family of products."""
    for family in discover().values():
        if family.collection:
            yield family.collection, _command(family)


def _command(family: Family) -> Callable[..., None]:
    def read(
        context: typer.Context,
        products: Annotated[list[str], typer.Argument(help="ids of products")],
        as_json: Annotated[bool, typer.Option("--json", help="print the API's answers, as a list")] = False,
    ) -> None:
        if not all(products):
            fail("the id of a product is empty", Exit.USAGE)
        environment = connect(context.obj)
        found = [scores.product(environment, family, product) for product in dict.fromkeys(products)]
        if as_json:
            out.print_json(json.dumps([each.model_dump(mode="json") for each in found]))
        else:
            for each in found:
                show(each.product_id, family.answer.model_validate(each.answer))

    read.__doc__ = f"{family.question} With reasons, and which version (or the baseline) answers."
    return read


def show(product: str, answer: Score) -> None:
    """The product, the answer's own rows, why, and who answered."""
    out.print(f"[bold]{escape(product)}[/bold]", highlight=False)
    if rows := answer.rows():
        out.print(table(rows))
    for reason in answer.reasons:
        out.print(f"because {escape(reason.text)}", highlight=False)
    out.print(f"from {origin(answer.model_dump())}, as of {answer.as_of}", style="dim", highlight=False)
