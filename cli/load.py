"""`shopkeeper load SOURCE`: bring a shop's files, or a public data set, into the lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import Exit, done, err, fail, out, progress
from cli.environment import connect

# Imported where it is used, so that other verbs do not wait for the lake's libraries.
if TYPE_CHECKING:
    from lake import Lake
    from lake.loaders import LoadReport
    from lake.loaders.report import Progress

_SHOWN_PROBLEMS = 20


def load(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(help="completejourney, online-retail, fraud-handbook, or a mapping: FILE.toml")
    ],
    path: Annotated[
        Path | None, typer.Argument(help="the file of online-retail or fraud-handbook; the folder of a mapping's files")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="check everything and write nothing")] = False,
    lake: Annotated[
        str | None, typer.Option(help="a lake's root (path or s3://…) instead of the environment's")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
) -> None:
    """Load a shop's history. Loading the same files again changes nothing.

    Exit code 5 when rows were refused: they are listed with file, row, column and reason.
    """
    from lake import Lake

    target = Lake.open(lake or connect(context.obj).lake)
    try:
        report = run(target, source, path, dry_run=dry_run)
    except (FileNotFoundError, ModuleNotFoundError, ValueError) as error:
        fail(str(error), Exit.USAGE)
    if as_json:
        out.print_json(report.model_dump_json())
    else:
        show(report)
    if report.refused:
        raise typer.Exit(Exit.PROBLEMS)


def run(lake: Lake, source: str, path: Path | None, *, dry_run: bool) -> LoadReport:
    """Load with a progress display. ValueError for a source that does not exist."""
    with progress() as bar:
        task = bar.add_task("load", total=None)

        def told(what: str, finished: int, total: int) -> None:
            bar.update(task, description=f"load: {what}", completed=finished, total=total)

        return _loader(lake, source, path, dry_run, told)


def _loader(lake: Lake, source: str, path: Path | None, dry_run: bool, told: Progress) -> LoadReport:
    from lake.loaders import completejourney, fraud_handbook, mapped, online_retail

    of_a_file = {"online-retail": online_retail.load, "fraud-handbook": fraud_handbook.load}
    if source == "completejourney":
        return completejourney.load(lake, path, dry_run=dry_run, progress=told)
    if loader := of_a_file.get(source):
        if path is None:
            raise ValueError(f"{source} needs the file: shopkeeper load {source} PATH")
        return loader(lake, path, dry_run=dry_run, progress=told)
    if source.endswith(".toml"):
        return mapped.load(lake, Path(source), path, dry_run=dry_run, progress=told)
    raise ValueError(
        f"there is no source {source!r}; there are: completejourney, {', '.join(of_a_file)}, or a mapping FILE.toml"
    )


def show(report: LoadReport) -> None:
    """Print what was loaded, what was handled and what is wrong."""
    shown = Table(box=None, header_style="bold")
    for name in ("table", "rows", "new", "changed", "same", "refused"):
        shown.add_column(name, justify="left" if name == "table" else "right")
    for name, t in report.tables.items():
        counts = (t.rows, t.inserted, t.updated, t.unchanged, t.refused)
        shown.add_row(name, *(f"{n:,}" for n in counts))
    out.print(shown)
    for handled in report.handled:
        out.print(f"  · {handled.what}: {handled.count:,} – {handled.how}", highlight=False)
    for problem in report.problems[:_SHOWN_PROBLEMS]:
        where = f"{problem.source or problem.table} row {problem.row}, {problem.column}"
        err.print(f"  [yellow]![/yellow] {where}: {problem.reason}", highlight=False)
    if len(report.problems) > _SHOWN_PROBLEMS:
        err.print(f"  … and {len(report.problems) - _SHOWN_PROBLEMS:,} more (--json lists them)")
    verb = "checked, nothing written" if report.dry_run else "loaded"
    done(f"{report.source}: {report.rows:,} rows {verb} in {report.seconds:.0f} s")
