"""`shopkeeper up`: the laptop cloud, until Ctrl-C."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer


def up(port: Annotated[int, typer.Option(help="port of the local cloud")] = 4566) -> None:
    """Start the local cloud, deploy the stacks into it, and keep it until Ctrl-C."""
    command = [sys.executable, "-m", "local", "up", "--port", str(port)]
    with subprocess.Popen(command) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            # The terminal sent the same signal to the local cloud, which is stopping what it started.
            code = process.wait()
    raise typer.Exit(max(code, 0))
