"""Cold start: how long each function's handler takes to import, and how large its zip is.

The package is the one the stacks deploy, unpacked; the AWS SDK comes from this environment as it comes from Lambda's
runtime there. `import_seconds` is the best of several fresh interpreters that find compiled bytecode, in CPU seconds:
what an interpreter with a core to itself takes, whatever else the machine is doing. `uncompiled_seconds` is of the
package as it is built. Importing boto3 alone, in the same turns, is the floor.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from benchmarks.harness import Result
from infra.functions import ASK, INGEST, OPENAPI, SCORES, STEPS
from infra.packaging import HOST, LAMBDA, package

FUNCTIONS = tuple(spec.name for spec in (INGEST, SCORES, ASK, OPENAPI, *STEPS))
RUNS = 12
_TIMED = "import time; start = time.process_time(); import {module}; print(time.process_time() - start)"


def run(seed: int) -> Result:
    """Measure every function. `seed` changes nothing: nothing here is random."""
    del seed
    figures: dict[str, float | int | None] = {}
    floor: dict[str, float] = {}
    for name in FUNCTIONS:
        with tempfile.TemporaryDirectory() as scratch:
            seconds, boto3, uncompiled = import_seconds(name, Path(scratch))
            figures[f"{name}.import_seconds"] = round(seconds, 4)
            figures[f"{name}.uncompiled_seconds"] = round(uncompiled, 4)
            floor[f"{name}.import_seconds"] = round(boto3, 4)
            figures[f"{name}.zip_mb"] = round(zip_mb(name, Path(scratch)), 3)
    return Result(figures=figures, floors={"boto3_alone": floor})


def import_seconds(name: str, scratch: Path) -> tuple[float, float, float]:
    """(the handler compiled, boto3 alone, the handler uncompiled), best of `RUNS`, taking turns."""
    root = package(name, scratch / "host", HOST)
    handler = f"functions.{name}.handler"
    uncompiled = min(_time(handler, root, compiled=False) for _ in range(2))
    _time(handler, root)  # leaves the bytecode that the timed runs find
    pairs = [(_time(handler, root), _time("boto3", root)) for _ in range(RUNS)]
    return min(h for h, _ in pairs), min(b for _, b in pairs), uncompiled


def zip_mb(name: str, scratch: Path) -> float:
    """Size of the function's zip for Lambda, in MB (10^6 bytes), compressed as deployment does."""
    root = package(name, scratch / "lambda", LAMBDA)
    target = scratch / "function.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(root))
    return target.stat().st_size / 1e6


def _time(module: str, root: Path, *, compiled: bool = True) -> float:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(root)} | ({} if compiled else {"PYTHONDONTWRITEBYTECODE": "1"})
    command = [sys.executable, "-c", _TIMED.format(module=module)]
    result = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True)
    return float(result.stdout)
