"""One shop trained on and forecast in a process of its own, whose memory is its peak.

`python -m benchmarks._demand_scale_worker ORDER_LINES.parquet SEED` prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import ibis
import numpy as np

from benchmarks._demand_contest import Shop
from benchmarks._demand_scale_shop import DAYS, FIRST_DAY
from benchmarks.harness import peak_mb
from commerce.families.demand import DemandParameters
from training import frames
from training.demand import FAMILY_MODEL

PARAMETERS = DemandParameters(frequency="day", horizon=14, by_location=False)


def main(file: Path, seed: int) -> None:
    """Prepare, fit and predict as the workflow does, on the day after the last; print how long each took."""
    shop, day = Shop({"order_lines": ibis.read_parquet(file)}), FIRST_DAY + timedelta(days=DAYS)
    times = [time.perf_counter()]
    dates = FAMILY_MODEL.dates(shop, day, PARAMETERS)
    train = frames.history(FAMILY_MODEL, shop, dates.train, PARAMETERS, seed)
    times.append(time.perf_counter())
    model = FAMILY_MODEL.fit(train, PARAMETERS, seed)
    times.append(time.perf_counter())
    asked = frames.known(FAMILY_MODEL, shop, day, PARAMETERS)
    predicted = model.predict(asked)
    times.append(time.perf_counter())
    if not np.isfinite(predicted).all():
        raise RuntimeError(f"{(~np.isfinite(predicted)).any(axis=1).sum()} forecasts are no numbers")
    prepare, fit, forecast = np.diff(times).tolist()
    told = {"prepare": prepare, "fit": fit, "forecast": forecast, "seconds": prepare + fit + forecast}
    rows = {"rows_learned": len(train), "series_forecast": len(asked) // PARAMETERS.horizon}
    print(json.dumps({**told, **rows, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
