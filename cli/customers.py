"""`shopkeeper customers`: erasing a customer, and telling what is held of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from cli.api import customers, http
from cli.console import done, fail, out, progress
from cli.environment import Environment, connect
from commerce.privacy import PrivacyRequest

app = typer.Typer(help="What is held of a customer: tell it, or erase it.", no_args_is_help=True)

POLL_SECONDS = 1.0
Id = Annotated[str, typer.Argument(help="the shop's id of the customer")]


@app.command()
def erase(
    context: typer.Context,
    customer: Id,
    wait: Annotated[bool, typer.Option(help="follow it until nothing is left")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
) -> None:
    """Erase a customer from tables, lake, counters, letters and scores. It cannot be undone."""
    if not yes:
        typer.confirm(f"Erase customer {customer} for good?", abort=True, err=True)
    environment = connect(context.obj)
    request = customers.erase(environment, customer)
    if wait:
        request = _ended(environment, request, "erasing")
    if as_json:
        out.print_json(request.model_dump_json())
    if request.status == "failed":
        fail(f"the erasure failed: {request.reason}")
    if not as_json:
        _tell(request, "erased" if request.status == "done" else "being erased")


@app.command()
def export(
    context: typer.Context,
    customer: Id,
    to: Annotated[Path, typer.Option(help="write everything that is held here, as JSON")],
) -> None:
    """Collect everything held of a customer and fetch it."""
    environment = connect(context.obj)
    ended = _ended(environment, customers.export(environment, customer), "collecting")
    if ended.status == "failed":
        fail(f"the export failed: {ended.reason}")
    answer = customers.export(environment, customer)
    if answer.url is None:
        fail("the export cannot be fetched any more; ask for it again")
    http.download(answer.url, to)
    _tell(answer, f"written to {to}")


def _ended(environment: Environment, request: PrivacyRequest, doing: str) -> PrivacyRequest:
    with progress() as bar:
        bar.add_task(doing, total=None)
        while request.status == "running":
            time.sleep(POLL_SECONDS)
            request = customers.request(environment, request.request_id)
    return request


def _tell(request: PrivacyRequest, what: str) -> None:
    """Says nothing of the customer but where something was found."""
    done(f"{what} (request {request.request_id})")
    for place, count in request.found.items():
        out.print(f"  · {count:,} in {place}", highlight=False)
