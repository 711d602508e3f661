"""`shopkeeper`: every verb, and what becomes of errors that are foreseen."""

from __future__ import annotations

from typing import Annotated

import botocore.exceptions
import typer
from rich.markup import escape

from cli import (
    ask,
    assess,
    audit,
    chart,
    cost,
    customers,
    keys,
    load,
    monitor,
    offers,
    outbox,
    products,
    rankings,
    releases,
    retrain,
    reviews,
    rules,
    score,
    templates,
    up,
    whatif,
)
from cli.api.http import ApiError
from cli.campaigns import commands as campaigns
from cli.console import Exit, err
from cli.demo import command as demo
from cli.environment import LOCAL, EnvironmentAbsentError

app = typer.Typer(
    name="shopkeeper",
    help="Machine learning for a shop: load its data, see whether it can learn, train, release, ask the models, and "
    "write to customers.\n\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 candidate rejected, 4 not ready (data, audience or result), "
    "5 problems in the data or a template, 6 environment absent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _environment(
    context: typer.Context,
    env: Annotated[
        str, typer.Option("--env", "-e", envvar="SHOPKEEPER_ENV", help="`local`, or a deployed environment's name")
    ] = LOCAL,
) -> None:
    context.obj = env


app.command("load")(load.load)
app.command("audit")(audit.audit)
app.command("retrain")(retrain.retrain)
app.command("monitor")(monitor.monitor)
app.command("score")(score.score)
app.command("ask")(ask.ask)
app.command("assess")(assess.assess)
app.command("reviews")(reviews.reviews)
app.command("verdict")(reviews.verdict)
for _collection, _read in products.commands():
    app.command(_collection)(_read)
app.command("what-if")(whatif.what_if)
app.command("chart")(chart.chart)
for _list, _ranked in rankings.commands():
    app.command(_list)(_ranked)
app.command("release")(releases.release)
app.command("rollback")(releases.rollback)
app.command("status")(releases.status)
app.command("up")(up.up)
app.command("demo")(demo.demo)
app.command("cost")(cost.cost)
app.command("outbox")(outbox.outbox)
app.add_typer(rules.app, name="rules")
app.add_typer(templates.app, name="templates")
app.add_typer(offers.app, name="offers")
app.add_typer(campaigns.app, name="campaigns")
app.add_typer(customers.app, name="customers")
app.add_typer(keys.app, name="keys")


def main() -> None:
    """Entry point of the `shopkeeper` script: what is foreseen to go wrong is one line, not a traceback."""
    try:
        app()
    except EnvironmentAbsentError as absent:
        err.print(f"[red]✗[/red] {absent}", highlight=False)
        raise SystemExit(Exit.ABSENT) from None
    except (ApiError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        err.print(f"[red]✗[/red] {escape(str(error))}", highlight=False)
        raise SystemExit(Exit.FAILED) from None
