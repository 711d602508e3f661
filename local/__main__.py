"""``python -m local up|down|status``: the local cloud from a terminal."""

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from local.cloud import DEFAULT_PORT, DEFAULT_ROOT, Cloud, process_runs, read_description
from local.emulator_process import end_leftovers
from local.errors import CloudError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="The stacks on this machine: no Docker, no AWS account."
)

Root = Annotated[Path, typer.Option(help="Directory of the cloud's state.")]


@app.command()
def up(
    root: Root = DEFAULT_ROOT,
    port: Annotated[int, typer.Option(help="Port of the emulated AWS.")] = DEFAULT_PORT,
    assembly: Annotated[Path | None, typer.Option(help="A synthesized assembly; made when not given.")] = None,
) -> None:
    """Start the cloud, deploy the stacks, and run until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Cloud.start(assembly, root=root, port=port, say=typer.echo) as cloud:
            _print_description(root)
            typer.echo("press Ctrl-C to stop")
            while cloud.alive():
                time.sleep(0.5)
    except CloudError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        typer.echo("stopped")


@app.command()
def down(root: Root = DEFAULT_ROOT) -> None:
    """Stop the cloud that runs in a directory."""
    description = read_description(root)
    if description is None:
        typer.echo(f"no local cloud runs in {root}")
        return
    os.kill(description["pid"], signal.SIGTERM)
    for _ in range(150):
        if not process_runs(description["pid"]):
            break
        time.sleep(0.1)
    else:
        os.killpg(description["pid"], signal.SIGKILL)
    end_leftovers(root / "emulator")
    (root / "cloud.json").unlink(missing_ok=True)
    typer.echo("stopped")


@app.command()
def status(root: Root = DEFAULT_ROOT) -> None:
    """Say whether a cloud runs, where, and what its stacks offer; exit code 3 if none runs."""
    if not _print_description(root):
        typer.echo(f"no local cloud runs in {root}; start one: python -m local up")
        raise typer.Exit(3)


def _print_description(root: Path) -> bool:
    description = read_description(root)
    if description is None:
        return False
    typer.echo(f"AWS      {description['endpoint']} (account {description['account']}, {description['region']})")
    typer.echo(f"outbox   {description['outbox']}")
    for stack, outputs in description["outputs"].items():
        typer.echo(stack)
        for name, value in outputs.items():
            typer.echo(f"  {name:<24} {value}")
    return True


if __name__ == "__main__":
    app()
