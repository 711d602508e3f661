"""What every benchmark shares: where data is, what a result holds, and how it is printed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


class DataAbsentError(Exception):
    """A data set that the benchmark needs is not there."""


@dataclass
class Result:
    """`figures` maps `dataset.metric` to a value, `floors` maps a floor's name to the same keys.

    `data` maps a file's name to its sha256; `notes` are printed under the table.
    """

    figures: dict[str, float | int | None]
    floors: dict[str, dict[str, float]] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def data_root() -> Path:
    """Folder of the public data sets: `SHOPKEEPER_DATA`, else `../shared/data` beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("SHOPKEEPER_DATA", default))


def data_file(name: str) -> Path:
    """One file of the data sets; DataAbsentError, with what to do, when it is absent."""
    path = data_root() / name
    if not path.exists():
        raise DataAbsentError(f"{path} is absent; set SHOPKEEPER_DATA to the folder that holds {name}")
    return path


@cache
def sha256(path: Path) -> str:
    """Hash of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(*paths: Path) -> dict[str, str]:
    """`Result.data` of these files."""
    return {path.name: sha256(path) for path in paths}


def parts(known: Mapping[str, Callable[[int], Result]], seed: int) -> Result:
    """Those of the parts that `SHOPKEEPER_PARTS` names (comma-separated; all by default), as one result.

    ValueError for a part that there is not.
    """
    asked = os.environ.get("SHOPKEEPER_PARTS", ",".join(known)).split(",")
    if unknown := sorted(set(asked) - set(known)):
        raise ValueError(f"SHOPKEEPER_PARTS: there is no {', '.join(unknown)}; there are {', '.join(known)}")
    whole = Result({})
    for name in asked:
        part = known[name](seed)
        whole.figures |= part.figures
        whole.data |= part.data
        whole.notes += part.notes
        for floor, values in part.floors.items():
            whole.floors.setdefault(floor, {}).update(values)
    return whole


def peak_mb() -> float:
    """Most memory this process, or any child it waited for, has held, in MiB."""
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, children) / unit


def versions(*packages: str) -> dict[str, str]:
    """Installed versions of the packages that matter to a figure."""
    found = {"python": sys.version.split()[0]}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def show(name: str, result: Result, extra: dict[str, Any]) -> None:
    """Print figures beside those floors that were measured on the same data, a table for each data set."""
    # What is not read on a terminal is not cut to a terminal's width.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(f"benchmark {name}")
    keys = dict.fromkeys([*result.figures, *(k for floor in result.floors.values() for k in floor)])
    for data in dict.fromkeys(_data(key) for key in keys):
        console.print(_table([key for key in keys if _data(key) == data], result))
    for note in result.notes:
        console.print(f"• {note}", highlight=False)
    console.print(", ".join(f"{k} {v}" for k, v in extra.items()), highlight=False)


def _table(keys: list[str], result: Result) -> Table:
    floors = {name: floor for name, floor in result.floors.items() if any(key in floor for key in keys)}
    table = Table()
    table.add_column("figure", overflow="fold")
    for column in ("ours", *floors):
        table.add_column(column, justify="right", overflow="fold")
    for key in keys:
        cells = [_number(result.figures.get(key)), *(_number(floor.get(key)) for floor in floors.values())]
        table.add_row(key, *cells)
    return table


def _data(key: str) -> str:
    """The data set of a figure such as `gowalla.recall_at_20`; figures of none stand together."""
    return key.rpartition(".")[0].partition(".")[0]


def _number(value: float | int | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4f}" if abs(value) < 1000 else f"{value:,.0f}"
