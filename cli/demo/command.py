"""The verb: the loop, then its report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from cli import local_cloud, pages
from cli.console import Exit, out
from cli.environment import connect

PAGE = Path(".shopkeeper") / "demo.html"


def demo(
    open_page: Annotated[bool, typer.Option("--open", help="open the page in a browser at the end")] = False,
    with_demand: Annotated[
        bool, typer.Option("--demand/--no-demand", help="forecast the products' weeks and decide about simulated stock")
    ] = True,
    with_fraud: Annotated[
        bool, typer.Option("--fraud/--no-fraud", help="decide on a week of simulated payments, live")
    ] = True,
    keep: Annotated[bool, typer.Option(help="leave the local cloud running afterwards, until Ctrl-C")] = False,
) -> None:
    """Load a grocer's year, train the families, write to the households at risk, and measure what that did.

    The year, the models and the holdout are real. Addresses, replies and payments are made up, and labelled so.
    """
    # What the loop imports takes longer than what most verbs do.
    from cli.demo import loop
    from cli.report import page, terminal

    started = time.monotonic()
    with local_cloud.running() as cloud:
        environment = connect("local")
        report = loop.run(environment, started, with_demand=with_demand, with_fraud=with_fraud)
        terminal.show(report)
        pages.write(page.render(report), PAGE)
        if open_page:
            pages.show(PAGE)
        if keep:
            out.print(f"API {environment.api_url}; Ctrl-C stops the local cloud")
            cloud.wait()
    if not report.churn.learnt.released:
        raise typer.Exit(Exit.FAILED)
