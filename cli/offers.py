"""`shopkeeper offers`: what letters give away, and how much of it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli import definitions
from cli.api import offers
from cli.console import done, out
from cli.environment import connect
from commerce.campaigns.offer import Offer, OfferDefinition, OfferList

app = typer.Typer(help="Offers that letters give: discounts, free shipping, points.", no_args_is_help=True)


@app.command("list")
def list_(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False
) -> None:
    """Every offer, what one coupon of it costs, and how many were issued."""
    found = offers.listed(connect(context.obj))
    if as_json:
        out.print_json(OfferList(offers=found).model_dump_json())
    else:
        out.print(_table(found) if found else "no offer yet: shopkeeper offers put cli/examples/five-off.toml")


@app.command()
def put(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="TOML, such as cli/examples/five-off.toml")],
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
) -> None:
    """Make or replace an offer. Campaigns that run keep the offer as it was when they started."""
    id_, definition = definitions.offer(file)
    offer = offers.put(connect(context.obj), id_, definition)
    if as_json:
        out.print_json(offer.model_dump_json())
    else:
        done(f"offer {offer.id}: {offer.definition.title} ({worth(offer.definition)})")


def worth(offer: OfferDefinition) -> str:
    """What it is good for, in short."""
    value = f"{offer.value.normalize():f}"
    return {
        "percent": f"{value} %",
        "amount": f"{value} {offer.currency or ''}".rstrip(),
        "free_shipping": "free shipping",
        "points": f"{value} points",
    }[offer.kind]


def _table(found: list[Offer]) -> Table:
    shown = Table(box=None, header_style="bold")
    for name in ("offer", "title", "worth", "cost", "issued", "limit", "valid days", "ends"):
        shown.add_column(name, justify="right" if name in ("cost", "issued", "limit", "valid days") else "left")
    for offer in found:
        made = offer.definition
        limit = "–" if made.limit is None else f"{made.limit:,}"
        row = (made.title, worth(made), f"{made.cost:f}", f"{offer.issued:,}", limit, str(made.valid_days))
        shown.add_row(offer.id, *row, "–" if made.ends_on is None else made.ends_on.isoformat())
    return shown
