"""`shopkeeper cost`: what an environment would cost on AWS, from its synthesized templates."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.console import fail, out


def cost(
    context: typer.Context,
    assembly: Annotated[Path | None, typer.Option(help="a synthesized assembly (default: synthesize now)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the estimate as JSON")] = False,
) -> None:
    """Estimate the cost of an environment: idle per month, per million API calls, per retrain."""
    if assembly is not None:
        found = estimate(assembly)
    else:
        with tempfile.TemporaryDirectory() as folder:
            _run([sys.executable, "-m", "infra", "--env", context.obj, "--out", folder])
            found = estimate(Path(folder))
    if as_json:
        out.print_json(json.dumps(found))
    else:
        show(found)


def estimate(assembly: Path) -> dict[str, Any]:
    """The estimate of `python -m infra.cost`, a process of its own because the command imports no infra."""
    return json.loads(_run([sys.executable, "-m", "infra.cost", "--assembly", str(assembly), "--json"]))


def show(found: dict[str, Any], *, lines: bool = True) -> None:
    """Print an estimate: each total, and with `lines` what it is made of."""
    shown = Table(box=None, header_style="bold")
    shown.add_column("what")
    shown.add_column(found["currency"], justify="right")
    shown.add_column("quantity" if lines else "")
    for total in found["totals"]:
        shown.add_row(f"[bold]{total['what']}[/bold]", f"[bold]{total['usd']:,.2f}[/bold]")
        for line in (one for one in found["lines"] if lines and one["total"] == total["what"]):
            shown.add_row(f"  {line['what']}", f"{line['usd']:,.4f}", f"{line['quantity']:,.6g} {line['unit']}")
    out.print(shown)
    out.print(found["source"], style="dim", highlight=False)


def _run(command: list[str]) -> str:
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        fail(finished.stderr.strip().splitlines()[-1] if finished.stderr.strip() else f"{command[2]} failed")
    return finished.stdout
