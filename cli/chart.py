"""`shopkeeper chart PRODUCT FILE`: the fan chart of a product's forecast, with what was sold before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli import pages
from cli.api import scores
from cli.charts.fan import fan
from cli.console import Exit, fail
from cli.environment import connect
from commerce.families.demand import FAMILY, DemandForecast


def chart(
    context: typer.Context,
    product: Annotated[str, typer.Argument(help="id of the product")],
    file: Annotated[Path, typer.Argument(help="SVG file to write")],
    location: Annotated[str | None, typer.Option(help="one location; else the first that the forecast has")] = None,
) -> None:
    """Draw what a product sold and what it is expected to sell, with bands of likelihood, as SVG."""
    # Imported here, so that other verbs do not wait for the lake's libraries.
    from cli import sold
    from lake import Lake

    environment = connect(context.obj)
    forecast = DemandForecast.model_validate(scores.product(environment, FAMILY, product).answer)
    place = location if location is not None else forecast.locations[0].location_id
    first = forecast.locations[0].periods[0].starts_on
    past = sold.history(Lake.open(environment.lake), product, place, first, forecast.frequency)
    try:
        drawn = fan(product, past, forecast, place)
    except LookupError as error:
        fail(escape(str(error)), Exit.USAGE)
    pages.write(drawn.svg(), file)
