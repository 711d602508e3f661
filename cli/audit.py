"""`shopkeeper audit FAMILY`: can this shop's data train it, what is missing, what is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.console import Exit, done, err, fail, out
from cli.environment import connect
from cli.retrain import read_parameters
from commerce.families import discover
from commerce.families import family as family_spec
from commerce.readiness import Readiness

_MARKS = {"error": "[red]✗[/red]", "warning": "[yellow]![/yellow]", "info": "·"}


def audit(
    context: typer.Context,
    family: Annotated[str | None, typer.Argument(help="model family (default: all)")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="as if today were this day (default: today)")
    ] = None,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", help="NAME=VALUE; repeatable")] = None,
    lake: Annotated[
        str | None, typer.Option(help="a lake's root (path or s3://…) instead of the environment's")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
    page: Annotated[Path | None, typer.Option("--html", help="write one page with plots here")] = None,
) -> None:
    """Say for each family whether the data can train it. Exit code 4 when one of them is not ready."""
    day = as_of.date() if as_of else datetime.now(UTC).date() + timedelta(days=1)
    try:
        specs = [family_spec(family)] if family else list(discover().values())
        parameters = read_parameters(parameter or [])
        validated = [spec.parameters.model_validate(parameters) for spec in specs]
    except (LookupError, ValueError) as error:
        fail(str(error), Exit.USAGE)
    # Imported here, so that other verbs do not wait for the lake's libraries.
    from lake import Lake
    from lake.audit import audit as audit_lake
    from lake.audit import html

    opened = Lake.open(lake or connect(context.obj).lake)
    verdicts = [audit_lake(opened, spec, day, p) for spec, p in zip(specs, validated, strict=True)]
    if as_json:
        out.print_json("[" + ",".join(v.model_dump_json() for v in verdicts) + "]")
    else:
        for verdict in verdicts:
            show(verdict)
    if page:
        page.write_text(html.render(*verdicts), encoding="utf-8")
        done(f"page written to {page}")
    if not all(v.ready for v in verdicts):
        raise typer.Exit(Exit.NOT_READY)


def show(readiness: Readiness) -> None:
    """Print the facts, the findings and the verdict."""
    facts = Table(box=None, header_style="bold")
    for name in ("table", "rows", "from", "to"):
        facts.add_column(name, justify="right" if name == "rows" else "left")
    for fact in readiness.facts:
        facts.add_row(fact.table, f"{fact.rows:,}", _day(fact.first), _day(fact.last))
    out.print(facts)
    for finding in readiness.findings:
        out.print(f"  {_MARKS[finding.severity]} {finding.message} [dim]{finding.advice}[/dim]", highlight=False)
    if readiness.ready:
        done(f"{readiness.family}: ready to learn as of {readiness.as_of}")
    else:
        err.print(f"[red]✗[/red] {readiness.family}: not ready as of {readiness.as_of}", highlight=False)


def _day(day: date | None) -> str:
    return "–" if day is None else day.isoformat()
