"""`shopkeeper monitor FAMILY`: have the report on a live family made, and show it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli import executions, pages, reports
from cli.api import monitoring
from cli.console import Exit, done, err, fail, out
from cli.environment import Environment, connect
from cli.report.monitoring import page
from cli.retrain import follow, read_parameters
from commerce.assessments.monitoring import AssessmentMonitoring
from commerce.families import discover

_COLOURS = {"none": "dim", "moderate": "yellow", "major": "red"}


def monitor(
    context: typer.Context,
    family: Annotated[str, typer.Argument(help="model family that decides on events, such as fraud")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="report as if today were this day (default: today)")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE, overrides the shop's setting; repeatable")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="make none: show the latest, or that of --as-of")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the API's answer")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="write one page with plots here")] = None,
) -> None:
    """Report on a live family: what it decided, how right that was once labels were in, what it cost, what changed."""
    known = [name for name, spec in discover().items() if spec.monitoring]
    if family not in known:
        fail(f"no family {family!r} is monitored; there are: {', '.join(known)}", Exit.USAGE)
    try:
        parameters = read_parameters(parameter or [])
        discover()[family].parameters.model_validate(parameters)
    except ValueError as error:
        fail(escape(str(error)), Exit.USAGE)
    environment, day = connect(context.obj), as_of.date() if as_of else None
    report = monitoring.report(environment, family, day) if show else run(environment, family, day, parameters)
    if as_json:
        out.print_json(report.model_dump_json())
    else:
        tell(report)
    if html:
        pages.write(page(report), html, quiet=as_json)


def run(
    environment: Environment, family: str, as_of: date | None = None, parameters: dict[str, Any] | None = None
) -> AssessmentMonitoring:
    """Run the workflow to its end; the report it kept. Leaves the command where the workflow failed."""
    arn = executions.start(environment, family, as_of, parameters or {}, executions.MONITOR)
    ending = follow(environment, arn, "monitor")
    if ending.name != "Reported":
        fail(escape(ending.cause))
    done(f"Reported after {ending.seconds:.0f} s (run {ending.data['run']['run_id']})")
    if retraining := ending.data["published"]["retrain"]:
        err.print(f"[yellow]retraining was started:[/yellow] {retraining}", highlight=False)
    return monitoring.report(environment, family, date.fromisoformat(ending.data["run"]["as_of"]))


def tell(report: AssessmentMonitoring) -> None:
    """The report on the terminal."""
    out.print(f"{report.family} as of {report.as_of}: {reports.mature(report)}", highlight=False)
    found = Table(box=None, show_header=False)
    for row in reports.rows(report):
        found.add_row(*row)
    out.print(found)
    if len(report.versions) > 1:
        out.print(_versions(report))
    if report.drift is not None:
        out.print(_drift(report))
    for finding in report.findings:
        out.print(f"[red]{finding.kind}[/red] {escape(finding.message)}", highlight=False)
    if not report.findings:
        out.print("nothing is found to be wrong", style="dim")


def _versions(report: AssessmentMonitoring) -> Table:
    shown = Table(box=None, header_style="bold")
    for name in ("version", "decisions", "AUC", "precision at capacity", "recall at capacity"):
        shown.add_column(name)
    for row in reports.versions(report):
        shown.add_row(*row)
    return shown


def _drift(report: AssessmentMonitoring) -> Table:
    shown = Table(box=None, header_style="bold")
    for name in ("changed most", "PSI", "by chance", "lately", "before"):
        shown.add_column(name, justify="right" if name in ("PSI", "by chance") else "left")
    for shift in reports.shifts(report):
        psi = f"[{_COLOURS[shift.level]}]{shift.psi:.2f}[/]"
        shown.add_row(escape(shift.name), psi, f"< {shift.noise:.2f}", escape(shift.now), escape(shift.before))
    return shown
