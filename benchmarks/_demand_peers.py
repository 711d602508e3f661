"""Peers in an environment of their own: other libraries' forecasts of a panel, as files between two processes.

mlforecast and hierarchicalforecast want an older pandas than the project has. `.venv-peers` is made from
`locks/peers.txt`, hashes checked, on first use (600 MB).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from commerce.families.demand.answer import LEVELS
from training.contract import AS_OF, ENTITY
from training.demand.features import LOCATION, STEP

REPOSITORY = Path(__file__).resolve().parents[1]
ENVIRONMENT = REPOSITORY / ".venv-peers"
LOCK = REPOSITORY / "locks" / "peers.txt"
SCRIPTS = Path(__file__).resolve().parent / "peers"
SERIES = (ENTITY, LOCATION, AS_OF)
"""What tells one history from another: a series as it was known at an origin."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Numerical libraries' own threads wait for each other where many small series are fitted."""


@dataclass(frozen=True)
class Reply:
    """`frame` is what the peer wrote, `told` what it measured of itself (seconds, and memory where it is asked)."""

    frame: pd.DataFrame
    told: Mapping[str, float]


def ask(script: str, panel: pd.DataFrame, spec: Mapping[str, Any]) -> Reply:
    """What the script of `benchmarks/peers` makes of the panel. RuntimeError with its own words where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "panel.parquet", Path(folder) / "out.parquet"
        panel.to_parquet(given, index=False)
        said = _run([str(python()), str(SCRIPTS / script), str(given), str(made), json.dumps(spec)])
        return Reply(pd.read_parquet(made), json.loads(said.splitlines()[-1]))


def local_models(
    asked: pd.DataFrame,
    history: pd.DataFrame,
    models: Mapping[str, Mapping[str, Any]],
    levels: Sequence[float] = LEVELS,
) -> tuple[dict[str, np.ndarray], float]:
    """statsforecast's models of each series and origin: (rows of `asked`, 1 + levels) by model, and the seconds spent.

    `asked` has `SERIES` and the step; `history` has `SERIES`, period (whole numbers) and y, every period up to the
    origin. Without `levels` the mean alone. Demand below 0 counts as 0, a series without history sells nothing.
    """
    names = history[list(SERIES)].drop_duplicates().reset_index(drop=True)
    names["series"] = np.arange(len(names))
    panel = pd.DataFrame(history.merge(names, on=list(SERIES)), columns=["series", "period", "y"])
    spec = {"models": models, "horizon": int(asked[STEP].to_numpy().max()), "levels": list(levels)}
    reply = ask("statsforecast_models.py", panel, spec)
    numbered = asked[[*SERIES, STEP]].merge(names, on=list(SERIES), how="left")
    found = numbered.merge(reply.frame, left_on=["series", STEP], right_on=["series", "step"], how="left").fillna(0.0)
    predictions = {}
    for model in models:
        spread = np.sort(found[[f"{model}|{level}" for level in levels]].to_numpy(dtype=np.float64), axis=1)
        predictions[model] = np.maximum(np.column_stack([found[model], spread]), 0.0)
    return predictions, reply.told["seconds"]


@cache
def python() -> Path:
    """The interpreter of the peers' environment, which is brought up to its lock file."""
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else "uv"
    own = ENVIRONMENT / "bin" / "python"
    _run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(ENVIRONMENT)])
    _run([uv, "pip", "sync", "--quiet", "--python", str(own), "--require-hashes", str(LOCK)])
    return own


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | ONE_THREAD)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} … failed:\n{done.stderr[-2000:]}")
    return done.stdout
