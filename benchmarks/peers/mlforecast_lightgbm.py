"""mlforecast with default LightGBM and conformal intervals: `python mlforecast_lightgbm.py PANEL OUT SPEC`.

PANEL is Parquet with (series, period, y); SPEC is JSON: `lags`, `horizon`, `levels` of quantiles, `seed`. OUT gets
(series, step, mean and a column for each level).
"""

import json
import sys
import time

import lightgbm
import pandas as pd
from measuring import bound, peak_mb, width
from mlforecast import MLForecast
from mlforecast.utils import PredictionIntervals

MODEL = "lightgbm"


def main(panel: str, out: str, spec: str) -> None:
    """Read, learn from all series, forecast, write; print seconds and memory."""
    asked = json.loads(spec)
    frame = pd.read_parquet(panel).rename(columns={"series": "unique_id", "period": "ds"})
    model = lightgbm.LGBMRegressor(verbose=-1, random_state=asked["seed"], n_jobs=1)
    started = time.perf_counter()
    learner = MLForecast(models={MODEL: model}, freq=1, lags=asked["lags"])
    learner.fit(frame, prediction_intervals=PredictionIntervals(h=asked["horizon"]))
    wanted = sorted({width(level) for level in asked["levels"]} - {0})
    found = learner.predict(asked["horizon"], level=wanted)
    seconds = time.perf_counter() - started
    columns = {"mean": found[MODEL]} | {str(level): found[bound(MODEL, level)] for level in asked["levels"]}
    steps = found["ds"] - frame["ds"].max()
    pd.DataFrame({"series": found["unique_id"], "step": steps, **columns}).to_parquet(out, index=False)
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
