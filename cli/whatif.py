"""`shopkeeper what-if PRODUCT`: a product's forecast under a planned promotion or price, over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.markup import escape

from cli import products
from cli.api import scores
from cli.console import Exit, fail, out
from cli.environment import connect
from commerce.families.demand import FAMILY, DemandUnderPlan, WhatIf

_DAY = ["%Y-%m-%d"]
_SHARE = "share of the stores, 0 to 1"


def what_if(
    context: typer.Context,
    product: Annotated[str, typer.Argument(help="id of the product")],
    starts_on: Annotated[datetime, typer.Option("--from", formats=_DAY, help="first day of the plan")],
    ends_on: Annotated[datetime, typer.Option("--to", formats=_DAY, help="last day of the plan")],
    display: Annotated[float | None, typer.Option(help=f"with a display, {_SHARE}")] = None,
    mailer: Annotated[float | None, typer.Option(help=f"in the mailer, {_SHARE}")] = None,
    discount: Annotated[float | None, typer.Option(help="share taken off the price, such as 0.2")] = None,
    price: Annotated[float | None, typer.Option(help="price of a unit, in the shop's currency")] = None,
    location: Annotated[str | None, typer.Option(help="one location; else all that the forecast has")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
) -> None:
    """A product's forecast with and without a plan: per period, in units and money, and where the effect comes from."""
    parts = {"display": display, "mailer": mailer, "discount": discount, "price": price}
    days = {"starts_on": starts_on.date(), "ends_on": ends_on.date()}
    asked = {
        "product_id": product,
        "plan": [days | {name: value for name, value in parts.items() if value is not None}],
    }
    if location is not None:
        asked["location_id"] = location
    try:
        question = WhatIf.model_validate(asked)
    except ValidationError as error:
        fail(
            escape("; ".join(f"{'.'.join(map(str, e['loc'][2:]))} {e['msg']}".strip() for e in error.errors())),
            Exit.USAGE,
        )
    (verb,) = (verb for verb in FAMILY.verbs if verb.question is WhatIf)
    found = scores.verb(connect(context.obj), FAMILY, verb.name, question)
    if as_json:
        out.print_json(found.model_dump_json())
        return
    answer = DemandUnderPlan.model_validate(found.answer)
    products.show(found.product_id, answer)
    if answer.units is not None:
        money = "" if answer.revenue is None else f", {answer.revenue:+,.2f} in the shop's currency"
        out.print(f"The plan changes demand by {answer.units:+,.1f} units{money}", highlight=False)
    else:
        out.print("What the plan would change is not known", highlight=False)
