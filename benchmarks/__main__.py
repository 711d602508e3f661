"""`python -m benchmarks NAME [--json FILE] [--seed N]`: run one benchmark, print its table, write its JSON.

Exit codes: 0 done, 2 no such benchmark, 3 its data is absent.
"""

from __future__ import annotations

import argparse
import json
import os
import pkgutil
import sys
import time
from importlib import import_module
from pathlib import Path

import benchmarks
from benchmarks.harness import DataAbsentError, peak_mb, show, versions

SHARED = {"harness"}
PACKAGES = ("duckdb", "ibis-framework", "pyspark", "lightgbm", "scikit-learn", "numpy", "pydantic", "pyarrow")


def names() -> list[str]:
    """Every benchmark there is: a module of this folder with a docstring and `run(seed)`."""
    modules = (m.name.replace("_", "-") for m in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(m for m in modules if m not in SHARED and not m.startswith("-"))


def main(argv: list[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what the README claims.")
    parser.add_argument("name", metavar="NAME", help=f"one of: {', '.join(names())}")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write figures, floors, seconds, memory and data here"
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default 0)")
    args = parser.parse_args(argv)
    if args.name not in names():
        print(f"no benchmark {args.name!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    started = time.perf_counter()
    try:
        result = import_module(f"benchmarks.{args.name.replace('-', '_')}").run(args.seed)
    except DataAbsentError as absent:
        print(f"cannot run {args.name}: {absent}", file=sys.stderr)
        return 3
    extra = {
        "seconds": round(time.perf_counter() - started, 2),
        "peak_mb": round(peak_mb(), 1),
        "seed": args.seed,
        "cores": os.cpu_count(),
    }
    show(args.name, result, extra)
    if args.json:
        document = {
            "name": args.name,
            "figures": result.figures,
            "floors": result.floors,
            **extra,
            "data": result.data,
            "versions": versions(*PACKAGES),
            "notes": result.notes,
        }
        args.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
