"""Pages that are written to a file, and opened in a browser where that is asked for."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from cli.console import done


def write(page: str, file: Path, *, quiet: bool = False) -> None:
    """Write a page, making its folder, and say so unless `quiet`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, encoding="utf-8")
    if not quiet:
        done(f"page written to {file}")


def show(file: Path) -> None:
    """Open a file in the browser."""
    webbrowser.open(file.resolve().as_uri())
