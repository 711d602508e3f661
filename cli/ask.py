"""`shopkeeper ask FAMILY QUESTION`: ask a model over the API, as an app would."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape

from cli.api import questions
from cli.console import Exit, fail, out
from cli.environment import connect
from cli.retrain import read_parameters
from cli.rows import table
from cli.score import origin
from commerce.families import discover
from commerce.family import Family
from commerce.questions import Answered, Question
from commerce.scores import Score


def ask(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="model family with a route of its own")],
    question: Annotated[str, typer.Argument(help="one of its questions; another word lists them")],
    customer: Annotated[str | None, typer.Option(help="id of the customer")] = None,
    visitor: Annotated[str | None, typer.Option(help="id of the visitor, as events carry it")] = None,
    product: Annotated[str | None, typer.Option(help="id of the product that is looked at")] = None,
    cart: Annotated[str | None, typer.Option(help="ids of the products in the cart, separated by commas")] = None,
    more: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=JSON, any field of the question; repeatable")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
) -> None:
    """Ask a model a question: its answer with reasons, and which version (or the baseline) it comes from."""
    given = {
        "customer_id": customer,
        "anonymous_id": visitor,
        "product_id": product,
        "cart": None if cart is None else cart.split(","),
    }
    spec = _family(family)
    asked = _question(spec, question, given, more or [])
    answered = questions.ask(connect(context.obj), spec, asked)
    if as_json:
        out.print_json(answered.model_dump_json())
    else:
        show(answered)


def show(answered: Answered) -> None:
    """The family's own fields, lists as tables; then why, and who answered."""
    answer = answered.answer
    for name, value in answer.items():
        if name in Score.model_fields or value is None:
            continue
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
            out.print(table(value))
        else:
            out.print(f"{name}: {escape(str(value))}", highlight=False)
    for reason in answer["reasons"]:
        out.print(f"because {escape(reason['text'])}", highlight=False)
    found = f"from {origin(answer)}, as of {answer['as_of']}, exposure {answered.exposure_id}"
    out.print(found, style="dim", highlight=False)


def _family(name: str) -> Family:
    routed = {name: spec for name, spec in discover().items() if spec.route}
    if name not in routed:
        fail(f"no family {name!r} answers questions; there are: {', '.join(routed) or 'none'}", Exit.USAGE)
    return routed[name]


def _question(family: Family, kind: str, given: dict[str, Any], more: list[str]) -> Question:
    kinds = family.route.kinds if family.route else {}
    if kind not in kinds:
        fail(f"{family.name} has no question {kind!r}; there are: {', '.join(kinds)}", Exit.USAGE)
    try:
        body = {name: value for name, value in given.items() if value is not None} | read_parameters(more)
        return kinds[kind].model_validate({"question": kind} | body)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or kind}: {e['msg']}" for e in error.errors())
        fail(escape(wrong), Exit.USAGE)
    except ValueError as error:
        fail(escape(str(error)), Exit.USAGE)
