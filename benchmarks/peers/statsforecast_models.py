"""Local models of statsforecast: `python statsforecast_models.py PANEL OUT SPEC`.

PANEL is Parquet with (series, period, y); SPEC is JSON: `models` (a class's name → its arguments), `horizon` and, where
intervals are wanted, `levels` of quantiles. OUT gets (series, step, and `<model>` and `<model>|<level>`).
"""

import json
import sys
import time

import pandas as pd
from measuring import bound, peak_mb, width
from statsforecast import StatsForecast, models


def main(panel: str, out: str, spec: str) -> None:
    """Read, forecast every series from its last period on, write; print seconds and memory."""
    asked = json.loads(spec)
    frame = pd.read_parquet(panel).rename(columns={"series": "unique_id", "period": "ds"})
    chosen = [getattr(models, name)(**arguments) for name, arguments in asked["models"].items()]
    levels = asked.get("levels", [])
    started = time.perf_counter()
    found = StatsForecast(models=chosen, freq=1, n_jobs=1).forecast(
        df=frame, h=asked["horizon"], level=sorted({width(level) for level in levels} - {0}) or None
    )
    seconds = time.perf_counter() - started
    columns = {name: found[name] for name in asked["models"]}
    for name in asked["models"]:
        columns |= {f"{name}|{level}": found[bound(name, level)] for level in levels}
    last = frame.groupby("unique_id")["ds"].max()
    steps = found["ds"] - found["unique_id"].map(last)
    pd.DataFrame({"series": found["unique_id"], "step": steps, **columns}).to_parquet(out, index=False)
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
