"""How demand grows with the shop: 1 k, 10 k and 100 k products of 730 days, trained on and forecast with quantiles.

Ours whole, from order lines to quantiles of 14 days, each size in a process of its own. The peers get the dense panel
in memory and are timed on some of the products: AutoETS, whose series know nothing of each other, grows with their
number; mlforecast's growth is taken as linear too.

`SHOPKEEPER_PARTS` (comma-separated: 1k, 10k, 100k) runs some of the sizes only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks._demand_peers import REPOSITORY, Reply, ask
from benchmarks._demand_scale_shop import DAYS, FILES, Originals, panel, write
from benchmarks._demand_scale_worker import PARAMETERS
from benchmarks.harness import Result, data_file, hashes, parts
from commerce.families.demand.answer import LEVELS

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
PEER_PRODUCTS = {"AutoETS": 200, "mlforecast": 1_000}
SEASON = 7
LAGS = (7, 14, 21, 28)


def run(seed: int) -> Result:
    """Seconds and memory by size beside the peers, and how seconds grow."""
    originals = Originals.read()
    per_product, notes = _peers(originals, seed)
    sizes = {name: lambda seed, name=name: _ours(originals, name, per_product, seed) for name in SIZES}
    result = parts(sizes, seed)
    done = [name for name in SIZES if f"series_{name}.seconds" in result.figures]
    if len(done) > 1:
        seconds = [float(result.figures[f"series_{name}.seconds"] or 0) for name in done]
        slopes = np.diff(np.log(seconds)) / np.diff(np.log([SIZES[name] for name in done]))
        result.figures["growth.exponent"] = exponent([SIZES[name] for name in done], seconds)
        notes.append(f"exponents from size to size: {', '.join(f'{slope:.2f}' for slope in slopes)}")
    return Result(result.figures, result.floors, hashes(*map(data_file, FILES)), [*result.notes, *notes])


def exponent(products: list[int], seconds: list[float]) -> float:
    """The least-squares slope of the logarithm of seconds on that of products."""
    return float(np.polyfit(np.log(products), np.log(seconds), 1)[0])


def _ours(originals: Originals, name: str, per_product: Mapping[str, float], seed: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "order_lines.parquet"
        rows = write(originals, SIZES[name], file, seed)
        command = [sys.executable, "-m", "benchmarks._demand_scale_worker", str(file), str(seed)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} products: the worker ended with {done.returncode}:\n{done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    figures = {
        f"series_{name}.seconds": told["seconds"],
        f"series_{name}.peak_mb": told["peak_mb"],
        f"series_{name}.per_second": told["series_forecast"] / told["seconds"],
    }
    floors = {
        peer: {f"series_{name}.seconds": each * SIZES[name], f"series_{name}.per_second": 1 / each}
        for peer, each in per_product.items()
    }
    note = (
        f"{name}: {rows:,} order lines, {told['series_forecast']:,} products that sold within a year forecast, "
        f"{told['rows_learned']:,} rows learned from; prepared in {told['prepare']:.0f} s, "
        f"fitted in {told['fit']:.0f} s, forecast in {told['forecast']:.0f} s"
    )
    return Result(figures, floors, {}, [note])


def _peers(originals: Originals, seed: int) -> tuple[dict[str, float], list[str]]:
    """Seconds per product by peer, and what was timed."""
    scripts = {
        "AutoETS": ("statsforecast_models.py", {"models": {"AutoETS": {"season_length": SEASON}}}),
        "mlforecast": ("mlforecast_lightgbm.py", {"lags": LAGS, "seed": seed}),
    }
    common = {"horizon": PARAMETERS.horizon, "levels": LEVELS}
    replies: dict[str, Reply] = {}
    for peer, (script, own) in scripts.items():
        count = PEER_PRODUCTS[peer]
        units = panel(originals, count, np.random.default_rng(seed))
        dense = {"series": np.repeat(np.arange(count), DAYS), "period": np.tile(np.arange(DAYS), count)}
        replies[peer] = ask(script, pd.DataFrame({**dense, "y": units.ravel()}), {**own, **common})
    per_product = {peer: reply.told["seconds"] / PEER_PRODUCTS[peer] for peer, reply in replies.items()}
    notes = [
        f"{peer}: {PEER_PRODUCTS[peer]:,} products in {reply.told['seconds']:.0f} s on one core, "
        f"{reply.told['peak_mb']:,.0f} MiB; other sizes scaled up"
        for peer, reply in replies.items()
    ]
    return per_product, notes
