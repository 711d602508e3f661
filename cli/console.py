"""How the command speaks: one console, one way to fail, and the exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

out = Console()
err = Console(stderr=True)


class Exit(IntEnum):
    """Exit codes of the command, the same for every verb."""

    FAILED = 1
    USAGE = 2
    REJECTED = 3
    NOT_READY = 4
    PROBLEMS = 5
    ABSENT = 6


def fail(message: str, code: Exit = Exit.FAILED) -> NoReturn:
    """Say what is wrong and what to do, and leave."""
    err.print(f"[red]✗[/red] {message}", highlight=False)
    raise typer.Exit(code)


def done(message: str) -> None:
    """Say that a step is done."""
    out.print(f"[green]✓[/green] {message}", highlight=False)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display for work that takes more than a moment; plain lines where there is no terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        yield bar
